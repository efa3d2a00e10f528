/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/mountinfo.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static MountList parse(const char *text)
{
        MountList list = { 0 };

        cr_assert_eq(mountinfo_parse(text, strlen(text), &list), 0);
        return list;
}

Test(mountinfo, fields_are_found_behind_any_number_of_optional_ones)
{
        _cleanup_mounts_ MountList list = parse(
                        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:3 - ext3 "
                        "/dev/root rw,errors=continue\n"
                        "25 28 0:22 / /run rw,nosuid,nodev,noexec - tmpfs tmpfs rw,size=1k\n");

        cr_assert_eq(list.count, 2);
        cr_expect_eq(list.items[0].id, 36);
        cr_expect_eq(list.items[0].major, 98);
        cr_expect_eq(list.items[0].minor, 0);
        cr_expect_str_eq(list.items[0].path, "/mnt2");
        cr_expect_str_eq(list.items[0].type, "ext3");
        cr_expect_str_eq(list.items[0].source, "/dev/root");
        cr_expect_not(list.items[0].noexec);
        cr_expect_str_eq(list.items[1].path, "/run");
        cr_expect(list.items[1].noexec);
}

Test(mountinfo, blanks_are_unescaped_and_subtypes_cut)
{
        _cleanup_mounts_ MountList list = parse(
                        "40 35 0:45 / /media/my\\040disk\\134x rw - fuse.sshfs host:/a\\011b rw\n");

        cr_assert_eq(list.count, 1);
        cr_expect_str_eq(list.items[0].path, "/media/my disk\\x");
        cr_expect_str_eq(list.items[0].type, "fuse");
        cr_expect_str_eq(list.items[0].source, "host:/a\tb");
}

Test(mountinfo, malformed_lines_are_left_out)
{
        _cleanup_mounts_ MountList list = parse("36 35 98 / / rw - ext4 /dev/a rw\n"
                                                "x 35 8:1 / / rw - ext4 /dev/a rw\n"
                                                "36 35 8:99999999999 / / rw - ext4 /dev/a rw\n"
                                                "36 35 8:1 / / rw ext4 /dev/a rw\n"
                                                "36 35 8:1 / / rw - ext4\n"
                                                "\n"
                                                "36 35 8:1 / /good rw - ext4 /dev/a rw");

        cr_assert_eq(list.count, 1);
        cr_expect_str_eq(list.items[0].path, "/good");
}

Test(mountinfo, more_mounts_than_the_limit_are_refused)
{
        MountList list = { 0 };
        char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);

        for (int i = 0; i <= MOUNTINFO_MOUNTS_MAX; i++)
                fprintf(file, "1 1 8:%d / /m%d rw - ext4 /dev/a rw\n", i, i);
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(mountinfo_parse(text, size, &list), -E2BIG);
        cr_assert_eq(list.count, 0);
        free(text);
}
