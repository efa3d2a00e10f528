/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TPM behind the TCTI "swtpm:" that answers every command with one response code. It ends with
 * the test.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

typedef struct FixtureTpm {
        pid_t pid;
        char tcti[64];
} FixtureTpm;

/* code is a TPM2_RC. */
FixtureTpm fixture_tpm_start(uint32_t code);
void fixture_tpm_stop(FixtureTpm *tpm);
