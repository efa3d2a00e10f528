/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems that are mounted here, as rules of IMA tell them apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define MOUNTS_MAX 100000
#define MOUNT_UUID_SIZE 16

typedef struct Mount {
        uint64_t id; /* as STATX_MNT_ID gives it */
        unsigned major, minor;
        char *path;
        char *type;       /* of the superblock: "ext4"; without a subtype, "fuse" */
        bool is_resolved; /* what follows was read already */
        bool has_uuid;
        uint8_t uuid[MOUNT_UUID_SIZE];
} Mount;

typedef struct MountTable {
        Mount *items; /* by id */
        size_t count;
} MountTable;

/* Reads this process's /proc/self/mountinfo. -ENOENT without /proc; -EBADMSG, -E2BIG, -ENOMEM. */
int mounts_load(MountTable *ret_table);
void mounts_done(MountTable *table);

/* The same from text. */
int mounts_parse(const char *text, MountTable *ret_table);

/* NULL when there is none. */
Mount *mounts_find(MountTable *table, uint64_t id);

/*
 * Finds out the UUID of the mount's superblock: asks the file system, else looks into udev's
 * database. Zeros when it has none or does not tell. Remembered.
 */
const uint8_t *mounts_get_uuid(Mount *mount);

#define _cleanup_mounts_ _cleanup_(mounts_done)
