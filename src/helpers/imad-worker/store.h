/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store of generations as the policy verbs use it: damage is mended by writing anew. */
#pragma once

#include "helpers/imad-worker/worker.h"
#include "system/generation.h"

/*
 * Loads the state; a damaged one is told as a warning and taken as "nothing intended", with numbers
 * that go on behind the generations that exist. -ENOMEM and errors of reading.
 */
int store_load_state(Worker *worker, GenerationState *ret_state);

/* 1 when the intended generation is there and intact, 0 when there is none; damage is a warning. */
int store_load_intended(Worker *worker, const GenerationState *state, Generation *ret_generation);

/*
 * Stores the state less the generations that KeepGenerations= has no room for, and removes these.
 * What cannot be removed is left for the next time.
 */
int store_save(Worker *worker, GenerationState *state);

/* {"generation", "state", "trial"} of what is intended: sets them as members of the result. */
int store_report_intended(Worker *worker, GenerationState *state);

/* Locks the store; on failure the worker's error is set. */
int store_lock(Worker *worker, int *ret_fd);

/* The same, for where nobody could try again: waits a while for others. */
int store_wait(Worker *worker, int *ret_fd);
