/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-list.h"
#include "fixture-root.h"
#include "system/list-archive.h"

#define DIRECTORY "/a/boot"
#define BOOT_ID "00112233-4455-6677-8899-aabbccddeeff"

static FixtureRoot root;
static Buffer list; /* four entries */
static size_t half; /* bytes of the first two */

static void write_segments(void)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, BOOT_ID, NULL, NULL, &diags, &archive),
                        0);
        archive.list.digest_size = 20;
        cr_assert_eq(list_archive_append(root.fd, DIRECTORY, &archive, list.data, half), 0);
        cr_assert_eq(list_archive_append(root.fd, DIRECTORY, &archive, list.data + half,
                                     list.size - half),
                        0);
        cr_assert_eq(archive.segments, 2);
        cr_assert_eq(archive.entries, 4);
}

static void setup(void)
{
        root = fixture_root_new();
        fixture_append_ng(&list, 10, "/a");
        fixture_append_ng(&list, 10, "/b");
        half = list.size;
        fixture_append_ng(&list, 10, "/c");
        fixture_append_ng(&list, 10, "/d");
        write_segments();
}

static void teardown(void)
{
        buffer_done(&list);
        fixture_root_done(&root);
}

TestSuite(list_archive, .init = setup, .fini = teardown);

static int collect(void *userdata, const void *bytes, size_t size)
{
        return buffer_append(userdata, bytes, size);
}

/* Loads it, and asserts how many segments are good. */
static void assert_good(uint64_t segments, const char *code)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };
        _cleanup_buffer_ Buffer raw = { 0 };
        int r = list_archive_load(root.fd, DIRECTORY, NULL, collect, &raw, &diags, &archive);

        cr_assert_eq(r, code ? -EBADMSG : 0);
        cr_assert_eq(archive.segments, segments);
        cr_assert_eq(archive.size, segments == 2 ? list.size : segments == 1 ? half : 0);
        cr_assert_eq(raw.size, archive.size);
        cr_assert_eq(memcmp(raw.data ?: "", list.data, raw.size), 0);
        if (code)
                cr_assert_str_eq(diags.items[0].code, code);
}

Test(list_archive, what_is_written_is_read_and_replays)
{
        static const HashAlgorithm banks[] = { HASH_SHA256 };
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };
        Digest expected, archived;

        assert_good(2, NULL);
        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, BOOT_ID, NULL, NULL, &diags, &archive),
                        0);
        cr_assert_str_eq(archive.boot_id, BOOT_ID);
        cr_assert_eq(replay_new(banks, 1, &replay), 0);
        (void) fixture_replay(replay, list.data, list.size, 20);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA256, 10, &expected), 0);
        cr_assert_eq(replay_get_pcr(archive.replay, HASH_SHA256, 10, &archived), 0);
        cr_assert(digest_equal(&expected, &archived));
}

Test(list_archive, a_segment_that_is_cut_off_anywhere_leaves_the_ones_before)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size;

        cr_assert_eq(fs_read_file(root.fd, DIRECTORY "/00000002.gz", 1 << 20, &bytes, &size), 0);
        for (size_t cut = 0; cut < size; cut++) {
                cr_assert_eq(fs_replace_file(root.fd, DIRECTORY "/00000002.gz", bytes, cut, 0600),
                                0);
                assert_good(1, "E480");
        }
}

Test(list_archive, a_changed_segment_is_named)
{
        _cleanup_free_ char *bytes = NULL;
        size_t size;

        cr_assert_eq(fs_read_file(root.fd, DIRECTORY "/00000001.gz", 1 << 20, &bytes, &size), 0);
        bytes[size / 2] ^= 1;
        cr_assert_eq(fs_replace_file(root.fd, DIRECTORY "/00000001.gz", bytes, size, 0600), 0);
        assert_good(0, "E480");
}

/* It is a good segment of these entries, but not the one that the next one names. */
Test(list_archive, a_segment_that_was_made_anew_breaks_the_chain)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive other = { 0 };
        _cleanup_buffer_ Buffer forged = { 0 };

        fixture_append_ng(&forged, 10, "/x");
        fixture_append_ng(&forged, 10, "/y");
        cr_assert_eq(list_archive_load(root.fd, "/b", BOOT_ID, NULL, NULL, &diags, &other), 0);
        other.list.digest_size = 20;
        cr_assert_eq(list_archive_append(root.fd, "/b", &other, forged.data, forged.size), 0);
        cr_assert_eq(fs_rename(root.fd, "/b/00000001.gz", DIRECTORY "/00000001.gz"), 0);
        list_archive_done(&other);
        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, NULL, NULL, NULL, &diags, &other),
                        -EBADMSG);
        cr_assert_eq(other.segments, 1);
        cr_assert_str_eq(diags.items[0].code, "E480");
}

Test(list_archive, a_missing_segment_is_named)
{
        cr_assert_eq(fs_rename(root.fd, DIRECTORY "/00000001.gz", "/elsewhere"), 0);
        assert_good(0, "E481");
}

Test(list_archive, the_segment_of_another_boot_is_refused)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, "another", NULL, NULL, &diags, &archive),
                        -EBADMSG);
        cr_assert_eq(archive.segments, 0);
}

Test(list_archive, what_is_behind_the_end_is_set_aside)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(fs_replace_file(root.fd, DIRECTORY "/00000002.gz", "x", 1, 0600), 0);
        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, NULL, NULL, NULL, &diags, &archive),
                        -EBADMSG);
        cr_assert_eq(list_archive_set_aside(root.fd, DIRECTORY, &archive), 0);
        cr_assert(fs_exists(root.fd, DIRECTORY "/00000002.gz.bad"));
        assert_good(1, NULL);
}

Test(list_archive, an_absent_directory_is_an_empty_archive)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(list_archive_load(root.fd, "/none", NULL, NULL, NULL, &diags, &archive), 0);
        cr_assert_eq(archive.segments, 0);
}

Test(list_archive, half_an_entry_is_not_archived)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, NULL, NULL, NULL, &diags, &archive), 0);
        cr_assert_eq(list_archive_append(root.fd, DIRECTORY, &archive, list.data, half - 1),
                        -EBADMSG);
        assert_good(2, NULL);
}

static int refuse(void *userdata, const void *bytes, size_t size)
{
        return -ESTALE;
}

Test(list_archive, who_takes_the_entries_can_end_the_reading)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_list_archive_ ListArchive archive = { 0 };

        cr_assert_eq(list_archive_load(root.fd, DIRECTORY, NULL, refuse, NULL, &diags, &archive),
                        -ESTALE);
        cr_assert_eq(diags.count, 0);
}

Test(list_archive, the_oldest_boots_are_pruned)
{
        static const char *const boots[] = { "one", "two", "three" };
        char path[64];

        for (size_t i = 0; i < ELEMENTSOF(boots); i++) {
                const struct timespec times[2] = { { .tv_sec = 1000 },
                        { .tv_sec = (time_t) (9 - i) } };

                (void) snprintf(path, sizeof(path), "/a/%s", boots[i]);
                cr_assert_eq(fs_make_directories(root.fd, path, 0700), 0);
                cr_assert_eq(utimensat(root.fd, path + 1, times, 0), 0);
        }
        cr_assert_eq(list_archive_prune(root.fd, "/a", "boot", 2), 0);
        cr_expect(fs_exists(root.fd, "/a/one"));
        cr_expect(fs_exists(root.fd, "/a/two"));
        cr_expect_not(fs_exists(root.fd, "/a/three"));
        cr_assert_eq(list_archive_prune(root.fd, "/a", "boot", 0), 0);
        cr_expect_not(fs_exists(root.fd, "/a/one"));
        assert_good(2, NULL);
}
