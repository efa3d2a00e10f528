/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-policy.h"

static void find_presets(StringList *ret_names)
{
        _cleanup_free_ char *directory = fixture_path("%s/../../policy.d", getenv("TEST_DATA"));
        _cleanup_strings_ StringList names = { 0 };

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++)
                if (string_ends_with(names.items[i], ".yaml"))
                        cr_assert_eq(string_list_add(ret_names, names.items[i]), 0);
        cr_assert_gt(ret_names->count, 0);
}

static void expect_compiles(const PolicySourceList *sources, const char *release, const char *what)
{
        _cleanup_free_ char *path = fixture_path("%s/policy/debian-12.config", getenv("TEST_DATA"));
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = fixture_read(path, &size);
        cr_assert_eq(kconfig_parse(text, size, &config), 0);
        cr_assert_eq(target_new(release, config, &target), 0);
        cr_expect_eq(policy_compile(sources->items, sources->count, target, NULL, &policy, &diags),
                        0, "%s for %s", what, release);
        diag_list_print(&diags, stderr, false);
        cr_assert_eq(diags.count, 0, "%s for %s", what, release);
        cr_expect_gt(policy_get_rule_count(policy), 0);
}

Test(presets, each_and_all_together_compile_without_a_word)
{
        static const char *const releases[] = { "6.1.0-30-amd64", "6.12.0-1-amd64" };
        _cleanup_free_ char *directory = fixture_path("%s/../../policy.d", getenv("TEST_DATA"));
        _cleanup_sources_ PolicySourceList all = { 0 };
        _cleanup_strings_ StringList names = { 0 };

        find_presets(&names);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_sources_ PolicySourceList one = { 0 };

                fixture_add(&one, directory, names.items[i]);
                fixture_add(&all, directory, names.items[i]);
                for (size_t j = 0; j < ELEMENTSOF(releases); j++)
                        expect_compiles(&one, releases[j], names.items[i]);
        }
        for (size_t j = 0; j < ELEMENTSOF(releases); j++)
                expect_compiles(&all, releases[j], "all presets");
}

Test(presets, names_are_numbered_and_the_rest_is_unique)
{
        _cleanup_strings_ StringList names = { 0 };

        find_presets(&names);
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.items[i];

                cr_expect_eq(strspn(name, "0123456789"), 2, "%s", name);
                cr_expect_eq(name[2], '-', "%s", name);
                for (size_t j = 0; j < i; j++)
                        cr_expect_str_neq(names.items[j] + 3, name + 3);
        }
}

/* The kernel's own rules, security/integrity/ima/ima_policy.c: dont_measure_rules and
 * default_measurement_rules. */
Test(presets, tcb_is_what_the_kernel_has_built_in)
{
        _cleanup_free_ char *directory = fixture_path("%s/../../policy.d", getenv("TEST_DATA")),
                            *expected_path = fixture_path(
                                            "%s/policy/presets/20-tcb.policy", getenv("TEST_DATA")),
                            *expected = NULL, *text = NULL;
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;

        fixture_add(&sources, directory, "20-tcb.yaml");
        cr_assert_eq(policy_compile(sources.items, 1, NULL, NULL, &policy, &diags), 0);
        cr_assert_eq(policy_format(policy, &text, &size), 0);
        expected = fixture_read(expected_path, &size);
        cr_assert_str_eq(text, expected);
}
