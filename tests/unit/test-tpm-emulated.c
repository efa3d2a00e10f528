/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ESYS side of system/tpm.h against swtpm. */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/verdict.h"
#include "fixture-list.h"
#include "fixture-swtpm.h"
#include "system/tpm.h"

static FixtureSwtpm swtpm;

static void setup(void)
{
        swtpm = fixture_swtpm_new();
}

static void teardown(void)
{
        fixture_swtpm_done(&swtpm);
}

TestSuite(tpm_emulated, .init = setup, .fini = teardown, .timeout = 60);

Test(tpm_emulated, banks_are_those_of_the_tpm)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        HashAlgorithm banks[TPM_BANKS_MAX];
        size_t n;

        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), 0);
        cr_assert_gt(n, 1);
        cr_assert_eq(banks[0], HASH_SHA1);
        cr_assert_eq(banks[1], HASH_SHA256);
        cr_assert_eq(tpm_get_source(tpm), TPM_SOURCE_ESYS);
        cr_assert_eq(tpm_get_banks(tpm, banks, 1, &n), -E2BIG);
}

Test(tpm_emulated, it_tells_how_many_pcrs_it_has)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        uint32_t count;

        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        cr_assert_eq(tpm_get_pcr_count(tpm, &count), 0);
        cr_expect_eq(count, 24);
}

Test(tpm_emulated, banks_and_pcrs_that_it_lacks)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        Digest digest;

        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SM3, 10, &digest), -ENOENT);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_MD5, 10, &digest), -ENOENT);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA256, 24, &digest), -ENOENT);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA256, 17, &digest), 0);
        cr_assert_eq(digest.bytes[0], 0xff);
}

Test(tpm_emulated, a_list_that_extended_the_pcr_matches)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };
        _cleanup_tpm_ Tpm *tpm = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_replay_ Replay *replay = NULL;
        VerdictTracker trackers[2];
        Digest value;
        Measurement m;

        fixture_append_ng(&list, 10, "/a");
        fixture_append_ng(&list, 10, "/b");
        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        cr_assert_eq(replay_new(banks, 2, &replay), 0);
        for (size_t i = 0; i < 2; i++)
                cr_assert_eq(verdict_tracker_init(&trackers[i], banks[i], 10, replay), 0);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list.data, list.size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                fixture_swtpm_extend(&swtpm, 10, m.data, m.data_size);
                cr_assert_eq(replay_add(replay, &m), 1);
                for (size_t i = 0; i < 2; i++)
                        verdict_tracker_add(&trackers[i], replay, &m);
        }
        for (size_t i = 0; i < 2; i++) {
                cr_assert_eq(tpm_read_pcr(tpm, banks[i], 10, &value), 0);
                cr_assert_eq(verdict_tracker_end(&trackers[i], &value), VERDICT_MATCH);
        }
}

Test(tpm_emulated, a_tpm_that_goes_away_is_an_error_and_no_crash)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        Digest digest;

        cr_assert_eq(tpm_new(swtpm.root.fd, swtpm.tcti, &tpm), 0);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), 0);
        (void) kill(swtpm.emulator, SIGKILL);
        (void) waitpid(swtpm.emulator, NULL, 0);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -EIO);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -EIO);
}
