/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "core/measurements/filter.h"

static bool fits(const char *pattern, const char *name)
{
        const MeasurementFilter filter = { .path = pattern, .verdict = ENTRY_VERDICT_INVALID };
        const MeasurementView view = { .name = name, .name_size = strlen(name) };
        const Measurement m = { .number = 1 };

        return measurement_filter_match(&filter, NULL, &m, &view) > 0;
}

Test(filter, patterns)
{
        static const struct {
                const char *pattern, *name;
                bool fits;
        } cases[] = {
                {"/usr/*",  "/usr/bin/a",  true },
                { "/usr/*", "/usrx",       false},
                { "*",      "",            true },
                { "",       "",            true },
                { "",       "a",           false},
                { "a*b*c",  "aXbXbXc",     true },
                { "a*b*c",  "aXbXcX",      false},
                { "?",      "",            false},
                { "??",     "ab",          true },
                { "\\*",    "*",           true },
                { "\\*",    "a",           false},
                { "a\\",    "a\\",         true },
                { "**a",    "bba",         true },
                { "*.so",   "/lib/x.so",   true },
                { "*.so",   "/lib/x.so.1", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(fits(cases[i].pattern, cases[i].name), cases[i].fits, "%s %s",
                                cases[i].pattern, cases[i].name);
}

/* A name of a foreign list may hold anything; the pattern ends where it ends. */
Test(filter, a_nul_in_a_name_is_no_part_of_a_pattern)
{
        static const char name[] = "a\0b";
        const MeasurementFilter filter = { .path = name, .verdict = ENTRY_VERDICT_INVALID };
        const MeasurementView view = { .name = name, .name_size = sizeof(name) - 1 };
        const Measurement m = { .number = 1 };

        cr_expect_eq(measurement_filter_match(&filter, NULL, &m, &view), 0);
}

/* Backtracking into every star would take longer than the universe has. */
Test(filter, hostile_pattern_ends, .timeout = 60)
{
        char pattern[2 * 1000 + 2], name[4096];

        for (size_t i = 0; i < 1000; i++)
                memcpy(pattern + 2 * i, "*a", 2);
        strcpy(pattern + 2000, "b");
        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        cr_expect_not(fits(pattern, name));
}

Test(filter, files_are_whole_names)
{
        char *items[] = { (char *) "/a", (char *) "/b/c", (char *) "/d" };
        const StringList files = { .items = items, .count = ELEMENTSOF(items) };
        const MeasurementFilter filter = { .files = &files, .verdict = ENTRY_VERDICT_INVALID };
        const MeasurementFilter none = { .files = &(StringList){ 0 },
                .verdict = ENTRY_VERDICT_INVALID };
        const MeasurementView inside = { .name = "/b/cd", .name_size = 4 };
        const MeasurementView outside = { .name = "/b/cd", .name_size = 5 };
        const Measurement m = { .number = 1 };

        cr_expect_eq(measurement_filter_match(&filter, NULL, &m, &inside), 1);
        cr_expect_eq(measurement_filter_match(&filter, NULL, &m, &outside), 0);
        cr_expect_eq(measurement_filter_match(&none, NULL, &m, &inside), 0);
}

static int set(MeasurementFilter *filter, const char *key, const char *value)
{
        const char *expected = NULL;
        int r = measurement_filter_set(filter, key, value, &expected);

        cr_expect_eq(expected == NULL, r == -ENOENT);
        return r;
}

Test(filter, key_ids)
{
        MeasurementFilter filter = { .verdict = ENTRY_VERDICT_INVALID };

        cr_expect_eq(set(&filter, "signed-by", "a1B2c3d4"), 0);
        cr_expect_eq(filter.key_id, 0xa1b2c3d4);
        cr_expect(filter.by_key);
        cr_expect_eq(set(&filter, "signed-by", "0011223344556677889900112233445566778899"), 0);
        cr_expect_eq(filter.key_id, 0x66778899);
        cr_expect_eq(set(&filter, "signed-by", "a1b2c3"), -EINVAL);
        cr_expect_eq(set(&filter, "signed-by", ""), -EINVAL);
        cr_expect_eq(set(&filter, "signed-by", "0xa1b2c3d4"), -EINVAL);
}

Test(filter, keys)
{
        MeasurementFilter filter = { .verdict = ENTRY_VERDICT_INVALID };

        cr_expect_eq(set(&filter, "verdict", "bad-digest"), 0);
        cr_expect_eq(filter.verdict, ENTRY_VERDICT_BAD_DIGEST);
        cr_expect_eq(set(&filter, "verdict", "bad"), -EINVAL);
        cr_expect_eq(set(&filter, "owner", "bash"), -ENOENT);
}
