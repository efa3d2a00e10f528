/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/tree.h"

#include <criterion/criterion.h>

#include "base/strings.h"
#include "fixture-root.h"

static int collect(void *userdata, const char *path, int path_fd)
{
        struct stat st;

        cr_assert_eq(fstat(path_fd, &st), 0);
        cr_expect(S_ISREG(st.st_mode), "%s", path);
        return string_list_add(userdata, path);
}

static int fail(void *userdata, const char *path, int path_fd)
{
        ++*(size_t *) userdata;
        return -ECANCELED;
}

Test(tree, regular_files_are_visited_and_links_not_followed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList paths = { 0 };
        TreeStatistics statistics = { 0 };

        fixture_root_write(&root, "/a/one", "");
        fixture_root_write(&root, "/a/b/c/two", "");
        fixture_root_write(&root, "/outside/three", "");
        fixture_root_link(&root, "/outside", "/a/link");
        fixture_root_link(&root, "/outside/three", "/a/file-link");
        cr_assert_eq(tree_walk(root.fd, "/a", false, collect, &paths, &statistics), 0);
        string_list_sort(&paths);
        cr_assert_eq(paths.count, 2);
        cr_expect_str_eq(paths.items[0], "/a/b/c/two");
        cr_expect_str_eq(paths.items[1], "/a/one");
        cr_expect_eq(statistics.files, 2);
        cr_expect_eq(statistics.directories, 3);
}

Test(tree, a_visitor_ends_the_walk)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        TreeStatistics statistics = { 0 };
        size_t calls = 0;

        fixture_root_write(&root, "/a/one", "");
        fixture_root_write(&root, "/a/two", "");
        cr_expect_eq(tree_walk(root.fd, "/a", false, fail, &calls, &statistics), -ECANCELED);
        cr_expect_eq(calls, 1);
        cr_expect_eq(tree_walk(root.fd, "/none", false, fail, &calls, &statistics), -ENOENT);
        cr_expect_eq(tree_walk(root.fd, "/a/one", false, fail, &calls, &statistics), -ENOTDIR);
}

Test(tree, other_file_systems_are_left_out)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_strings_ StringList paths = { 0 };
        TreeStatistics statistics = { 0 };
        struct stat parent, mount;

        if (stat("/sys/kernel", &parent) < 0 || stat("/sys/kernel/security", &mount) < 0 ||
                        parent.st_dev == mount.st_dev)
                cr_skip("nothing is mounted on /sys/kernel/security");
        cr_assert_eq(tree_walk(root, "/sys/kernel", false, collect, &paths, &statistics), 0);
        cr_expect_gt(statistics.skipped_mounts, 0);
        for (size_t i = 0; i < paths.count; i++)
                cr_expect_null(string_after(paths.items[i], "/sys/kernel/security/"));
}
