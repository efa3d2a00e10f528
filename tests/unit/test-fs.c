/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/xattr.h>

#include "fixture-root.h"

static ino_t synced[64];
static size_t n_synced;

/* In the place of the C library's: notes what was synced. */
int fsync(int fd)
{
        struct stat st;

        if (fstat(fd, &st) >= 0 && n_synced < ELEMENTSOF(synced))
                synced[n_synced++] = st.st_ino;
        return 0;
}

static bool was_synced(const FixtureRoot *root, const char *path)
{
        struct stat st;

        cr_assert_eq(fstatat(root->fd, path, &st, 0), 0);
        for (size_t i = 0; i < n_synced; i++)
                if (synced[i] == st.st_ino)
                        return true;
        return false;
}

Test(fs, new_directories_survive_a_power_cut)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        cr_assert_eq(fs_make_directories(root.fd, "/a/b/c", 0755), 0);
        cr_assert(was_synced(&root, "."), "entry of a");
        cr_assert(was_synced(&root, "a"), "entry of b");
        cr_assert(was_synced(&root, "a/b"), "entry of c");
        n_synced = 0;
        cr_assert_eq(fs_make_directories(root.fd, "/a/b/c", 0755), 0);
        cr_assert_eq(n_synced, 0, "nothing was made");
}

Test(fs, absolute_links_stay_inside_the_root)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *text = NULL;

        fixture_root_write(&root, "/etc/passwd", "inside");
        fixture_root_link(&root, "/etc/passwd", "/absolute");
        fixture_root_link(&root, "../../../../../../etc/passwd", "/climbing");
        cr_assert_eq(fs_read_file(root.fd, "/absolute", 100, &text, NULL), 0);
        cr_assert_str_eq(text, "inside");
        free(TAKE_PTR(text));
        cr_assert_eq(fs_read_file(root.fd, "/climbing", 100, &text, NULL), 0);
        cr_assert_str_eq(text, "inside");
}

Test(fs, reading_is_limited_and_takes_files_only)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        char *text = NULL;

        fixture_root_write(&root, "/big", "0123456789");
        cr_assert_eq(mkfifoat(root.fd, "fifo", 0600), 0);
        cr_assert_eq(fs_make_directories(root.fd, "/dir", 0700), 0);
        cr_assert_eq(fs_read_file(root.fd, "/big", 9, &text, NULL), -EFBIG);
        cr_assert_eq(fs_read_file(root.fd, "/fifo", 100, &text, NULL), -EINVAL);
        cr_assert_eq(fs_read_file(root.fd, "/dir", 100, &text, NULL), -EISDIR);
        cr_assert_eq(fs_read_file(root.fd, "/none", 100, &text, NULL), -ENOENT);
        cr_assert_null(text);
}

Test(fs, replace_is_complete_and_leaves_nothing_beside)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ char *text = NULL;
        struct stat st;

        fixture_root_write(&root, "/state", "old");
        cr_assert_eq(fs_replace_file(root.fd, "/state", "new one", 7, 0640), 0);
        cr_assert_eq(fs_read_file(root.fd, "/state", 100, &text, NULL), 0);
        cr_assert_str_eq(text, "new one");
        cr_assert_eq(fstatat(root.fd, "state", &st, 0), 0);
        cr_assert_eq(st.st_mode & 07777, 0640);
        cr_assert_eq(fs_list_directory(root.fd, "/", 10, &names), 0);
        cr_assert_eq(names.count, 1);
}

Test(fs, replace_keeps_extended_attributes)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int fd = -EBADF;
        char value[8] = { 0 };

        fixture_root_write(&root, "/state", "old");
        fd = fs_open(root.fd, "/state", O_RDONLY, 0);
        if (fsetxattr(fd, "user.kept", "yes", 3, 0) < 0)
                cr_skip("this file system has no user attributes");
        cr_assert_eq(fs_replace_file(root.fd, "/state", "new", 3, 0600), 0);
        (void) close(fd);
        fd = fs_open(root.fd, "/state", O_RDONLY, 0);
        cr_assert_eq(fgetxattr(fd, "user.kept", value, sizeof(value)), 3);
        cr_assert_str_eq(value, "yes");
}

Test(fs, replace_drops_labels_of_the_old_bytes)
{
        static const char digest[] = "\x04\x04 the digest of the old bytes....";
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int fd = -EBADF;
        char value[64];

        fixture_root_write(&root, "/state", "old");
        fd = fs_open(root.fd, "/state", O_RDONLY, 0);
        if (fsetxattr(fd, "security.ima", digest, sizeof(digest), 0) < 0)
                cr_skip("only root may label files");
        cr_assert_eq(fs_replace_file(root.fd, "/state", "new", 3, 0600), 0);
        (void) close(fd);
        fd = fs_open(root.fd, "/state", O_RDONLY, 0);
        cr_assert_lt(fgetxattr(fd, "security.ima", value, sizeof(value)), 0);
        cr_assert_eq(errno, ENODATA);
}

Test(fs, a_failed_replace_keeps_the_old_file)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };

        /* A directory of that name cannot be renamed over. */
        cr_assert_eq(fs_make_directories(root.fd, "/state/sub", 0700), 0);
        cr_assert_lt(fs_replace_file(root.fd, "/state", "new", 3, 0600), 0);
        cr_assert_eq(fs_list_directory(root.fd, "/", 10, &names), 0);
        cr_assert_eq(names.count, 1);
}

Test(fs, remove_tree_removes_links_but_not_their_targets)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/keep/file", "x");
        fixture_root_write(&root, "/tree/a/b/file", "x");
        fixture_root_link(&root, "/keep", "/tree/link");
        cr_assert_eq(fs_remove_tree(root.fd, "/tree"), 0);
        cr_assert(!fs_exists(root.fd, "/tree"));
        cr_assert(fs_exists(root.fd, "/keep/file"));
        cr_assert_eq(fs_remove_tree(root.fd, "/tree"), -ENOENT);
}

Test(fs, listing_is_sorted_and_limited)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };

        fixture_root_write(&root, "/d/b", "");
        fixture_root_write(&root, "/d/a", "");
        cr_assert_eq(fs_list_directory(root.fd, "/d", 1, &names), -E2BIG);
        cr_assert_eq(fs_list_directory(root.fd, "/d", 2, &names), 0);
        cr_assert_str_eq(names.items[0], "a");
        cr_assert_str_eq(names.items[1], "b");
}
