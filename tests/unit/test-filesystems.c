/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/filesystems.h"

#include <criterion/criterion.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "fixture-root.h"

static const Filesystem *find(const FilesystemList *list, const char *path)
{
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i].path, path) == 0)
                        return &list->items[i];
        return NULL;
}

/* The root directory of the test lies on a file system that can be asked. */
Test(filesystems, what_is_mounted_is_looked_at)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_filesystems_ FilesystemList list = { 0 };
        _cleanup_free_ char *text = NULL;
        struct statfs statistics;
        struct stat st;

        cr_assert_eq(fstat(root.fd, &st), 0);
        cr_assert_eq(fstatfs(root.fd, &statistics), 0);
        cr_assert_geq(asprintf(&text, "1 1 %u:%u / / rw - ext4 /dev/a rw\n", major(st.st_dev),
                                      minor(st.st_dev)),
                        0);
        fixture_root_write(&root, "/proc/self/mountinfo", text);
        cr_assert_eq(filesystem_list_load(root.fd, &list), 0);
        cr_assert_eq(list.count, 1);
        cr_expect_str_eq(list.items[0].type, "ext4");
        cr_expect_eq(list.items[0].magic, (uint32_t) statistics.f_type);
        cr_expect_eq(list.items[0].lacks_xattrs,
                        fgetxattr(root.fd, "security.ima", NULL, 0) < 0 && errno == EOPNOTSUPP);
        cr_expect_null(list.items[0].uuid);
}

/* Device numbers that nothing here has: as if something else were mounted over them. */
Test(filesystems, what_cannot_be_seen_is_not_known)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_filesystems_ FilesystemList list = { 0 };

        fixture_root_write(&root, "/proc/self/mountinfo",
                        "1 1 4000:1 / / rw - ext4 /dev/a rw\n"
                        "2 1 4000:2 / /home rw - xfs /dev/b rw\n"
                        "3 1 4000:1 /var /srv rw - ext4 /dev/a rw\n"
                        "4 1 0:77 / /net rw,noexec - nfs4 host:/ rw\n");
        fixture_root_write(&root, "/proc/filesystems", "nodev\tsysfs\n\text4\nnodev\tnfs4\n");
        cr_assert_eq(filesystem_list_load(root.fd, &list), 0);
        cr_assert_eq(list.count, 3, "each file system once");
        cr_expect_null(find(&list, "/srv"));
        cr_expect_eq(find(&list, "/home")->magic, 0);
        cr_expect_not(find(&list, "/home")->lacks_xattrs);
        cr_expect(find(&list, "/net")->noexec);
        cr_expect_eq(list.types.count, 3);
        cr_expect(string_list_contains(&list.types, "ext4"));
}

Test(filesystems, without_proc_nothing_is_known)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        FilesystemList list = { 0 };

        cr_assert_eq(filesystem_list_load(root.fd, &list), -ENOENT);
}

/* procfs has no attributes of the kind, and is mounted wherever tests run. */
Test(filesystems, this_machine_can_be_asked)
{
        _cleanup_close_ int root_fd = fs_open_root("/");
        _cleanup_filesystems_ FilesystemList list = { 0 };

        cr_assert_eq(filesystem_list_load(root_fd, &list), 0);
        cr_assert_not_null(find(&list, "/proc"));
        cr_expect_str_eq(find(&list, "/proc")->type, "proc");
        cr_expect_eq(find(&list, "/proc")->magic, 0x9fa0);
        cr_expect(find(&list, "/proc")->lacks_xattrs);
        cr_expect(string_list_contains(&list.types, "proc"));
}
