/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"
#include "core/policy/compile.h"
#include "core/policy/rule-text.h"
#include "fixture-policy.h"

/* With UPDATE_EXPECTED set, what comes out is written as what is expected: read the difference. */
static void compare(const char *path, const char *text, size_t size)
{
        _cleanup_free_ char *expected = NULL;
        size_t expected_size;

        if (getenv("UPDATE_EXPECTED")) {
                _cleanup_fclose_ FILE *file = fopen(path, "we");

                cr_assert_not_null(file);
                cr_assert_eq(fwrite(text, 1, size, file), size);
                return;
        }
        expected = fixture_read(path, &expected_size);
        cr_expect_str_eq(text, expected, "%s: got\n%s", path, text);
}

/* Every line is one that the reader of kernel text takes, for the same kernel. */
static void expect_kernel_text(const char *name, const char *text, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };

        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");
                Rule rule;

                cr_expect_eq(rule_text_parse(line, length, target, &arena, &rule), 1, "%s: %.*s",
                                name, (int) length, line);
                cr_assert_eq(line[length], '\n', "%s: no final newline", name);
                line += length + 1;
        }
}

static void check_good(const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s.policy", directory, name), *text = NULL;
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        int r;

        fixture_sources(directory, name, &sources);
        fixture_target(&sources, &target);
        r = policy_compile(sources.items, sources.count, target.target, fixture_names(), &policy,
                        &diags);
        if (r < 0)
                diag_list_print(&diags, stderr, false);
        cr_assert_eq(r, 0, "%s does not compile", name);
        cr_assert_eq(diags.count, 0, "%s: %s", name, diags.count ? diags.items[0].message : "");
        cr_assert_eq(policy_format(policy, &text, &size), 0);
        compare(path, text, size);
        expect_kernel_text(name, text, target.target);
}

static void check_bad(const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s.expected", directory, name), *text = NULL;
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        FILE *file;
        int r;

        fixture_sources(directory, name, &sources);
        fixture_target(&sources, &target);
        r = policy_compile(sources.items, sources.count, target.target, fixture_names(), &policy,
                        &diags);
        cr_assert_eq(r, diags.errors > 0 ? -EBADMSG : 0, "%s", name);
        cr_assert_gt(diags.count, 0, "%s compiles", name);
        for (size_t i = 0; i < diags.count; i++)
                cr_expect_not_null(diags.items[i].hint, "%s: %s has no hint", name,
                                diags.items[i].message);
        file = open_memstream(&text, &size);
        cr_assert_not_null(file);
        diag_list_print(&diags, file, false);
        cr_assert_eq(fclose(file), 0);
        compare(path, text, size);
}

static void for_each_case(const char *kind, void (*check)(const char *directory, const char *name))
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/%s", getenv("TEST_DATA"), kind);
        _cleanup_strings_ StringList cases = { 0 };

        fixture_cases(directory, &cases);
        for (size_t i = 0; i < cases.count; i++)
                check(directory, cases.items[i]);
}

Test(compile, good_fragments_become_the_expected_kernel_text)
{
        for_each_case("good", check_good);
}

Test(compile, bad_fragments_are_refused_with_the_expected_words)
{
        for_each_case("bad", check_bad);
}
