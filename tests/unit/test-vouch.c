/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cases are kept as data: FRAGMENT.yaml and, beside it, its rules or what is wrong with it. */
#include "core/provenance/vouch.h"
#include "fixture-policy.h"

static int parse(const char *directory, const char *name, VouchRules *rules, DiagList *diags)
{
        _cleanup_free_ char *path = fixture_path("%s/%s", directory, name), *text = NULL;
        size_t size;

        text = fixture_read(path, &size);
        return vouch_parse(name, name, text, size, rules, diags);
}

static void print_rules(const VouchRules *rules, FILE *file)
{
        for (size_t i = 0; i < rules->count; i++) {
                const VouchRule *rule = &rules->items[i];

                fprintf(file, "%s: of %s, %ju files of %ju bytes\n", rule->id, rule->package,
                                (uintmax_t) rule->max_files, (uintmax_t) rule->max_size);
                for (size_t j = 0; j < rule->paths.count; j++)
                        fprintf(file, "  %s\n", rule->paths.items[j]);
        }
}

static void check_case(const char *directory, const char *name)
{
        _cleanup_free_ char *expected = fixture_path("%s/%.*s.expected", directory,
                                            (int) (strlen(name) - strlen(".yaml")), name),
                            *text = NULL;
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        FILE *file = open_memstream(&text, &size);

        cr_assert_eq(parse(directory, name, &rules, &diags), 0);
        print_rules(&rules, file);
        diag_list_print(&diags, file, false);
        cr_assert_eq(fclose(file), 0);
        fixture_compare(expected, text, size);
}

static void check_directory(const char *name)
{
        _cleanup_free_ char *directory = fixture_path("%s/vouch/%s", getenv("TEST_DATA"), name);
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_strings_ StringList names = { 0 };
        size_t cases = 0;

        cr_assert_eq(fs_list_directory(root, directory, 1000, &names), 0);
        for (size_t i = 0; i < names.count; i++)
                if (string_ends_with(names.items[i], ".yaml")) {
                        check_case(directory, names.items[i]);
                        cases++;
                }
        cr_assert_gt(cases, 0);
}

Test(vouch, good_fragments_make_rules)
{
        check_directory("good");
}

Test(vouch, everything_that_is_wrong_is_told_at_once)
{
        check_directory("bad");
}

Test(vouch, what_comes_with_imad_is_good)
{
        _cleanup_free_ char *directory = fixture_path("%s/../../vouch.d", getenv("TEST_DATA"));
        _cleanup_vouch_rules_ VouchRules rules = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse(directory, "10-dkms.yaml", &rules, &diags), 0);
        cr_assert_eq(diags.count, 0);
        cr_assert_eq(rules.count, 1);
        cr_assert_str_eq(rules.items[0].id, "10-dkms/modules");
}

Test(vouch, a_malformed_file_name_is_refused)
{
        static const char text[] = "vouch: 1\n";
        static const char *const names[] = { "10-a.yml", ".yaml", "a/b.yaml", "a b.yaml" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_vouch_rules_ VouchRules rules = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_assert_eq(vouch_parse(names[i], names[i], text, strlen(text), &rules, &diags),
                                0);
                cr_expect_eq(diags.errors, 1, "%s", names[i]);
        }
}

Test(vouch, wildcards_stay_within_a_name)
{
        static const struct {
                const char *pattern, *name;
                bool fits;
        } cases[] = {
                {"*.ko",    "a.ko",     true },
                { "*.ko",   "a.ko.xz",  false},
                { "*.ko",   ".ko",      false},
                { "*",      ".hidden",  false},
                { ".*",     ".hidden",  true },
                { "a?c",    "abc",      true },
                { "a?c",    "ac",       false},
                { "*a*b*c", "xaxbxbxc", true },
                { "*a*b*c", "xaxcxb",   false},
                { "abc",    "abcd",     false},
                { "**x",    "x",        true },
                { "x",      "",         false},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(vouch_match(cases[i].pattern, strlen(cases[i].pattern), cases[i].name),
                                cases[i].fits, "%s %s", cases[i].pattern, cases[i].name);
}
