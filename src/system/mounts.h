/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems that are mounted here, found by a file's mount, as rules of IMA tell them apart.
 */
#pragma once

#include "base/mountinfo.h"

#define MOUNT_UUID_SIZE 16

/* What is known of a superblock's UUID; zeros when it has none or does not tell. */
typedef struct MountUuid {
        bool is_read;
        uint8_t bytes[MOUNT_UUID_SIZE];
} MountUuid;

typedef struct MountTable {
        MountList list;   /* by id */
        MountUuid *uuids; /* of the list's items */
} MountTable;

/* Reads this process's /proc/self/mountinfo. -ENOENT without /proc; -E2BIG, -ENOMEM. */
int mounts_load(MountTable *ret_table);
void mounts_done(MountTable *table);

/* NULL when there is none. */
const Mount *mounts_find(const MountTable *table, uint64_t id);

/*
 * The UUID of the mount's superblock: the file system is asked, else udev's database. Remembered.
 * The mount is one of the table.
 */
const uint8_t *mounts_get_uuid(MountTable *table, const Mount *mount);

#define _cleanup_mount_table_ _cleanup_(mounts_done)
