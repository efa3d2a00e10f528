/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/timeline.h"

/* The later one of two points stays: then an entry may be told as seen too late, not too early. */
static void thin_out(Timeline *timeline)
{
        size_t kept = 0;

        for (size_t i = 1; i < timeline->n_points; i += 2)
                timeline->points[kept++] = timeline->points[i];
        timeline->n_points = kept;
}

void timeline_add(Timeline *timeline, uint64_t count, usec_t usec)
{
        size_t n = timeline->n_points;

        if (n > 0 && count < timeline->points[n - 1].count)
                timeline->n_points = n = 0;
        if (n > 0 ? count == timeline->points[n - 1].count : count == 0)
                return;
        if (n == TIMELINE_POINTS_MAX)
                thin_out(timeline);
        n = timeline->n_points++;
        timeline->points[n].usec = usec;
        timeline->points[n].count = count;
}

uint64_t timeline_find(const Timeline *timeline, usec_t usec)
{
        size_t i = timeline->n_points;

        while (i > 0 && timeline->points[i - 1].usec >= usec)
                i--;
        return i > 0 ? timeline->points[i - 1].count + 1 : 1;
}

usec_t timeline_get_usec(const Timeline *timeline, uint64_t number)
{
        size_t low = 0, high = timeline->n_points;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (timeline->points[middle].count < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < timeline->n_points ? timeline->points[low].usec : 0;
}
