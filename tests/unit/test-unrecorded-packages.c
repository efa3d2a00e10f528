/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/unrecorded-packages.h"

static const RecordedSpan spans[] = {
        {200 * USEC_PER_SEC,  210 * USEC_PER_SEC},
        { 100 * USEC_PER_SEC, 110 * USEC_PER_SEC},
};

/* A package that was unpacked at that second. */
static void unpack(const FixtureRoot *root, const char *name, time_t second)
{
        const struct timespec times[2] = { { .tv_sec = second }, { .tv_sec = second } };
        char path[128];

        (void) snprintf(path, sizeof(path), "/var/lib/dpkg/info/%s.list", name);
        fixture_root_write(root, path, "/.\n");
        cr_assert_eq(utimensat(root->fd, path + 1, times, 0), 0);
}

/* The names in one text. */
static const char *find_in(const FixtureRoot *root, const RecordedSpans *of)
{
        static char text[256];
        _cleanup_strings_ StringList names = { 0 };

        text[0] = '\0';
        cr_assert_eq(unrecorded_packages_find(root->fd, of, &names), 0);
        for (size_t i = 0; i < names.count; i++)
                (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
                                names.items[i]);
        return text;
}

static const char *find(const FixtureRoot *root, size_t n_spans)
{
        return find_in(root, &(RecordedSpans){ spans, n_spans, false });
}

Test(unrecorded_packages, are_those_unpacked_between_transactions)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        unpack(&root, "before", 50);
        unpack(&root, "first", 105);
        unpack(&root, "between:amd64", 150);
        unpack(&root, "between:i386", 151);
        unpack(&root, "second", 210);
        unpack(&root, "after", 300);
        cr_expect_str_eq(find(&root, ELEMENTSOF(spans)), "after between ");
}

Test(unrecorded_packages, are_not_known_before_the_first_transaction)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        cr_expect_str_eq(find(&root, 0), "");
        unpack(&root, "a", 50);
        cr_expect_str_eq(find(&root, 0), "");
}

Test(unrecorded_packages, are_settled_when_all_is_signed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        unpack(&root, "between", 150);
        unpack(&root, "after", 300);
        cr_assert_eq(unrecorded_packages_settle(root.fd, 250 * USEC_PER_SEC), 0);
        cr_expect_str_eq(find(&root, ELEMENTSOF(spans)), "after ");
        cr_expect_str_eq(find(&root, 0), "after ", "also without any transaction");
}

Test(unrecorded_packages, may_be_recorded_by_reports_that_are_not_known)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        const RecordedSpans newest = { spans, ELEMENTSOF(spans), true };

        unpack(&root, "before", 50);
        unpack(&root, "between", 150);
        cr_assert_eq(unrecorded_packages_settle(root.fd, 20 * USEC_PER_SEC), 0);
        cr_expect_str_eq(find(&root, ELEMENTSOF(spans)), "before between ");
        cr_expect_str_eq(find_in(&root, &newest), "between ");
}
