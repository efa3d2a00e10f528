/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "imad/timeline.h"

Test(timeline, entries_have_the_time_at_which_they_were_first_there)
{
        Timeline t = { 0 };

        timeline_add(&t, 3, 100);
        timeline_add(&t, 3, 150);
        timeline_add(&t, 5, 200);
        cr_expect_eq(timeline_get_usec(&t, 1), 100);
        cr_expect_eq(timeline_get_usec(&t, 3), 100);
        cr_expect_eq(timeline_get_usec(&t, 4), 200);
        cr_expect_eq(timeline_get_usec(&t, 6), 0);
}

Test(timeline, first_entry_since_a_time)
{
        Timeline t = { 0 };

        cr_expect_eq(timeline_find(&t, 100), 1);
        timeline_add(&t, 3, 100);
        timeline_add(&t, 5, 200);
        cr_expect_eq(timeline_find(&t, 0), 1);
        cr_expect_eq(timeline_find(&t, 100), 1);
        cr_expect_eq(timeline_find(&t, 101), 4);
        cr_expect_eq(timeline_find(&t, 200), 4);
        cr_expect_eq(timeline_find(&t, 201), 6);
}

Test(timeline, another_list_begins_anew)
{
        Timeline t = { 0 };

        timeline_add(&t, 9, 100);
        timeline_add(&t, 2, 200);
        cr_expect_eq(timeline_get_usec(&t, 1), 200);
        cr_expect_eq(timeline_get_usec(&t, 3), 0);
}

Test(timeline, memory_is_bounded_and_no_entry_is_told_too_early)
{
        Timeline t = { 0 };
        const uint64_t n = 10 * TIMELINE_POINTS_MAX;

        for (uint64_t i = 1; i <= n; i++)
                timeline_add(&t, i, 1000 + i);
        cr_expect_leq(t.n_points, TIMELINE_POINTS_MAX);
        for (uint64_t i = 1; i <= n; i++)
                cr_assert_geq(timeline_get_usec(&t, i), 1000 + i);
        cr_expect_eq(timeline_get_usec(&t, n), 1000 + n);
        cr_expect_leq(timeline_find(&t, 1000 + n / 2), n / 2);
}
