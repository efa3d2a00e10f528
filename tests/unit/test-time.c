/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/time.h"

Test(time, rfc3339_in_utc_with_microseconds)
{
        char text[TIME_RFC3339_MAX];

        cr_assert_str_eq(
                        time_format_rfc3339(1767225600000042, text), "2026-01-01T00:00:00.000042Z");
        cr_assert_str_eq(time_format_rfc3339(0, text), "1970-01-01T00:00:00.000000Z");
}
