/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/strings.h"
#include "imactl/since.h"

#define NOW (UINT64_C(1800000000) * USEC_PER_SEC)

Test(since, points_in_time)
{
        static const struct {
                const char *text;
                uint64_t seconds;
        } cases[] = {
                {"@1767225600",           1767225600        },
                { "2026-01-01",           1767225600 - 3600 },
                { "2026-01-01 02:30",     1767225600 + 5400 },
                { "2026-01-01 02:30:05",  1767225600 + 5405 },
                { "2026-01-01T02:30:05Z", 1767225600 + 9005 },
                { "-90min",               1800000000 - 5400 },
                { "-30s",                 1800000000 - 30   },
                { "-2h",                  1800000000 - 7200 },
                { "-1d",                  1800000000 - 86400},
                { "-100000d",             0                 },
        };

        cr_assert_eq(setenv("TZ", "CET-1", 1), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                usec_t usec = 1;

                cr_expect_eq(since_parse(cases[i].text, NOW, &usec), 0, "%s", cases[i].text);
                cr_expect_eq(usec, cases[i].seconds * USEC_PER_SEC, "%s", cases[i].text);
        }
}

Test(since, what_is_no_time)
{
        static const char *const wrong[] = { "", "-", "-5", "-5weeks", "@", "@x", "yesterday",
                "2026-13-01", "2026-01-01 25:00", "2026-01-01 02:30 x", "-99999999999999999999s",
                "@99999999999999999" };
        usec_t usec = 7;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_expect_lt(since_parse(wrong[i], NOW, &usec), 0, "%s", wrong[i]);
        cr_expect_eq(usec, 7);
}
