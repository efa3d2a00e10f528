/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/boot-aggregate.h"
#include "core/measurements/template.h"
#include "fixture-list.h"

static PcrValueList values_of(const FixtureList *list)
{
        PcrValueList values = { 0 };

        for (size_t i = 0; i < list->n_pcrs; i++)
                cr_assert_eq(pcr_value_list_add(&values, &list->pcrs[i]), 0);
        return values;
}

static Digest first_digest(const FixtureBinary *b)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        MeasurementView view;
        Measurement m;

        cr_assert_eq(measurement_reader_new(b->digest_size, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, b->bytes, b->size), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(measurement_decode(&m, &view), 0);
        cr_assert(measurement_is_boot_aggregate(&m, &view));
        return view.digest;
}

/* The last one is of template "ima": SHA-1 over PCR 0 to 7; the others are over PCR 0 to 9. */
Test(boot_aggregate, recorded_lists_are_of_the_boot_of_their_pcrs)
{
        for (size_t i = 0; i < 4; i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                PcrValueList values = values_of(&list);
                Digest digest = first_digest(&list.binaries[0]);

                cr_assert_eq(boot_aggregate_judge(&digest, &values, NULL), BOOT_VERDICT_MATCH);
        }
}

Test(boot_aggregate, every_boot_pcr_of_the_bank_counts)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        Digest digest = first_digest(&list.binaries[0]);

        for (size_t i = 0; i < list.n_pcrs; i++) {
                const PcrValue *pcr = &list.pcrs[i];
                bool counts = pcr->pcr < BOOT_AGGREGATE_PCRS &&
                              pcr->value.algorithm == digest.algorithm;
                PcrValueList values;

                list.pcrs[i].value.bytes[0] ^= 1;
                values = values_of(&list);
                list.pcrs[i].value.bytes[0] ^= 1;
                cr_assert_eq(boot_aggregate_judge(&digest, &values, NULL),
                                counts ? BOOT_VERDICT_MISMATCH : BOOT_VERDICT_MATCH);
        }
}

/* SeaBIOS wrote it in the boot of the list. */
Test(boot_aggregate, a_recorded_event_log_leads_to_the_recorded_list_and_pcrs)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load("6.1-ima-sig-three-banks.txt");
        _cleanup_fixture_list_ FixtureList file = fixture_list_load("6.1-firmware-event-log.txt");
        Digest digest = first_digest(&list.binaries[0]), computed;
        _cleanup_diags_ DiagList diags = { 0 };
        size_t n_compared = 0;
        EventLog log;

        cr_assert_eq(event_log_replay((const char *) file.binaries[0].bytes, file.binaries[0].size,
                                     &log, &diags, "log"),
                        0);
        cr_assert_eq(boot_aggregate_compute(digest.algorithm, NULL, &log, &computed), 0);
        cr_expect(digest_equal(&computed, &digest));
        cr_expect_eq(boot_aggregate_judge(&digest, NULL, &log), BOOT_VERDICT_MATCH);
        for (size_t i = 0; i < list.n_pcrs; i++) {
                const PcrValue *pcr = &list.pcrs[i];
                Digest replayed;

                if (pcr->pcr >= 8)
                        continue;
                cr_assert_eq(event_log_get_pcr(&log, pcr->value.algorithm, pcr->pcr, &replayed), 0);
                cr_expect(digest_equal(&replayed, &pcr->value), "PCR %u", pcr->pcr);
                n_compared++;
        }
        cr_expect_eq(n_compared, 24, "eight PCRs of three banks");
}

Test(boot_aggregate, without_its_pcrs_nothing_is_known)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        Digest digest = first_digest(&list.binaries[0]), computed;
        PcrValueList values = { 0 };

        cr_assert_eq(boot_aggregate_judge(&digest, &values, NULL), BOOT_VERDICT_UNKNOWN);
        cr_assert_eq(boot_aggregate_compute(HASH_SHA256, &values, NULL, &computed), -ENODATA);
}

Test(boot_aggregate, zeros_mean_that_ima_found_no_tpm)
{
        Digest zeros = { .algorithm = HASH_SHA256, .size = 32 };

        cr_assert_eq(boot_aggregate_judge(&zeros, NULL, NULL), BOOT_VERDICT_BYPASS);
        cr_assert_str_eq(boot_verdict_to_string(BOOT_VERDICT_BYPASS), "tpm-bypass");
}
