/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/measurements/entry-verdict.h"
#include "fixture-list.h"

static void expect_verdicts(const char *recording, const char *expected)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(recording);
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_replay_hasher_ ReplayHasher *hasher = NULL;
        const FixtureBinary *b = &list.binaries[0];
        unsigned counts[ENTRY_VERDICT_MAX] = { 0 };
        char text[128];
        Measurement m;

        cr_assert_eq(measurement_reader_new(b->digest_size, false, &reader), 0);
        cr_assert_eq(replay_hasher_new(NULL, 0, &hasher), 0);
        cr_assert_eq(measurement_reader_feed(reader, b->bytes, b->size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                MeasurementView view = { 0 };
                EntryVerdict verdict;

                (void) measurement_decode(&m, &view);
                cr_assert_eq(entry_verdict_find(hasher, &m, &view, &verdict), 0);
                counts[verdict]++;
        }
        (void) snprintf(text, sizeof(text), "%u %u %u %u %u", counts[0], counts[1], counts[2],
                        counts[3], counts[4]);
        cr_expect_str_eq(text, expected, "%s: %s", recording, text);
}

/* violation, bad-digest, signed, unsigned, plain */
Test(entry_verdict, of_recorded_lists)
{
        expect_verdicts("6.12-ima-sig-tpm_sha1_sha256.txt", "2 0 2 10 1");
        expect_verdicts("6.12-template_ima-hash_sha1.txt", "2 0 0 0 13");
        expect_verdicts("modsig.txt", "0 0 53 26 3");
}

Test(entry_verdict, names)
{
        for (int v = 0; v < ENTRY_VERDICT_MAX; v++)
                cr_expect_eq(entry_verdict_from_string(entry_verdict_to_string((EntryVerdict) v)),
                                v);
        cr_expect_eq(entry_verdict_from_string("good"), ENTRY_VERDICT_INVALID);
        cr_expect_null(entry_verdict_to_string(ENTRY_VERDICT_MAX));
}
