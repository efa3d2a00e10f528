/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of attestation.h share; nobody else includes it. */
#pragma once

#include "core/attest/attestation.h"
#include "core/attest/quote.h"
#include "core/measurements/checker.h"

/* Each bank in every form. */
#define ATTESTATION_CHAINS_MAX ((size_t) REPLAY_FORM_MAX * REPLAY_BANKS_MAX)

typedef enum CheckResult {
        CHECK_SKIPPED,
        CHECK_PASSED,
        CHECK_FAILED,
} CheckResult;

struct Attestation {
        const AttestationExpectation *expected;
        AttestKey *key;
        Quote quote; /* its borrowed parts are used by attestation_new() only */
        PcrValueList values;
        CheckResult results[ATTESTATION_CHECK_MAX];

        Replay *replay;
        MeasurementChecker *checker;
        size_t n_chains;
        ReplayChain chains[ATTESTATION_CHAINS_MAX];
        bool met;          /* the quoted values were reached, by the entry before */
        bool has_boot;     /* a boot_aggregate was seen */
        uint64_t attested; /* entries up to there */
        uint64_t violations;
        uint64_t other_pcrs;
        uint64_t signatures[SIGNATURE_VERDICT_MAX];
        uint64_t files[ALLOW_LIST_LISTED + 1];
};

/* Where the diagnostics of one call go. */
typedef struct Talk {
        DiagList *diags;
        const char *source;
} Talk;

/* The check has failed, with a diagnostic. */
void attestation_fail(Attestation *a, AttestationCheck check, const Talk *talk, const char *code,
                const char *hint, const char *format, ...) _printf_(6, 7);

/* A check that found nothing has passed. */
void attestation_pass(Attestation *a, AttestationCheck check);

/*
 * Everything but the list: fills key, quote, values and the results of these checks. Errors as
 * attestation_new().
 */
int attestation_check_quote(Attestation *a, const Evidence *evidence, const Talk *talk);
