/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a TPM signed, in the form in which it gives it out; made by tpm_make_quote(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* TPM2B_DATA holds a hash id and the largest digest; TPMs differ in more. */
#define TPM_NONCE_MAX 64U

typedef struct TpmBytes {
        uint8_t *data;
        size_t size;
} TpmBytes;

typedef struct TpmQuote {
        TpmBytes key;       /* TPM2B_PUBLIC of the attestation key */
        TpmBytes attest;    /* TPMS_ATTEST */
        TpmBytes signature; /* TPMT_SIGNATURE */
} TpmQuote;

static inline void tpm_bytes_done(TpmBytes *bytes)
{
        free(bytes->data);
}

static inline void tpm_quote_done(TpmQuote *quote)
{
        tpm_bytes_done(&quote->key);
        tpm_bytes_done(&quote->attest);
        tpm_bytes_done(&quote->signature);
}

#define _cleanup_tpm_bytes_ _cleanup_(tpm_bytes_done)
#define _cleanup_tpm_quote_ _cleanup_(tpm_quote_done)
