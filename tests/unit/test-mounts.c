/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/mounts.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/strings.h"

Test(mounts, lines_of_mountinfo_are_found_by_their_id)
{
        static const char text[] =
                        "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw\n"
                        "22 1 0:21 / /home/a rw - fuse.sshfs host: rw,user_id=0\n";
        _cleanup_mounts_ MountTable table = { 0 };

        cr_assert_eq(mounts_parse(text, &table), 0);
        cr_assert_eq(table.count, 2);
        cr_expect_str_eq(mounts_find(&table, 36)->path, "/mnt 2");
        cr_expect_str_eq(mounts_find(&table, 36)->type, "ext3");
        cr_expect_eq(mounts_find(&table, 36)->major, 98);
        cr_expect_str_eq(mounts_find(&table, 22)->type, "fuse", "without its subtype");
        cr_expect_null(mounts_find(&table, 1));
}

Test(mounts, other_lines_are_refused)
{
        static const char *const wrong[] = { "36 35 98:0 / / rw\n", "x 35 98:0 / / rw - ext4 a b\n",
                "36 35 98 / / rw - ext4 a b\n", "36 35 98:0 / - ext4 a b\n" };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_mounts_ MountTable table = { 0 };

                cr_expect_eq(mounts_parse(wrong[i], &table), -EBADMSG, "%s", wrong[i]);
        }
}

Test(mounts, the_mount_of_a_file_is_found)
{
        _cleanup_mounts_ MountTable table = { 0 };
        struct statx stx;

        cr_assert_eq(mounts_load(&table), 0);
        cr_assert_eq(statx(AT_FDCWD, "/proc/self", 0, STATX_MNT_ID, &stx), 0);
        cr_assert_not_null(mounts_find(&table, stx.stx_mnt_id));
        cr_expect_str_eq(mounts_find(&table, stx.stx_mnt_id)->type, "proc");
}
