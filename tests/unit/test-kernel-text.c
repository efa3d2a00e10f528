/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"
#include "core/policy/import/kernel-text.h"
#include "fixture-policy.h"

static int parse_bytes(const char *text, size_t size, KernelText *ret_text, DiagList *diags)
{
        return kernel_text_parse(text, size, "file", NULL, ret_text, diags);
}

static int parse(const char *text, KernelText *ret_text, DiagList *diags)
{
        return parse_bytes(text, strlen(text), ret_text, diags);
}

/* One rule comes out, with one diagnostic. */
static void expect_rule(const char *text, const char *canonical, const char *code, uint32_t line,
                uint32_t column)
{
        _cleanup_kernel_text_ KernelText parsed = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_buffer_ Buffer out = { 0 };

        cr_assert_eq(parse(text, &parsed, &diags), 0, "%s", text);
        cr_assert_eq(parsed.n_rules, 1, "%s", text);
        cr_assert_eq(rule_format(&parsed.rules[0].rule, &out), 0);
        cr_expect_str_eq(out.data, canonical);
        cr_assert_eq(diags.count, 1, "%s: %zu diagnostics", text, diags.count);
        cr_expect_str_eq(diags.items[0].code, code);
        cr_expect_eq(diags.items[0].line, line, "%s: line %u", text, diags.items[0].line);
        cr_expect_eq(diags.items[0].column, column, "%s: column %u", text, diags.items[0].column);
}

Test(kernel_text, rules_carry_the_comments_before_them)
{
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("# one\n\n\n \t# two\nmeasure\naudit\n\n# end\n", &text, &diags), 0);
        cr_assert_eq(diags.count, 0);
        cr_assert_eq(text.n_rules, 2);
        cr_expect_str_eq(text.rules[0].comment, "# one\n\n# two\n");
        cr_expect_eq(text.rules[0].rule.line, 5);
        cr_expect_null(text.rules[1].comment);
        cr_expect_str_eq(text.comment, "# end\n");
}

Test(kernel_text, comments_become_printable)
{
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("# a\tb \xc3\xa9 \xff \x1b \xc2\x85 \xe2\x80\xa8\n", &text, &diags), 0);
        cr_expect_str_eq(text.comment, "# a\tb \xc3\xa9 ? ? ? ?\n");
}

Test(kernel_text, what_kernels_show_is_restored)
{
        expect_rule("appraise appraise_type=sigv3 digest_type=verity \n",
                        "appraise digest_type=verity appraise_type=sigv3",
                        POLICY_CODE_TEXT_RESTORED, 1, 1);
        expect_rule("measure uid<-2 \n", "measure uid<4294967294", POLICY_CODE_TEXT_RESTORED, 1, 9);
        expect_rule("measure fgroup=-2147483648 \n", "measure fgroup=2147483648",
                        POLICY_CODE_TEXT_RESTORED, 1, 9);
        expect_rule("measure "
                    "fsname=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx "
                    "\n",
                        "measure "
                        "fsname=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                        POLICY_CODE_TEXT_CUT, 1, 9);
}

Test(kernel_text, numbers_that_no_kernel_shows_stay_refused)
{
        static const char *const lines[] = { "measure uid=-1\n", "measure uid=-2147483649\n",
                "measure pcr=-2\n", "measure uid=-\n", "measure uid=--2\n" };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_kernel_text_ KernelText text = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_expect_eq(parse(lines[i], &text, &diags), -EBADMSG, "%s", lines[i]);
        }
}

Test(kernel_text, old_names_are_noted)
{
        expect_rule("measure func=PATH_CHECK\n", "measure func=FILE_CHECK", POLICY_CODE_TEXT_ALIAS,
                        1, 9);
        expect_rule("measure func=FILE_MMAP\n", "measure func=MMAP_CHECK", POLICY_CODE_TEXT_ALIAS,
                        1, 9);
}

Test(kernel_text, what_people_write_is_taken_with_a_warning)
{
        expect_rule("\xef\xbb\xbfmeasure\n", "measure", POLICY_CODE_TEXT_REFUSED, 1, 1);
        expect_rule("\r\nmeasure\r\n\r\n", "measure", POLICY_CODE_TEXT_REFUSED, 1, 1);
        expect_rule("measure", "measure", POLICY_CODE_TEXT_REFUSED, 1, 0);
        expect_rule("measure uid=0 # root\n", "measure uid=0", POLICY_CODE_TEXT_REFUSED, 1, 15);
        expect_rule("measure \\ \n  uid=0 \\\n gid=0\n", "measure uid=0 gid=0",
                        POLICY_CODE_TEXT_REFUSED, 1, 9);
}

Test(kernel_text, a_comment_behind_a_rule_is_kept)
{
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("# before\nmeasure fsname=a#b # behind \\\naudit\n", &text, &diags), 0);
        cr_assert_eq(text.n_rules, 2, "a comment does not continue");
        cr_expect_str_eq(text.rules[0].comment, "# before\n# behind \\\n");
        cr_expect_null(text.rules[1].comment);
}

Test(kernel_text, every_refused_line_is_told_at_its_place)
{
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("measure\n bogus\nmeasure \\\n  uid=x\naudit func=KEY_CHECK\n", &text,
                                     &diags),
                        -EBADMSG);
        cr_assert_eq(diags.errors, 3);
        cr_expect_eq(diags.items[0].line, 2);
        cr_expect_eq(diags.items[0].column, 2);
        cr_expect_eq(diags.items[2].line, 4, "the second line of the rule");
        cr_expect_eq(diags.items[2].column, 3);
        cr_expect_eq(diags.items[3].line, 5);
}

Test(kernel_text, nul_bytes_are_refused)
{
        static const char bytes[] = "measure\0junk\naudit \\\n uid=0\0\n";
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse_bytes(bytes, sizeof(bytes) - 1, &text, &diags), -EBADMSG);
        cr_assert_eq(diags.errors, 2);
        cr_expect_str_eq(diags.items[0].code, POLICY_CODE_ENCODING);
        cr_expect_eq(diags.items[0].column, 8);
}

Test(kernel_text, a_text_of_nothing_has_no_rules)
{
        static const char *const texts[] = { "", "\n", " \t\n\n", "\\\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_kernel_text_ KernelText text = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_expect_eq(parse(texts[i], &text, &diags), 0, "%zu", i);
                cr_expect_eq(text.n_rules, 0);
        }
}

Test(kernel_text, limits_are_told)
{
        _cleanup_free_ char *longest = malloc(100000);
        _cleanup_kernel_text_ KernelText text = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        memset(longest, 'a', 99999);
        longest[99998] = '\n';
        longest[99999] = '\0';
        cr_assert_eq(parse(longest, &text, &diags), -EBADMSG);
        cr_expect_str_eq(diags.items[0].code, POLICY_CODE_RULE_TOO_LONG);
        cr_assert_eq(kernel_text_parse(longest, KERNEL_TEXT_SIZE_MAX + 1, "file", NULL, &text,
                                     &diags),
                        -EBADMSG);
}
