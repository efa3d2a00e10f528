/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of generations: observed -> candidate -> trial -> good -> retired or failed. Changes
 * of a GenerationState without files or clock; the callers load and store it.
 *
 * Only generations that appraise are tried: what merely measures cannot keep a machine from coming
 * up. A boot that loads one is a try, on disk before the policy file is opened. A try that a later
 * boot finds unjudged has failed, unless that boot was shut down in order.
 */
#pragma once

#include "system/generation-state.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

/* -ENOENT where the root has none, -EBADMSG. */
int rollout_read_boot_id(int root_fd, char ret_boot_id[static BOOT_ID_SIZE]);

/* A new generation, not in the state yet: good at once, as it cannot keep a boot from ending. */
void rollout_adopt(GenerationState *state, uint64_t number, usec_t now);

/*
 * A new generation that only lists what it would refuse. What was good stays so, to go back to,
 * but is not intended any more.
 */
void rollout_observe(GenerationState *state, uint64_t number, usec_t now);

/* A new generation that is to be tried; confirm_within_usec 0: nobody has to confirm it. */
void rollout_propose(
                GenerationState *state, uint64_t number, usec_t confirm_within_usec, usec_t now);

/* Nothing is intended any more. False: nothing was. */
bool rollout_turn_off(GenerationState *state, usec_t now);

/* The generation that rollout_roll_back() would intend; 0: none. */
uint64_t rollout_find_back(const GenerationState *state);

/*
 * Gives the intended generation up and intends the one that was good before. -ENOENT when nothing
 * is intended and nothing was good.
 */
int rollout_roll_back(GenerationState *state, usec_t now);

/*
 * Makes the trial that this boot has loaded good; acknowledges an alarm where there is no trial.
 * -EAGAIN when this boot is not judged yet, -ENOENT when there is nothing to confirm.
 */
int rollout_confirm(GenerationState *state, const char *boot_id, usec_t now);

/* Stands until rollout_confirm() acknowledges it. */
void rollout_raise_alarm(GenerationState *state, uint64_t number, const char *reason, usec_t now);

typedef enum RolloutFinding {
        ROLLOUT_FINDING_NONE,
        ROLLOUT_FINDING_TRIAL_FAILED, /* the last good one, or none, is intended again */
        ROLLOUT_FINDING_GOOD_FAILED,  /* this boot must not load it */
} RolloutFinding;

/* Judges the tries of earlier boots; a failure raises the alarm. */
RolloutFinding rollout_settle(GenerationState *state, const char *boot_id, usec_t now);

/* The last good generation: what imad.policy=good loads; 0: none. */
uint64_t rollout_find_good(const GenerationState *state);

/* This boot is about to load the generation; once for each boot. */
void rollout_begin(GenerationState *state, uint64_t number, const char *boot_id, usec_t now);

/* The try of this boot, or NULL. */
BootTry *rollout_find_try(GenerationState *state, const char *boot_id);

/* This boot came up. True: a trial that now waits for confirmation. */
bool rollout_bless(GenerationState *state, BootTry *try, usec_t now);

/* This boot did not come up as it should: a trial has failed and raises the alarm. */
void rollout_fail(GenerationState *state, BootTry *try, const char *reason, usec_t now);

/* This boot ends in order before it was judged or confirmed. False: there is nothing to note. */
bool rollout_shut_down(GenerationState *state, const char *boot_id);

/*
 * The oldest generations that are more than `keep`; neither the intended one nor what is good or
 * can be rolled back to. They are removed from the state; returns their number, at most
 * GENERATION_ENTRIES_MAX.
 */
size_t rollout_prune(GenerationState *state, size_t keep,
                uint64_t ret_numbers[static GENERATION_ENTRIES_MAX]);
