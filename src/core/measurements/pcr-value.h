/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that PCRs are known to have had, and the texts in which they are handed over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/digest.h"

/* 24 PCRs in 8 banks. */
#define PCR_VALUES_MAX 192
#define PCR_UNSUPPORTED_MAX 8

typedef struct PcrValue {
        uint32_t pcr;
        bool asked;   /* named one by one: compared even if no entry extends it */
        Digest value; /* the algorithm in it is the bank */
} PcrValue;

/* Plain data: may be copied, needs no destructor. */
typedef struct PcrValueList {
        size_t count;
        PcrValue items[PCR_VALUES_MAX];
        /* Banks with values that imad cannot replay, as the text names them. */
        size_t n_unsupported;
        char unsupported[PCR_UNSUPPORTED_MAX][32];
} PcrValueList;

/* The kernel's or tpm2-tools' name of a bank ("sha3_256" as well); HASH_ALGORITHM_INVALID. */
HashAlgorithm pcr_bank_from_string(const char *name);

/* "sha256:10=HEX", as --pcr= takes it. -EINVAL. */
int pcr_value_parse(const char *text, PcrValue *ret_value);

/*
 * -EEXIST when the PCR has another value already (the same one is fine), -E2BIG, -EINVAL for a
 * value of another size than its bank's, or a PCR that no TPM has.
 */
int pcr_value_list_add(PcrValueList *list, const PcrValue *value);

/* The same, but a newer value takes the place of an older one. */
int pcr_value_list_set(PcrValueList *list, const PcrValue *value);

/* Same PCRs with the same values, in the same order. */
bool pcr_value_list_equal(const PcrValueList *a, const PcrValueList *b);

const Digest *pcr_value_list_find(const PcrValueList *list, HashAlgorithm bank, uint32_t pcr);

/*
 * Adds the values of a text; forms may be mixed, '#' begins a comment:
 *
 *   sha256:10=HEX           as above
 *   sha256:                 tpm2_pcrread: a bank, and its PCRs on lines of their own
 *     10: 0xHEX
 *   PCR sha256 10 HEX       one line for each value
 *   PCR-10: HH HH …         the kernel's "pcrs" file and tsspcrread: the length tells the bank
 *
 * Lines that are nothing of this are warnings W410. E410: a value that is wrong in size or
 * characters; E411: two values of one PCR; E412: no value in the whole text. -EBADMSG after any
 * error, with everything reported.
 */
int pcr_value_list_parse(PcrValueList *list, const char *text, size_t size, DiagList *diags,
                const char *source);
