/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TPM 2.0 emulated by swtpm for one test: its state in a temporary root, and its TCTI. */
#pragma once

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "base/tcg-algorithm.h"
#include "fixture-network.h"
#include "fixture-root.h"

typedef struct FixtureSwtpm {
        FixtureRoot root;
        pid_t emulator;
        uint16_t port;
        char tcti[64];
} FixtureSwtpm;

/* swtpm uses a port and the next one. */
static inline uint16_t fixture_swtpm_find_ports(void)
{
        for (int i = 0; i < 50; i++) {
                _cleanup_close_ int first = fixture_network_listen(0), second = -EBADF;
                struct sockaddr_in address = { 0 };
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

static inline void fixture_swtpm_exec(const char *path, uint16_t port)
{
        char state[64], server[64], control[64];

        (void) snprintf(state, sizeof(state), "dir=%s", path);
        (void) snprintf(server, sizeof(server), "type=tcp,port=%u,bindaddr=127.0.0.1", port);
        (void) snprintf(control, sizeof(control), "type=tcp,port=%u,bindaddr=127.0.0.1", port + 1U);
        (void) execlp(SWTPM, SWTPM, "socket", "--tpm2", "--tpmstate", state, "--server", server,
                        "--ctrl", control, "--flags", "not-need-init,startup-clear", NULL);
        _exit(127);
}

/* The TCTI is ready when swtpm listens on its second port. */
static inline void fixture_swtpm_wait(const char *tcti)
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

static inline FixtureSwtpm fixture_swtpm_new(void)
{
        FixtureSwtpm f = { .root = fixture_root_new() };

        (void) fixture_network_isolate();
        (void) setenv("TSS2_LOG", "all+none", 1);
        f.port = fixture_swtpm_find_ports();
        (void) snprintf(f.tcti, sizeof(f.tcti), "swtpm:host=127.0.0.1,port=%u", f.port);
        f.emulator = fork();
        cr_assert_geq(f.emulator, 0);
        if (f.emulator == 0)
                fixture_swtpm_exec(f.root.path, f.port);
        fixture_swtpm_wait(f.tcti);
        return f;
}

static inline void fixture_swtpm_done(FixtureSwtpm *f)
{
        (void) kill(f->emulator, SIGTERM);
        (void) waitpid(f->emulator, NULL, 0);
        fixture_root_done(&f->root);
}

/* Extends a PCR of the emulator in all its banks by the digests of these bytes. */
static inline void fixture_swtpm_extend(
                const FixtureSwtpm *f, uint32_t pcr, const void *bytes, size_t size)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
        TPML_DIGEST_VALUES values = { .count = ELEMENTSOF(banks) };
        TSS2_TCTI_CONTEXT *context = NULL;
        ESYS_CONTEXT *esys = NULL;

        for (size_t i = 0; i < ELEMENTSOF(banks); i++) {
                Digest digest;

                cr_assert_eq(digest_compute(banks[i], bytes, size, &digest), 0);
                values.digests[i].hashAlg = tcg_algorithm_from_hash(banks[i]);
                memcpy(&values.digests[i].digest, digest.bytes, digest.size);
        }
        cr_assert_eq(Tss2_TctiLdr_Initialize(f->tcti, &context), TSS2_RC_SUCCESS);
        cr_assert_eq(Esys_Initialize(&esys, context, NULL), TSS2_RC_SUCCESS);
        cr_assert_eq(Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE, &values),
                        TSS2_RC_SUCCESS);
        Esys_Finalize(&esys);
        Tss2_TctiLdr_Finalize(&context);
}
