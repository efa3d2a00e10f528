/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-list.h"

static const HashAlgorithm all_banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

static Replay *new_replay(void)
{
        Replay *replay;

        cr_assert_eq(replay_new(all_banks, ELEMENTSOF(all_banks), &replay), 0);
        return replay;
}

static Replay *replay_of(const void *bytes, size_t size, size_t digest_size)
{
        Replay *replay = new_replay();

        (void) fixture_replay(replay, bytes, size, digest_size);
        return replay;
}

static void assert_pcr(const Replay *replay, HashAlgorithm bank, uint32_t pcr, const Digest *value)
{
        Digest replayed;

        cr_assert_eq(replay_get_pcr(replay, bank, pcr, &replayed), 0);
        cr_assert_eq(replayed.size, value->size);
        cr_assert_arr_eq(replayed.bytes, value->bytes, value->size, "%s %u",
                        hash_algorithm_to_string(bank), pcr);
}

Test(replay, recorded_lists_give_the_recorded_pcrs_in_every_bank)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);

                for (size_t j = 0; j < list.n_binaries; j++) {
                        const FixtureBinary *b = &list.binaries[j];
                        _cleanup_replay_ Replay *replay =
                                        replay_of(b->bytes, b->size, b->digest_size);

                        cr_assert_eq(replay_get_counts(replay)->bad_digests, 0);
                        for (size_t k = 0; k < list.n_pcrs; k++) {
                                uint32_t pcr = list.pcrs[k].pcr;

                                if (replay_get_pcrs(replay) & (UINT64_C(1) << pcr))
                                        assert_pcr(replay, list.pcrs[k].value.algorithm, pcr,
                                                        &list.pcrs[k].value);
                        }
                }
        }
}

Test(replay, pcrs_and_counts_of_recorded_lists)
{
        _cleanup_fixture_list_ FixtureList pcrs = fixture_list_load(fixture_lists[2]);
        _cleanup_fixture_list_ FixtureList violations = fixture_list_load(fixture_lists[3]);
        _cleanup_replay_ Replay *first = replay_of(
                                                pcrs.binaries[0].bytes, pcrs.binaries[0].size, 20),
                                *second = replay_of(violations.binaries[0].bytes,
                                                violations.binaries[0].size, 20);

        cr_assert_eq(replay_get_pcrs(first), 1 << 10 | 1 << 11 | 1 << 13 | 1 << 23);
        cr_assert_eq(replay_get_counts(first)->not_replayable, 1);
        cr_assert_eq(replay_get_counts(first)->entries, pcrs.ascii.count);
        cr_assert_eq(replay_get_counts(second)->violations, 2);
}

/* Reads a file of real lists that is not part of the project, or skips the test. */
static char *third_party(const char *name, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open_root(getenv("SHARED_DATA"));
        char path[64], *bytes;

        (void) snprintf(path, sizeof(path), "third-party/%s", name);
        if (fd < 0 || fs_read_file(fd, path, 1 << 20, &bytes, ret_size) < 0)
                cr_skip_test("no third-party data");
        return bytes;
}

Test(replay, real_lists_of_one_boot_in_four_formats)
{
        static const char *const files[] = { "ibmtss-sha1.log", "ibmtss-sha256.log",
                "ibmtss-sha384.log", "ibmtss-sha512.log" };
        size_t size;
        _cleanup_free_ char *values = third_party("ibmtss-imakvtpcr10.txt", &size);
        char *save, *line = strtok_r(values, "\n", &save);
        Digest expected[4] = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(files); i++, line = strtok_r(NULL, "\n", &save)) {
                char *at = strchr(line, ':') + 1;

                expected[i].size = hash_algorithm_size(all_banks[i]);
                for (size_t j = 0; j < expected[i].size; j++)
                        expected[i].bytes[j] = (uint8_t) strtoul(at, &at, 16);
        }
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                _cleanup_free_ char *bytes = third_party(files[i], &size);
                _cleanup_replay_ Replay *replay =
                                replay_of(bytes, size, hash_algorithm_size(all_banks[i]));

                cr_assert_eq(replay_get_counts(replay)->bad_digests, 0);
                for (size_t j = 0; j < ELEMENTSOF(all_banks); j++)
                        assert_pcr(replay, all_banks[j], 10, &expected[j]);
        }
}

Test(replay, a_violation_extends_by_ones)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_replay_ Replay *replay = NULL;
        uint8_t joined[64] = { 0 };
        Digest expected;

        fixture_append_header(&list, 10, HASH_SHA1, "ima-ng", NULL, false);
        fixture_append_field(&list, "x", 1, false);
        replay = replay_of(list.data, list.size, 20);
        memset(joined + 32, 0xff, 32);
        cr_assert_eq(digest_compute(HASH_SHA256, joined, 64, &expected), 0);
        assert_pcr(replay, HASH_SHA256, 10, &expected);
        cr_assert_eq(replay_get_counts(replay)->violations, 1);
        cr_assert_eq(replay_get_counts(replay)->bad_digests, 0);
}

/* sha384 after one entry and one violation, of which so many bytes are 0xff. */
static Digest pad_sha384(const Buffer *list, size_t violation_size)
{
        uint8_t joined[96] = { 0 };
        Digest value;

        memcpy(joined + 48, list->data + 4, 20);
        cr_assert_eq(digest_compute(HASH_SHA384, joined, 96, &value), 0);
        memset(joined, 0, sizeof(joined));
        memcpy(joined, value.bytes, 48);
        memset(joined + 48, 0xff, violation_size);
        cr_assert_eq(digest_compute(HASH_SHA384, joined, 96, &value), 0);
        return value;
}

Test(replay, banks_without_a_hash_hold_padded_sha1)
{
        static const struct {
                ReplayForm form;
                size_t violation_size;
        } cases[] = {
                {REPLAY_FORM_PADDED,             48},
                { REPLAY_FORM_PADDED_VIOLATIONS, 20}
        };
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_replay_ Replay *replay = NULL;
        Digest expected, replayed;

        fixture_append_ng(&list, 10, "/a");
        fixture_append_header(&list, 10, HASH_SHA1, "ima-ng", NULL, false);
        fixture_append_field(&list, "x", 1, false);
        replay = replay_of(list.data, list.size, 20);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                cr_assert_eq(replay_get_pcr_as(replay, cases[i].form, HASH_SHA384, 10, &replayed),
                                0);
                expected = pad_sha384(&list, cases[i].violation_size);
                cr_assert(digest_equal(&replayed, &expected), "case %zu", i);
                cr_assert_eq(replay_get_pcr(replay, HASH_SHA1, 10, &expected), 0);
                cr_assert_eq(replay_get_pcr_as(replay, cases[i].form, HASH_SHA1, 10, &replayed), 0);
                cr_assert(digest_equal(&replayed, &expected), "case %zu", i);
        }
}

Test(replay, template_digests_are_checked_and_data_counts)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_replay_ Replay *good = NULL, *bad = NULL;
        Digest value;

        fixture_append_ng(&list, 10, "/a");
        good = replay_of(list.data, list.size, 20);
        list.data[4] ^= 1;
        bad = replay_of(list.data, list.size, 20);
        cr_assert_eq(replay_get_counts(good)->bad_digests, 0);
        cr_assert_eq(replay_get_counts(bad)->bad_digests, 1);
        cr_assert_eq(replay_get_pcr(good, HASH_SHA1, 10, &value), 0);
        assert_pcr(bad, HASH_SHA1, 10, &value);
}

Test(replay, any_flipped_bit_of_the_data_changes_the_pcr)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[1]);
        const FixtureBinary *b = &list.binaries[1];
        _cleanup_replay_ Replay *good = replay_of(b->bytes, b->size, 20);
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        const HashAlgorithm bank = HASH_SHA1;
        Digest expected, replayed;
        Measurement m;

        cr_assert_eq(replay_get_pcr(good, bank, 10, &expected), 0);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, b->bytes, b->size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                size_t end = (size_t) measurement_reader_offset(reader);

                /* The data of a violation is not what extends the PCR. */
                for (size_t at = end - m.data_size; !m.violation && at < end; at++) {
                        _cleanup_replay_ Replay *replay = NULL;

                        cr_assert_eq(replay_new(&bank, 1, &replay), 0);
                        b->bytes[at] ^= (uint8_t) (1 << at % 8);
                        (void) fixture_replay(replay, b->bytes, b->size, 20);
                        b->bytes[at] ^= (uint8_t) (1 << at % 8);
                        cr_assert_eq(replay_get_pcr(replay, bank, 10, &replayed), 0);
                        cr_assert_arr_neq(replayed.bytes, expected.bytes, 20);
                }
        }
}

Test(replay, a_copy_goes_on_by_itself)
{
        _cleanup_buffer_ Buffer first = { 0 }, second = { 0 };
        _cleanup_replay_ Replay *replay = NULL, *copy = NULL;
        Digest before, after;

        fixture_append_ng(&first, 10, "/a");
        fixture_append_ng(&second, 11, "/b");
        replay = replay_of(first.data, first.size, 20);
        cr_assert_eq(replay_copy(replay, &copy), 0);
        (void) fixture_replay(copy, second.data, second.size, 20);
        cr_assert_eq(replay_get_counts(replay)->entries, 1);
        cr_assert_eq(replay_get_counts(copy)->entries, 2);
        cr_assert_eq(replay_get_pcrs(copy), 1 << 10 | 1 << 11);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA512, 10, &before), 0);
        assert_pcr(copy, HASH_SHA512, 10, &before);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA512, 11, &before), 0);
        cr_assert_eq(replay_get_pcr(copy, HASH_SHA512, 11, &after), 0);
        cr_assert_arr_neq(before.bytes, after.bytes, 64);
}

Test(replay, unknown_templates_replay_from_their_data)
{
        _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
        _cleanup_replay_ Replay *replay = NULL;

        cr_assert_eq(buffer_append(&data, "whatever", 8), 0);
        fixture_append_entry(&list, 10, HASH_SHA1, "ima-future", &data, false);
        replay = replay_of(list.data, list.size, 20);
        cr_assert_eq(replay_get_counts(replay)->bad_digests, 0);
        cr_assert_eq(replay_get_pcrs(replay), 1 << 10);
}

Test(replay, pcrs_that_no_tpm_has_are_counted)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_replay_ Replay *replay = NULL;
        Digest digest;

        fixture_append_ng(&list, REPLAY_PCRS, "/a");
        replay = replay_of(list.data, list.size, 20);
        cr_assert_eq(replay_get_counts(replay)->not_replayable, 1);
        cr_assert_eq(replay_get_pcrs(replay), 0);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA1, REPLAY_PCRS, &digest), -ENOENT);
        cr_assert_eq(replay_get_pcr(replay, HASH_SM3, 10, &digest), -ENOENT);
}

Test(replay, wrong_sets_of_banks)
{
        const HashAlgorithm twice[] = { HASH_SHA1, HASH_SHA1 }, missing[] = { HASH_TGR192 };
        Replay *replay;

        cr_assert_eq(replay_new(twice, 0, &replay), -EINVAL);
        cr_assert_eq(replay_new(twice, 2, &replay), -EINVAL);
        cr_assert_eq(replay_new(missing, 1, &replay), -EOPNOTSUPP);
}
