/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the measurement list on one open descriptor and replays it in every PCR bank as it grows.
 * Entries are not kept: memory does not depend on the length of the list.
 *
 * The list file cannot be polled, so its counter is read, as often as imad/pace.h says.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/time.h"
#include "core/measurements/verdict.h"
#include "imad/problem.h"
#include "system/tpm.h"

#define TAIL_BANKS_MAX TPM_BANKS_MAX
#define TAIL_RESULTS_MAX (TAIL_BANKS_MAX * 4)

typedef struct Tail Tail;

typedef struct TailResult {
        HashAlgorithm bank;
        uint32_t pcr;
        bool has_value; /* the TPM told the PCR */
        Digest value;
        Digest replayed;
        Verdict verdict;
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

/* What a round of a list that was read before has brought. */
typedef enum TailNews {
        TAIL_NEWS_ENTRIES,
        TAIL_NEWS_VIOLATIONS,
        TAIL_NEWS_UNSIGNED, /* files with an empty place for a signature */
        TAIL_NEWS_UNKNOWN,  /* files signed with a key that the kernel does not have */
        TAIL_NEWS_MAX,
        TAIL_NEWS_INVALID = -EINVAL,
} TailNews;

typedef struct TailSpan {
        uint64_t first; /* number of the first such entry, from 1 */
        uint64_t count;
} TailSpan;

/* What changed in a round. */
typedef struct TailChange {
        bool counts, results, verdict, problem;
        TailSpan news[TAIL_NEWS_MAX];
} TailChange;

typedef void TailChanged(void *userdata, const TailState *state, const TailChange *change);

/* Begins to follow; `tcti` names the TPM where sysfs does not show its PCRs. Borrows root_fd. */
int tail_new(sd_event *event, int root_fd, const char *tcti, TailChanged *changed, void *userdata,
                Tail **ret_tail);
Tail *tail_free(Tail *tail);
DEFINE_CLEANUP_FUNC(Tail *, tail_free)

const TailState *tail_get_state(const Tail *tail);

/* Starts a round at once; the next complete one reports by TailChanged even without a change. */
int tail_verify(Tail *tail);

/* [{"algorithm", "pcr", "value", "replayed", "verdict"}]; value is null when it is not known. */
json_t *tail_results_to_json(const TailState *state);
