/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to look at the counter of the measurement list again. It cannot be polled: once a second
 * while it moves, ever more seldom when it does not; and a few times sooner when list and TPM do
 * not agree for the moment (core/measurements/verdict.h).
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"

#define PACE_MIN_USEC (1 * USEC_PER_SEC)
#define PACE_MAX_USEC (10 * USEC_PER_SEC)
#define PACE_UNSETTLED_USEC (USEC_PER_SEC / 4)
/* Looks in a row at PACE_UNSETTLED_USEC; a TPM that stays behind is no reason to hurry for ever. */
#define PACE_UNSETTLED_MAX 8

/* All zero is a valid one that has just moved. */
typedef struct Pace {
        usec_t usec; /* of the look before */
        unsigned unsettled;
} Pace;

/* The counter has been looked at: has it moved? */
void pace_look(Pace *pace, bool moved);

/* How long to wait until the next look. */
usec_t pace_get_wait(Pace *pace, bool settled);
