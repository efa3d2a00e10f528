/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the measurement list and the TPM after a round, and what a round has changed. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/time.h"
#include "core/measurements/verdict.h"
#include "imad/news.h"
#include "imad/problem.h"
#include "system/tpm.h"

#define TAIL_BANKS_MAX TPM_BANKS_MAX
#define TAIL_RESULTS_MAX (TAIL_BANKS_MAX * 4)

typedef struct TailResult {
        HashAlgorithm bank;
        uint32_t pcr;
        bool has_value; /* the TPM told the PCR */
        Digest value;
        Digest replayed;
        Verdict verdict;
        uint64_t confirmed; /* last entry at which the PCR agreed in this boot, 0 if never */
        uint64_t behind;    /* list-ahead: entries that the PCR has not seen */
} TailResult;

/* All zero but for the verdict before the first round. */
typedef struct TailState {
        uint64_t count; /* entries read */
        uint64_t violations;
        Verdict verdict;      /* of all banks */
        usec_t verified_usec; /* CLOCK_REALTIME of the last complete round; 0: never */
        bool tpm;             /* a TPM answers */
        TpmSource tpm_source;
        TailResult results[TAIL_RESULTS_MAX];
        size_t n_results;
        Problem problem; /* why list or TPM cannot be read */
        char problem_text[160];
} TailState;

/* What changed in a round. */
typedef struct TailChange {
        bool counts, results, verdict, problem;
        News news; /* of a list that was read before */
} TailChange;

/* Everything but the news. */
TailChange tail_state_compare(const TailState *before, const TailState *now);

/*
 * [{"algorithm", "pcr", "value", "replayed", "verdict", "confirmed", "behind"}]; value is null when
 * it is not known.
 */
json_t *tail_results_to_json(const TailState *state);
