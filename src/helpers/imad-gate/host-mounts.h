/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file systems of the host that packages are unpacked to, each with a writable mount of its own
 * that no mount name space shows: labels can be set there whatever mount a file was opened through.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

#define HOST_MOUNTS_MAX 64

typedef struct HostMount {
        dev_t device;
        int fd;     /* the top of the own mount */
        char *path; /* where the host has it */
} HostMount;

typedef struct HostMounts {
        HostMount items[HOST_MOUNTS_MAX];
        size_t count;
} HostMounts;

void host_mounts_done(HostMounts *mounts);

/*
 * Those of this process's mount name space that lie on a local file system with extended attributes
 * and are not read-only, each once. -EPERM without CAP_SYS_ADMIN.
 */
int host_mounts_open(HostMounts *ret_mounts);

/* Adds the file system at path, unless it is there. */
int host_mounts_add(HostMounts *mounts, const char *path);

/* NULL when the device is none of them. */
const HostMount *host_mounts_find(const HostMounts *mounts, dev_t device);

#define _cleanup_host_mounts_ _cleanup_(host_mounts_done)
