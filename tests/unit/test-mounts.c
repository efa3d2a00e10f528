/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/mounts.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

Test(mounts, the_mount_of_a_file_is_found)
{
        _cleanup_mount_table_ MountTable table = { 0 };
        struct statx stx;

        cr_assert_eq(mounts_load(&table), 0);
        cr_assert_eq(statx(AT_FDCWD, "/proc/self", 0, STATX_MNT_ID, &stx), 0);
        cr_assert_not_null(mounts_find(&table, stx.stx_mnt_id));
        cr_expect_str_eq(mounts_find(&table, stx.stx_mnt_id)->type, "proc");
}

Test(mounts, what_has_no_uuid_has_zeros)
{
        static const uint8_t zeros[MOUNT_UUID_SIZE] = { 0 };
        _cleanup_mount_table_ MountTable table = { 0 };
        struct statx stx;

        cr_assert_eq(mounts_load(&table), 0);
        cr_expect_null(mounts_find(&table, UINT64_MAX));
        cr_assert_eq(statx(AT_FDCWD, "/proc/self", 0, STATX_MNT_ID, &stx), 0);
        cr_expect_arr_eq(mounts_get_uuid(&table, mounts_find(&table, stx.stx_mnt_id)), zeros,
                        MOUNT_UUID_SIZE);
}
