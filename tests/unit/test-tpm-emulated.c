/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ESYS side of system/tpm.h against swtpm. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "core/measurements/verdict.h"
#include "fixture-list.h"
#include "fixture-network.h"
#include "fixture-root.h"
#include "system/tpm.h"

static FixtureRoot root;
static pid_t emulator;
static char tcti[64];

/* swtpm uses a port and the next one. */
static uint16_t find_ports(void)
{
        for (int i = 0; i < 50; i++) {
                _cleanup_close_ int first = fixture_network_listen(0), second = -EBADF;
                struct sockaddr_in address;
                socklen_t size = sizeof(address);
                uint16_t port;

                cr_assert_geq(first, 0);
                cr_assert_eq(getsockname(first, (struct sockaddr *) &address, &size), 0);
                port = ntohs(address.sin_port);
                second = fixture_network_listen((uint16_t) (port + 1));
                if (port < UINT16_MAX && second >= 0)
                        return port;
        }
        cr_assert_fail("no two free ports");
        return 0;
}

static void exec_emulator(uint16_t port)
{
        char state[64], server[64], control[64];

        (void) snprintf(state, sizeof(state), "dir=%s", root.path);
        (void) snprintf(server, sizeof(server), "type=tcp,port=%u,bindaddr=127.0.0.1", port);
        (void) snprintf(control, sizeof(control), "type=tcp,port=%u,bindaddr=127.0.0.1", port + 1U);
        (void) execlp(SWTPM, SWTPM, "socket", "--tpm2", "--tpmstate", state, "--server", server,
                        "--ctrl", control, "--flags", "not-need-init,startup-clear", NULL);
        _exit(127);
}

/* The TCTI is ready when swtpm listens on its second port. */
static void wait_for_emulator(void)
{
        for (int i = 0; i < 100; i++) {
                TSS2_TCTI_CONTEXT *context = NULL;

                if (Tss2_TctiLdr_Initialize(tcti, &context) == TSS2_RC_SUCCESS) {
                        Tss2_TctiLdr_Finalize(&context);
                        return;
                }
                (void) poll(NULL, 0, 50);
        }
        cr_assert_fail("swtpm did not start");
}

static void setup(void)
{
        uint16_t port;

        (void) fixture_network_isolate();
        (void) setenv("TSS2_LOG", "all+none", 1);
        root = fixture_root_new();
        port = find_ports();
        (void) snprintf(tcti, sizeof(tcti), "swtpm:host=127.0.0.1,port=%u", port);
        emulator = fork();
        cr_assert_geq(emulator, 0);
        if (emulator == 0)
                exec_emulator(port);
        wait_for_emulator();
}

static void teardown(void)
{
        (void) kill(emulator, SIGTERM);
        (void) waitpid(emulator, NULL, 0);
        fixture_root_done(&root);
}

TestSuite(tpm_emulated, .init = setup, .fini = teardown, .timeout = 60);

/* Extends a PCR of the emulator in its banks sha1 and sha256. */
static void extend(uint32_t pcr, const Digest *sha1, const Digest *sha256)
{
        TSS2_TCTI_CONTEXT *context = NULL;
        ESYS_CONTEXT *esys = NULL;
        TPML_DIGEST_VALUES values = {
                .count = 2,
                .digests = {{ .hashAlg = TPM2_ALG_SHA1 }, { .hashAlg = TPM2_ALG_SHA256 }},
        };

        memcpy(values.digests[0].digest.sha1, sha1->bytes, 20);
        memcpy(values.digests[1].digest.sha256, sha256->bytes, 32);
        cr_assert_eq(Tss2_TctiLdr_Initialize(tcti, &context), TSS2_RC_SUCCESS);
        cr_assert_eq(Esys_Initialize(&esys, context, NULL), TSS2_RC_SUCCESS);
        cr_assert_eq(Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE, &values),
                        TSS2_RC_SUCCESS);
        Esys_Finalize(&esys);
        Tss2_TctiLdr_Finalize(&context);
}

Test(tpm_emulated, banks_are_those_of_the_tpm)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        HashAlgorithm banks[TPM_BANKS_MAX];
        size_t n;

        cr_assert_eq(tpm_new(root.fd, tcti, &tpm), 0);
        cr_assert_eq(tpm_get_banks(tpm, banks, ELEMENTSOF(banks), &n), 0);
        cr_assert_gt(n, 1);
        cr_assert_eq(banks[0], HASH_SHA1);
        cr_assert_eq(banks[1], HASH_SHA256);
        cr_assert_eq(tpm_get_source(tpm), TPM_SOURCE_ESYS);
        cr_assert_eq(tpm_get_banks(tpm, banks, 1, &n), -E2BIG);
}

Test(tpm_emulated, banks_and_pcrs_that_it_lacks)
{
        _cleanup_tpm_ Tpm *tpm = NULL;
        Digest digest;

        cr_assert_eq(tpm_new(root.fd, tcti, &tpm), 0);
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
        cr_assert_eq(tpm_new(root.fd, tcti, &tpm), 0);
        cr_assert_eq(replay_new(banks, 2, &replay), 0);
        for (size_t i = 0; i < 2; i++)
                cr_assert_eq(verdict_tracker_init(&trackers[i], banks[i], 10, replay), 0);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list.data, list.size), 0);
        while (measurement_reader_next(reader, &m) > 0) {
                Digest sha1, sha256;

                cr_assert_eq(digest_compute(HASH_SHA1, m.data, m.data_size, &sha1), 0);
                cr_assert_eq(digest_compute(HASH_SHA256, m.data, m.data_size, &sha256), 0);
                extend(10, &sha1, &sha256);
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

        cr_assert_eq(tpm_new(root.fd, tcti, &tpm), 0);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), 0);
        (void) kill(emulator, SIGKILL);
        (void) waitpid(emulator, NULL, 0);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -EIO);
        cr_assert_eq(tpm_read_pcr(tpm, HASH_SHA1, 10, &digest), -EIO);
}
