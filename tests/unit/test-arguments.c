/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "imactl/arguments.h"
#include "imactl/verbs.h"

#define PARSE(args, ...) parse(args, (const char *[]){ "imactl", __VA_ARGS__, NULL })

static void parse(Arguments *args, const char *words[])
{
        int argc = 0;

        while (words[argc])
                argc++;
        cr_assert_eq(arguments_parse(argc, (char **) words, args), 0);
}

Test(arguments, no_verb_is_status)
{
        _cleanup_arguments_ Arguments args = { 0 };

        PARSE(&args, "--json=short");
        cr_assert_null(args.usage_error);
        cr_assert_eq(args.verb, verb_find(NULL, "status"));
        cr_assert_eq(args.json, JSON_SHORT);
}

Test(arguments, options_stand_before_and_after_the_verb)
{
        _cleanup_arguments_ Arguments args = { 0 };

        PARSE(&args, "--root=/a", "policy", "-q", "compile", "x.yaml", "--kernel", "6.1", "y.yaml");
        cr_assert_null(args.usage_error);
        cr_assert_eq(args.verb, verb_find("policy", "compile"));
        cr_assert_str_eq(arguments_get(&args, OPTION_ROOT), "/a");
        cr_assert_str_eq(arguments_get(&args, OPTION_KERNEL), "6.1");
        cr_assert(arguments_have(&args, OPTION_QUIET));
        cr_assert_eq(args.words.count, 2);
        cr_assert_str_eq(args.words.items[1], "y.yaml");
}

Test(arguments, behind_two_dashes_nothing_is_an_option)
{
        _cleanup_arguments_ Arguments args = { 0 };

        PARSE(&args, "policy", "check", "--", "--json=short");
        cr_assert_null(args.usage_error);
        cr_assert_eq(args.json, JSON_OFF);
        cr_assert_str_eq(args.words.items[0], "--json=short");
}

Test(arguments, repeatable_options_keep_every_value_in_order)
{
        _cleanup_arguments_ Arguments args = { 0 };

        PARSE(&args, "measurements", "verify", "--list=f", "--pcr=a", "--pcr=b");
        cr_assert_eq(args.values[OPTION_PCR].count, 2);
        cr_assert_str_eq(args.values[OPTION_PCR].items[0], "a");
}

static void expect_usage_error(const char *message, const char *hint, const char *words[])
{
        _cleanup_arguments_ Arguments args = { 0 };

        parse(&args, words);
        cr_assert_not_null(args.usage_error);
        cr_expect_str_eq(args.usage_error, message);
        if (hint)
                cr_expect_str_eq(args.usage_hint, hint);
}

Test(arguments, mistakes_are_named_and_the_nearest_is_suggested)
{
        expect_usage_error("unknown verb 'policy aply'", "did you mean 'imactl policy apply'?",
                        (const char *[]){ "imactl", "policy", "aply", NULL });
        expect_usage_error("unknown verb 'staus'", "did you mean 'imactl status'?",
                        (const char *[]){ "imactl", "staus", NULL });
        expect_usage_error("unknown option '--no-pagerr'", "did you mean --no-pager?",
                        (const char *[]){ "imactl", "--no-pagerr", NULL });
        expect_usage_error("unknown option '-x'", NULL,
                        (const char *[]){ "imactl", "-qx", "status", NULL });
        expect_usage_error("option --quiet takes no value", NULL,
                        (const char *[]){ "imactl", "--quiet=yes", NULL });
        expect_usage_error("--json=xml is no known mode", "one of: pretty, short, off",
                        (const char *[]){ "imactl", "--json=xml", NULL });
        expect_usage_error("imactl status does not take --root", NULL,
                        (const char *[]){ "imactl", "status", "--root=/x", NULL });
        expect_usage_error("imactl preset enable needs an argument: NAME", NULL,
                        (const char *[]){ "imactl", "preset", "enable", NULL });
        expect_usage_error("imactl version does not take 'x'", NULL,
                        (const char *[]){ "imactl", "version", "x", NULL });
}

Test(arguments, json_without_a_mode_takes_no_word_of_others)
{
        _cleanup_arguments_ Arguments args = { 0 }, last = { 0 }, spaced = { 0 };

        PARSE(&args, "policy", "check", "a.yaml", "--json", "b.yaml", "--quiet");
        cr_assert_null(args.usage_error, "%s", args.usage_error);
        cr_assert_neq(args.json, JSON_OFF);
        cr_assert(arguments_have(&args, OPTION_QUIET));
        cr_assert_eq(args.words.count, 2);
        cr_assert_str_eq(args.words.items[0], "a.yaml");
        cr_assert_str_eq(args.words.items[1], "b.yaml");
        PARSE(&last, "status", "--json");
        cr_assert_null(last.usage_error, "%s", last.usage_error);
        cr_assert_neq(last.json, JSON_OFF);
        PARSE(&spaced, "--json", "pretty", "status");
        cr_assert_eq(spaced.json, JSON_PRETTY);
        cr_assert_eq(spaced.words.count, 0);
}

Test(arguments, json_counts_even_behind_a_mistake)
{
        _cleanup_arguments_ Arguments args = { 0 };

        PARSE(&args, "--wrong", "status", "--json=pretty");
        cr_assert_not_null(args.usage_error);
        cr_assert_eq(args.json, JSON_PRETTY);
}
