/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "imad/pace.h"

#define HOUR (3600 * USEC_PER_SEC)

/* Wake-ups in an hour in which nothing happens; the shortest wait between two of them. */
static unsigned count_wakeups(bool settled, usec_t *ret_shortest)
{
        Pace pace = { 0 };
        unsigned wakeups = 0;
        usec_t now = 0;

        *ret_shortest = HOUR;
        pace_look(&pace, true);
        while (now < HOUR) {
                usec_t wait = pace_get_wait(&pace, settled);

                if (wait < *ret_shortest)
                        *ret_shortest = wait;
                now += wait;
                wakeups++;
                pace_look(&pace, false);
        }
        return wakeups;
}

Test(pace, idle_is_never_more_often_than_once_a_second)
{
        usec_t shortest;

        cr_expect_leq(count_wakeups(true, &shortest), HOUR / PACE_MAX_USEC + 10);
        cr_expect_geq(shortest, USEC_PER_SEC);
}

Test(pace, what_never_settles_is_not_looked_at_more_often_for_ever)
{
        usec_t shortest;

        cr_expect_leq(count_wakeups(false, &shortest),
                        HOUR / PACE_MAX_USEC + 10 + PACE_UNSETTLED_MAX);
        cr_expect_eq(shortest, PACE_UNSETTLED_USEC);
}

Test(pace, growth_is_seen_within_a_second_while_it_lasts)
{
        Pace pace = { 0 };

        for (unsigned i = 0; i < 20; i++)
                pace_look(&pace, false);
        cr_expect_eq(pace_get_wait(&pace, true), PACE_MAX_USEC);
        pace_look(&pace, true);
        cr_expect_eq(pace_get_wait(&pace, true), PACE_MIN_USEC);
        cr_expect_eq(pace_get_wait(&pace, false), PACE_UNSETTLED_USEC);
}
