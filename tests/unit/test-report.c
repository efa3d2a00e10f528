/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/json.h"
#include "fixture-list.h"

/* The report on these bytes and values; the diagnostics are kept for the caller. */
static json_t *report_on(const PcrValue *pcrs, size_t n_pcrs, const void *bytes, size_t size,
                size_t digest_size, DiagList *diags, Verdict *ret_status)
{
        _cleanup_measurement_report_ MeasurementReport *report = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        PcrValueList values = { 0 };
        json_t *json;

        for (size_t i = 0; i < n_pcrs; i++)
                cr_assert_eq(pcr_value_list_add(&values, &pcrs[i]), 0);
        cr_assert_eq(measurement_report_new(
                                     &(MeasurementReportInput){ .values = &values }, &report),
                        0);
        cr_assert_eq(measurement_reader_new(digest_size, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, bytes, size), 0);
        cr_assert_eq(measurement_report_drain(report, reader, diags, "list"), 0);
        cr_assert_eq(measurement_report_finish(report, reader, diags, "list", ret_status, &json),
                        0);
        return json;
}

/* The recorded values of the PCRs that IMA used. */
static size_t used_pcrs(const FixtureList *list, PcrValue *ret_pcrs)
{
        size_t n = 0;

        for (size_t i = 0; i < list->n_pcrs; i++)
                if (list->pcrs[i].pcr >= 10 && list->pcrs[i].pcr <= 16)
                        ret_pcrs[n++] = list->pcrs[i];
        return n;
}

static const json_t *find_bank(const json_t *json, const char *algorithm, int pcr)
{
        const json_t *bank;
        size_t i;

        json_array_foreach (json_object_get(json, "banks"), i, bank) {
                if (string_equal(json_string_value(json_object_get(bank, "algorithm")),
                                    algorithm) &&
                                json_integer_value(json_object_get(bank, "pcr")) == pcr)
                        return bank;
        }
        return NULL;
}

Test(report, recorded_lists_match_their_pcrs)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[list.n_binaries - 1];
                PcrValue pcrs[96];
                size_t n = used_pcrs(&list, pcrs);
                _cleanup_diags_ DiagList diags = { 0 };
                _cleanup_json_ json_t *json = NULL;
                Verdict status;

                json = report_on(pcrs, n, b->bytes, b->size, b->digest_size, &diags, &status);
                cr_assert_eq(status, VERDICT_MATCH);
                cr_assert_eq(diags.errors, 0);
                cr_assert(json_is_null(json_object_get(json, "truncated_at")));
                cr_assert_str_eq(json_string_value(json_object_get(json, "status")), "match");
                cr_assert_eq(json_integer_value(json_object_get(
                                             json_object_get(json, "boot_aggregate"), "entry")),
                                1);
        }
}

/* Kernel 6.1 has sha384 as a module, so that it extended that bank by padded SHA-1. */
Test(report, a_bank_whose_hash_came_too_late_matches_with_its_violations)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load("6.1-ima-sig-three-banks.txt");
        const FixtureBinary *b = &list.binaries[0];
        PcrValue pcrs[96];
        size_t n = used_pcrs(&list, pcrs);
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        Verdict status;

        json = report_on(pcrs, n, b->bytes, b->size, b->digest_size, &diags, &status);
        cr_expect_eq(status, VERDICT_MATCH);
        cr_expect_eq(json_integer_value(json_object_get(json, "violations")), 2);
        for (int pcr = 10; pcr <= 12; pcr++)
                cr_expect_str_eq(json_string_value(json_object_get(
                                                 find_bank(json, "sha384", pcr), "verdict")),
                                "match");
}

Test(report, without_values_it_says_what_was_replayed_in_four_banks)
{
        static const char *const banks[] = { "sha1", "sha256", "sha384", "sha512" };
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        Verdict status;

        json = report_on(NULL, 0, list.binaries[0].bytes, list.binaries[0].size, 20, &diags,
                        &status);
        cr_assert_eq(status, VERDICT_UNKNOWN);
        cr_assert_eq(json_array_size(json_object_get(json, "banks")), 4);
        for (size_t i = 0; i < ELEMENTSOF(banks); i++) {
                const json_t *bank = find_bank(json, banks[i], 10);

                cr_assert_not_null(bank);
                cr_assert(json_is_null(json_object_get(bank, "value")));
                cr_assert_str_eq(json_string_value(json_object_get(bank, "verdict")), "unknown");
        }
        cr_assert_str_eq(
                        json_string_value(json_object_get(find_bank(json, "sha1", 10), "replayed")),
                        "a4abd5a9544999a278f27f18197f475615d91607");
}

Test(report, one_wrong_bank_makes_the_whole_list_diverged)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        PcrValue pcrs[96];
        size_t n = used_pcrs(&list, pcrs);
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        Verdict status;

        pcrs[0].value.bytes[0] ^= 1;
        json = report_on(pcrs, n, list.binaries[0].bytes, list.binaries[0].size, 20, &diags,
                        &status);
        cr_assert_eq(status, VERDICT_DIVERGED);
        cr_assert_str_eq(json_string_value(json_object_get(find_bank(json, "sha1", 10), "verdict")),
                        "diverged");
        cr_assert_str_eq(json_string_value(
                                         json_object_get(find_bank(json, "sha256", 10), "verdict")),
                        "match");
}

Test(report, bad_digests_are_named_and_the_pcr_still_judged)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        const json_t *bad;
        Verdict status;

        fixture_append_ng(&list, 10, "/a");
        fixture_append_ng(&list, 10, "/b");
        list.data[list.size / 2 + 4] ^= 1;
        json = report_on(NULL, 0, list.data, list.size, 20, &diags, &status);
        bad = json_object_get(json, "bad_digests");
        cr_assert_eq(json_array_size(bad), 1);
        cr_assert_eq(json_integer_value(json_array_get(bad, 0)), 2);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, "E403");
}

Test(report, a_truncated_list_keeps_what_came_before)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        size_t first;
        Verdict status;

        fixture_append_ng(&list, 10, "/a");
        first = list.size;
        fixture_append_ng(&list, 10, "/b");
        json = report_on(NULL, 0, list.data, list.size - 1, 20, &diags, &status);
        cr_assert_eq(json_integer_value(json_object_get(json, "entries")), 1);
        cr_assert_eq(json_integer_value(json_object_get(json, "truncated_at")), (json_int_t) first);
        cr_assert_str_eq(diags.items[0].code, "E401");
}

Test(report, fields_and_pcrs_that_make_no_sense_are_warnings)
{
        _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        Verdict status;

        fixture_append_field(&data, "no digest", 9, false);
        fixture_append_field(&data, "/a", 3, false);
        fixture_append_entry(&list, 42, HASH_SHA1, "ima-ng", &data, false);
        json = report_on(NULL, 0, list.data, list.size, 20, &diags, &status);
        cr_assert_eq(diags.errors, 0);
        cr_assert_eq(diags.count, 2);
        cr_assert_str_eq(diags.items[0].code, "W402");
        cr_assert_str_eq(diags.items[1].code, "W401");
        cr_assert_not_null(strstr(diags.items[1].message, "d-ng"));
        cr_assert_eq(json_integer_value(json_object_get(json, "not_replayable")), 1);
}

Test(report, no_flipped_bit_turns_a_mismatch_into_a_match)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[3]);
        const FixtureBinary *b = &list.binaries[1];
        PcrValue pcrs[96];
        size_t n = used_pcrs(&list, pcrs);

        /* The digest of the first entry is wrong from here on, whatever else is flipped. */
        b->bytes[4 + 20 + 4 + 3] ^= 1;
        for (size_t at = 0; at < b->size; at++) {
                _cleanup_diags_ DiagList diags = { 0 };
                _cleanup_json_ json_t *json = NULL;
                Verdict status;

                if (at == 4 + 20 + 4 + 3)
                        continue;
                b->bytes[at] ^= (uint8_t) (1 << at % 8);
                json = report_on(pcrs, n, b->bytes, b->size, b->digest_size, &diags, &status);
                b->bytes[at] ^= (uint8_t) (1 << at % 8);
                cr_assert_eq(status, VERDICT_DIVERGED, "byte %zu: %s", at,
                                verdict_to_string(status));
        }
}

/* Numbers that are the same in every run (Knuth's MMIX generator). */
static uint32_t next_random(uint64_t *state)
{
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*state >> 33);
}

/* Some flipped bits, and often a new end. */
static size_t damage(uint8_t *bytes, size_t size, uint64_t *state)
{
        uint32_t flips = next_random(state) % 4;

        for (uint32_t i = 0; i < flips; i++)
                bytes[next_random(state) % size] ^= (uint8_t) (1U << next_random(state) % 8);
        return next_random(state) % 2 == 0 ? size : next_random(state) % size;
}

static Verdict judge_damaged(const PcrValueList *values, const void *bytes, size_t size)
{
        _cleanup_measurement_report_ MeasurementReport *report = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_json_ json_t *json = NULL;
        Verdict status;

        cr_assert_eq(measurement_report_new(&(MeasurementReportInput){ .values = values }, &report),
                        0);
        cr_assert_eq(measurement_reader_new_detecting(&reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, bytes, size), 0);
        measurement_reader_end(reader);
        cr_assert_eq(measurement_report_drain(report, reader, &diags, "list"), 0);
        cr_assert_eq(measurement_report_finish(report, reader, &diags, "list", &status, &json), 0);
        return status;
}

Test(report, no_damage_turns_a_mismatch_into_a_match)
{
        uint64_t state = 1;

        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                PcrValueList values = { 0 };

                for (size_t j = 0; j < list.n_pcrs; j++) {
                        list.pcrs[j].value.bytes[0] ^= list.pcrs[j].pcr == 10;
                        cr_assert_eq(pcr_value_list_add(&values, &list.pcrs[j]), 0);
                }
                for (size_t j = 0; j < 200; j++) {
                        const FixtureBinary *b = &list.binaries[j % list.n_binaries];
                        _cleanup_free_ uint8_t *copy = malloc(b->size);
                        size_t size;

                        memcpy(copy, b->bytes, b->size);
                        size = damage(copy, b->size, &state);
                        cr_assert_neq(judge_damaged(&values, copy, size), VERDICT_MATCH,
                                        "%s, damage %zu", fixture_lists[i], j);
                }
        }
}

Test(report, only_the_whole_list_matches)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[1]);
        const FixtureBinary *b = &list.binaries[0];
        PcrValueList values = { 0 };

        for (size_t i = 0; i < list.n_pcrs; i++)
                cr_assert_eq(pcr_value_list_add(&values, &list.pcrs[i]), 0);
        for (size_t size = 0; size < b->size; size++)
                cr_assert_neq(judge_damaged(&values, b->bytes, size), VERDICT_MATCH, "%zu", size);
        cr_assert_eq(judge_damaged(&values, b->bytes, b->size), VERDICT_MATCH);
}
