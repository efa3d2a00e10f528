/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * state.json: which generation the next boot loads, what became of each generation, and the boots
 * that loaded one which appraises. It carries a checksum; the text before the last change is kept
 * beside it.
 */
#pragma once

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/time.h"

#define GENERATION_STORE_PATH "/var/lib/imad"
#define GENERATION_STATE_PATH GENERATION_STORE_PATH "/state.json"
#define GENERATION_STATE_PREVIOUS_PATH GENERATION_STATE_PATH ".previous"

#define GENERATION_ENTRIES_MAX 64
#define BOOT_TRIES_MAX 32
#define ROLLOUT_REASON_MAX 256
#define BOOT_ID_SIZE 37 /* as /proc/sys/kernel/random/boot_id has it, and a NUL */

typedef enum GenerationPhase {
        GENERATION_PHASE_CANDIDATE, /* intended, and no boot has tried it yet */
        GENERATION_PHASE_OBSERVED,  /* intended; lists what it would refuse */
        GENERATION_PHASE_TRIAL,     /* a boot has loaded it and was not (wholly) judged */
        GENERATION_PHASE_GOOD,      /* what a failed trial falls back to */
        GENERATION_PHASE_RETIRED,   /* another one has taken its place */
        GENERATION_PHASE_FAILED,    /* its trial failed */
        GENERATION_PHASE_MAX,
        GENERATION_PHASE_INVALID = -EINVAL,
} GenerationPhase;

typedef struct GenerationEntry {
        uint64_t number;
        GenerationPhase phase;
        bool proved;       /* was good once */
        usec_t since_usec; /* in this phase; 0: not known */
        char reason[ROLLOUT_REASON_MAX];
        bool same_rules; /* a good generation has them, so that only the kernels are new */
} GenerationEntry;

/* How a boot ended that loaded an appraising generation. */
typedef enum BootTryResult {
        BOOT_TRY_RESULT_OPEN,     /* not judged yet; seen from a later boot: it failed */
        BOOT_TRY_RESULT_WAITING,  /* came up; a trial that waits for confirmation */
        BOOT_TRY_RESULT_BLESSED,  /* came up */
        BOOT_TRY_RESULT_SHUTDOWN, /* was shut down in order before it was judged */
        BOOT_TRY_RESULT_FAILED,
        BOOT_TRY_RESULT_MAX,
        BOOT_TRY_RESULT_INVALID = -EINVAL,
} BootTryResult;

typedef struct BootTry {
        uint64_t generation;
        bool trial;
        char boot_id[BOOT_ID_SIZE];
        usec_t started_usec;
        BootTryResult result;
} BootTry;

typedef struct GenerationState {
        uint64_t intended;              /* the generation that the next boot loads; 0: none */
        uint64_t next;                  /* at least the number of the next one to be written */
        usec_t confirm_within_usec;     /* of the intended candidate or trial; 0: it needs none */
        usec_t alarm_usec;              /* when a boot was found to have failed */
        char alarm[ROLLOUT_REASON_MAX]; /* ""; else stands until it is acknowledged */
        bool restored; /* read from the previous copy, so it may not know of the last boot */
        size_t n_entries;
        GenerationEntry entries[GENERATION_ENTRIES_MAX]; /* by number */
        size_t n_tries;
        BootTry tries[BOOT_TRIES_MAX]; /* oldest first */
} GenerationState;

/* "candidate", "observed", "trial", "good", "retired", "failed". */
const char *generation_phase_to_string(GenerationPhase phase);

/* "open", "waiting", "blessed", "shutdown", "failed". */
const char *boot_try_result_to_string(BootTryResult result);

/* NULL for a generation of which nothing is known. */
GenerationEntry *generation_state_find(GenerationState *state, uint64_t number);

/* The whole state as it is stored, without checksum; NULL for want of memory. */
json_t *generation_state_to_json(const GenerationState *state);

/*
 * Parses a stored text; one of version 1 makes its intended generation a good one. -EBADMSG with
 * the cause in *ret_why.
 */
int generation_state_parse(
                const char *text, size_t size, GenerationState *ret_state, const char **ret_why);

/*
 * A missing state file is an empty state with next = 1. A damaged one is replaced by its previous
 * copy, with a warning in diags and `restored` set; -EBADMSG with an error when that cannot be.
 */
int generation_state_load(int root_fd, GenerationState *ret_state, DiagList *diags);

/*
 * Replaces the state file atomically and syncs file and directory, after the text that it had was
 * kept as the previous copy; makes the store's directory when needed.
 */
int generation_state_store(int root_fd, const GenerationState *state);
