/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Only root can make files that belong to somebody else. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "fixture-root.h"
#include "system/vouch-files.h"

#define OTHER 65534

typedef struct Found {
        size_t count;
        VouchVerdict verdict; /* of the last one */
        char path[64];
} Found;

static int take(void *userdata, const VouchFile *file)
{
        Found *found = userdata;
        char byte;

        found->count++;
        found->verdict = file->verdict;
        (void) snprintf(found->path, sizeof(found->path), "%s", file->path);
        if (file->verdict == VOUCH_VERDICT_GOOD)
                cr_assert_eq(pread(file->fd, &byte, 1, 0), 1);
        return 0;
}

static Found find_since(const FixtureRoot *root, const char *pattern, usec_t since_usec)
{
        char *patterns[] = { (char *) pattern };
        const VouchRule rule = {
                .paths = {patterns, 1},
                  .max_files = 2, .max_size = 8
        };
        Found found = { 0 };

        cr_assert_eq(vouch_files_find(root->fd, &rule, since_usec, take, &found), 0);
        return found;
}

static Found find(const FixtureRoot *root, const char *pattern)
{
        return find_since(root, pattern, 0);
}

static FixtureRoot make_root(void)
{
        FixtureRoot root;

        if (geteuid() != 0)
                cr_skip_test("files of root and of others are made by root only");
        root = fixture_root_new();
        fixture_root_write(&root, "/usr/lib/x/a.so", "text");
        return root;
}

static void expect(const FixtureRoot *root, VouchVerdict verdict)
{
        Found found = find(root, "/usr/lib/*/a.so");

        cr_expect_eq(found.count, 1);
        cr_expect_eq(found.verdict, verdict, "%s", vouch_verdict_describe(found.verdict));
        cr_expect_str_eq(found.path, "/usr/lib/x/a.so");
}

Test(vouch_files, finds_what_fits)
{
        _cleanup_root_ FixtureRoot root = make_root();

        expect(&root, VOUCH_VERDICT_GOOD);
        cr_expect_eq(find(&root, "/usr/lib/x/*.so").count, 1);
        cr_expect_eq(find(&root, "/usr/lib/x/b.so").count, 0);
        cr_expect_eq(find(&root, "/usr/lib/?").count, 0, "directories are none");
        cr_expect_eq(find(&root, "/usr/lib/x/a.so/y").count, 0);
}

Test(vouch_files, a_file_of_somebody_else_is_not_vouched_for)
{
        _cleanup_root_ FixtureRoot root = make_root();

        cr_assert_eq(fchownat(root.fd, "usr/lib/x/a.so", OTHER, 0, 0), 0);
        expect(&root, VOUCH_VERDICT_OWNER);
}

Test(vouch_files, nor_is_one_that_others_may_write_to)
{
        _cleanup_root_ FixtureRoot root = make_root();

        cr_assert_eq(fchmodat(root.fd, "usr/lib/x/a.so", 0664, 0), 0);
        expect(&root, VOUCH_VERDICT_OWNER);
}

Test(vouch_files, every_directory_above_counts)
{
        _cleanup_root_ FixtureRoot root = make_root();

        cr_assert_eq(fchmodat(root.fd, "usr", 0777, 0), 0);
        expect(&root, VOUCH_VERDICT_PARENT);
        cr_assert_eq(fchmodat(root.fd, "usr", 0755, 0), 0);
        cr_assert_eq(fchownat(root.fd, "usr/lib/x", OTHER, 0, 0), 0);
        expect(&root, VOUCH_VERDICT_PARENT);
}

Test(vouch_files, limits_hold)
{
        _cleanup_root_ FixtureRoot root = make_root();

        fixture_root_write(&root, "/usr/lib/x/b.so", "more than eight");
        cr_expect_eq(find(&root, "/usr/lib/x/b.so").verdict, VOUCH_VERDICT_SIZE);
        fixture_root_write(&root, "/usr/lib/x/c.so", "c");
        fixture_root_write(&root, "/usr/lib/x/d.so", "d");
        cr_expect_eq(find(&root, "/usr/lib/x/*.so").verdict, VOUCH_VERDICT_NUMBER);
}

Test(vouch_files, links_are_not_followed)
{
        _cleanup_root_ FixtureRoot root = make_root();

        fixture_root_link(&root, "a.so", "/usr/lib/x/link.so");
        fixture_root_link(&root, "x", "/usr/lib/y");
        cr_expect_eq(find(&root, "/usr/lib/x/link.so").count, 0);
        cr_expect_eq(find(&root, "/usr/lib/y/a.so").count, 0);
}

Test(vouch_files, what_was_there_before_is_left_out)
{
        _cleanup_root_ FixtureRoot root = make_root();
        usec_t later = time_now(CLOCK_REALTIME) + USEC_PER_SEC;
        const struct timespec times[2] = {
                { .tv_sec = (time_t) (later / USEC_PER_SEC) + 60 },
                { .tv_sec = (time_t) (later / USEC_PER_SEC) + 60 },
        };

        cr_assert_eq(utimensat(root.fd, "usr/lib/x/a.so", times, 0), 0);
        cr_expect_eq(find_since(&root, "/usr/lib/x/a.so", later).count, 0);
}
