/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When the entries of the measurement list were first seen, since the list itself has no times. As
 * many points are kept as fit; when they are used up, every second one is given up, so that times
 * get coarser and memory does not grow.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define TIMELINE_POINTS_MAX 1024

/* All zero is a valid empty one. */
typedef struct Timeline {
        struct {
                usec_t usec;
                uint64_t count; /* entries that had been seen by then */
        } points[TIMELINE_POINTS_MAX];
        size_t n_points;
} Timeline;

/* So many entries there are now. Fewer than before: another list has begun. */
void timeline_add(Timeline *timeline, uint64_t count, usec_t usec);

/* Number (from 1) of the first entry that was seen at this time or later. */
uint64_t timeline_find(const Timeline *timeline, usec_t usec);

/* When the entry of this number was first seen; 0: not yet. */
usec_t timeline_get_usec(const Timeline *timeline, uint64_t number);
