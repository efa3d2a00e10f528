/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/archive-allowance.h"

#define NOW ((usec_t) 1700000000 * USEC_PER_SEC)

static Digest digest_of(const char *text)
{
        Digest digest;

        cr_assert_eq(digest_compute(HASH_SHA256, text, strlen(text), &digest), 0);
        return digest;
}

static void allow(const FixtureRoot *root, const char *text, usec_t now_usec)
{
        Digest digest = digest_of(text);
        const ArchiveAllowance allowance = { &digest, "/a.deb", "a test", now_usec };

        cr_assert_eq(archive_allowance_add(root->fd, &allowance), 0);
}

static int check(const FixtureRoot *root, const char *text, usec_t now_usec)
{
        Digest digest = digest_of(text);

        return archive_allowance_check(root->fd, &digest, now_usec);
}

Test(archive_allowance, holds_for_these_bytes_only)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        cr_assert_eq(check(&root, "a", NOW), 0);
        allow(&root, "a", NOW);
        cr_assert_eq(check(&root, "a", NOW), 1);
        cr_assert_eq(check(&root, "b", NOW), 0);
}

Test(archive_allowance, ends_after_a_day)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        allow(&root, "a", NOW);
        cr_assert_eq(check(&root, "a", NOW + ARCHIVE_ALLOWANCE_USEC - 1), 1);
        cr_assert_eq(check(&root, "a", NOW + ARCHIVE_ALLOWANCE_USEC), 0);
        cr_assert_eq(check(&root, "a", NOW - 1), 0, "nor does it hold before");
}

Test(archive_allowance, old_ones_are_forgotten)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };

        allow(&root, "a", NOW);
        allow(&root, "b", NOW + ARCHIVE_ALLOWANCE_USEC);
        cr_assert_eq(fs_list_directory(root.fd, ARCHIVE_ALLOWANCE_DIRECTORY, 10, &names), 0);
        cr_assert_eq(names.count, 1);
}

Test(archive_allowance, a_malformed_one_allows_nothing)
{
        static const char *const texts[] = { "", "{}", "[]",
                "{\"allowed_usec\": -1, \"until_usec\": 9999999999999999}",
                "{\"allowed_usec\": \"0\", \"until_usec\": \"9999999999999999\"}" };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Digest digest = digest_of("a");
        char hex[2 * DIGEST_SIZE_MAX + 1], path[256];

        hex_encode(digest.bytes, digest.size, hex);
        (void) snprintf(path, sizeof(path), ARCHIVE_ALLOWANCE_DIRECTORY "/%s.json", hex);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                fixture_root_write(&root, path, texts[i]);
                cr_expect_eq(check(&root, "a", NOW), -EBADMSG, "%s", texts[i]);
        }
}
