/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of mounted file systems as /proc/self/mountinfo shows it, proc(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define MOUNTINFO_MOUNTS_MAX 10000

typedef struct Mount {
        uint64_t id;    /* as STATX_MNT_ID gives it */
        uint32_t major; /* of the file system; 0 where no device belongs to it */
        uint32_t minor;
        char *path;   /* mount point */
        char *type;   /* without the subtype of FUSE */
        char *source; /* device, or whatever the file system calls it */
        bool noexec;
} Mount;

typedef struct MountList {
        Mount *items;
        size_t count;
} MountList;

void mount_list_done(MountList *list);

/*
 * Parses the text of size bytes. Lines that are malformed are left out: the kernel may append
 * fields, and names of mounts come from anybody. -E2BIG above MOUNTINFO_MOUNTS_MAX, -ENOMEM.
 */
int mountinfo_parse(const char *text, size_t size, MountList *ret_list);

#define _cleanup_mounts_ _cleanup_(mount_list_done)
