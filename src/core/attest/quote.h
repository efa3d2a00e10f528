/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TPM says about its PCRs: a TPMS_ATTEST of type quote, as TPM2_Quote() returns it and as
 * the attestation key signs it. Source: TPM 2.0 Library, part 2, 10.12. Integers are big-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/measurements/pcr-value.h"

#define QUOTE_SIZE_MAX 4096U
#define QUOTE_BANKS_MAX 16U

/* PCRs of a bank that the signature covers; bit mask. */
typedef struct QuoteBank {
        uint16_t tcg_id;
        HashAlgorithm algorithm; /* HASH_ALGORITHM_INVALID: one that imad does not know */
        uint32_t pcrs;
} QuoteBank;

/* Borrows the variable parts from the bytes that were parsed. */
typedef struct Quote {
        const uint8_t *signer; /* qualified name of the key */
        size_t signer_size;
        const uint8_t *nonce; /* extraData */
        size_t nonce_size;
        uint64_t clock_msec; /* that the TPM has been powered */
        uint32_t reset_count;
        uint32_t restart_count;
        bool clock_safe;
        uint64_t firmware_version;
        size_t n_banks;
        QuoteBank banks[QUOTE_BANKS_MAX]; /* in the order of the digest */
        const uint8_t *pcr_digest;
        size_t pcr_digest_size;
} Quote;

/* -EBADMSG for anything else than one whole quote that a TPM made. */
int quote_parse(const void *bytes, size_t size, Quote *ret_quote);

/* The PCRs selected in this bank as a bit mask; 0 for a bank that is not. */
uint32_t quote_get_pcrs(const Quote *quote, HashAlgorithm bank);

/*
 * The values that the quote covers, in its order and without separators: what its digest is made
 * of. Fills ret_values; -EBADMSG when the bytes are too few or too many, -EOPNOTSUPP for a bank or
 * PCR that imad does not know.
 */
int quote_parse_values(
                const Quote *quote, const void *bytes, size_t size, PcrValueList *ret_values);

/* The digest over these values in the order of the quote. -ENODATA when one is missing. */
int quote_compute_digest(const Quote *quote, const PcrValueList *values, HashAlgorithm algorithm,
                Digest *ret_digest);
