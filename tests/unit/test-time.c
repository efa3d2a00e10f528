/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/time.h"

Test(time, rfc3339_in_utc_with_microseconds)
{
        char text[TIME_RFC3339_MAX];

        cr_assert_str_eq(
                        time_format_rfc3339(1767225600000042, text), "2026-01-01T00:00:00.000042Z");
        cr_assert_str_eq(time_format_rfc3339(0, text), "1970-01-01T00:00:00.000000Z");
}

Test(time, spans)
{
        static const struct {
                const char *text;
                int result;
                usec_t usec;
        } cases[] = {
                {"90",                          0,       90 * USEC_PER_SEC   },
                { "10min",                      0,       600 * USEC_PER_SEC  },
                { " 1h 30min ",                 0,       5400 * USEC_PER_SEC },
                { "1d2h",                       0,       93600 * USEC_PER_SEC},
                { "250us",                      0,       250                 },
                { "0",                          0,       0                   },
                { "",                           -EINVAL, 0                   },
                { " ",                          -EINVAL, 0                   },
                { "min",                        -EINVAL, 0                   },
                { "-5",                         -EINVAL, 0                   },
                { "5 fortnights",               -EINVAL, 0                   },
                { "101d 365000d",               -ERANGE, 0                   },
                { "99999999999999999999999999", -ERANGE, 0                   },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                usec_t usec = 0;

                cr_assert_eq(time_parse_span(cases[i].text, &usec), cases[i].result, "%s",
                                cases[i].text);
                cr_assert_eq(usec, cases[i].usec, "%s", cases[i].text);
        }
}
