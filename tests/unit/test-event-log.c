/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/boot-aggregate.h"
#include "fixture-event-log.h"

Test(event_log, events_extend_their_banks)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        uint8_t joined[64] = { 0 };
        Digest expected, value;
        EventLog replayed;

        fixture_append_spec_id(&log);
        fixture_append_event(&log, 4, "one");
        fixture_append_event(&log, 4, "two");
        cr_assert_eq(event_log_replay(log.data, log.size, &replayed, &diags, "log"), 0);
        cr_assert(replayed.agile);
        cr_assert_eq(replayed.events, 2);
        cr_assert_eq(replayed.extended, 1 << 4);
        cr_assert_eq(digest_compute(HASH_SHA256, "one", 3, &expected), 0);
        memcpy(joined + 32, expected.bytes, 32);
        cr_assert_eq(digest_compute(HASH_SHA256, joined, 64, &expected), 0);
        memcpy(joined, expected.bytes, 32);
        cr_assert_eq(digest_compute(HASH_SHA256, "two", 3, &expected), 0);
        memcpy(joined + 32, expected.bytes, 32);
        cr_assert_eq(digest_compute(HASH_SHA256, joined, 64, &expected), 0);
        cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA256, 4, &value), 0);
        cr_assert(digest_equal(&value, &expected));
        cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA512, 4, &value), -ENOENT);
}

Test(event_log, the_startup_locality_is_where_pcr_0_begins)
{
        static const char locality[] = "StartupLocality\0\3";
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        EventLog replayed;
        Digest value;

        fixture_append_spec_id(&log);
        fixture_append_raw_event(&log, 0, 3, locality, sizeof(locality) - 1);
        cr_assert_eq(event_log_replay(log.data, log.size, &replayed, &diags, "log"), 0);
        cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA256, 0, &value), 0);
        cr_assert_eq(value.bytes[31], 3);
        cr_assert(bytes_are_zero(value.bytes, 31));
        cr_assert_eq(replayed.extended, 0);
}

Test(event_log, logs_of_tpm_1_2_have_the_sha1_bank_only)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        EventLog replayed;
        Digest value;

        fixture_append_old_event(&log, 7, 1, "event", 5);
        cr_assert_eq(event_log_replay(log.data, log.size, &replayed, &diags, "log"), 0);
        cr_assert_not(replayed.agile);
        cr_assert_eq(replayed.events, 1);
        cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA1, 7, &value), 0);
        cr_assert_not(bytes_are_zero(value.bytes, 20));
        cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA256, 7, &value), -ENOENT);
}

Test(event_log, truncation_at_every_byte_keeps_the_events_before)
{
        _cleanup_buffer_ Buffer log = { 0 };
        size_t ends[3];

        fixture_append_spec_id(&log);
        ends[0] = log.size;
        fixture_append_event(&log, 4, "one");
        ends[1] = log.size;
        fixture_append_event(&log, 5, "two");
        ends[2] = log.size;
        for (size_t size = 1; size < log.size; size++) {
                _cleanup_free_ char *copy = malloc(size);
                _cleanup_diags_ DiagList diags = { 0 };
                bool whole = size == ends[0] || size == ends[1];
                EventLog replayed;

                memcpy(copy, log.data, size);
                cr_assert_eq(event_log_replay(copy, size, &replayed, &diags, "log"),
                                whole ? 0 : -EBADMSG, "%zu", size);
                cr_assert_eq(replayed.events, size >= ends[1] ? 1 : 0);
                cr_assert_eq(diags.errors, whole ? 0 : 1);
        }
}

Test(event_log, digests_of_undeclared_algorithms_are_malformed)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        EventLog replayed;

        fixture_append_spec_id(&log);
        fixture_append_event(&log, 4, "one");
        /* The id of the first digest, behind PCR, type and count. */
        log.data[fixture_spec_id_size() + 12] = 0x0d;
        cr_assert_eq(event_log_replay(log.data, log.size, &replayed, &diags, "log"), -EBADMSG);
        cr_assert_str_eq(diags.items[0].code, "E420");
}

Test(event_log, boot_aggregate_of_the_log)
{
        _cleanup_buffer_ Buffer log = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        uint8_t joined[10 * 32];
        Digest expected, computed;
        EventLog replayed;

        fixture_append_spec_id(&log);
        for (uint32_t pcr = 0; pcr < 10; pcr++)
                fixture_append_event(&log, pcr, "event");
        cr_assert_eq(event_log_replay(log.data, log.size, &replayed, &diags, "log"), 0);
        for (uint32_t pcr = 0; pcr < 10; pcr++) {
                Digest value;

                cr_assert_eq(event_log_get_pcr(&replayed, HASH_SHA256, pcr, &value), 0);
                memcpy(joined + 32 * pcr, value.bytes, 32);
        }
        cr_assert_eq(digest_compute(HASH_SHA256, joined, sizeof(joined), &expected), 0);
        cr_assert_eq(boot_aggregate_compute(HASH_SHA256, NULL, &replayed, &computed), 0);
        cr_assert(digest_equal(&computed, &expected));
        cr_assert_eq(boot_aggregate_compute(HASH_SHA384, NULL, &replayed, &computed), -ENODATA);
}
