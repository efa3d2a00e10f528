/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems of this machine: those that are mounted, and the types that the kernel has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"

typedef struct Filesystem {
        char *path; /* a mount point of it */
        char *type;
        char *uuid;        /* in lower case, or NULL: none, or not known */
        uint64_t magic;    /* 0: not known */
        bool noexec;       /* nothing can be executed at that mount point */
        bool lacks_xattrs; /* it was asked for security.ima and cannot hold it */
} Filesystem;

typedef struct FilesystemList {
        Filesystem *items; /* each file system once, whatever its mounts */
        size_t count;
        StringList types;
} FilesystemList;

void filesystem_list_done(FilesystemList *list);

/*
 * What the mount name space of this process shows. File systems that may wait for a network or for
 * a program are not touched; what is not known of them counts as fine. -ENOENT without /proc.
 */
int filesystem_list_load(int root_fd, FilesystemList *ret_list);

#define _cleanup_filesystems_ _cleanup_(filesystem_list_done)
