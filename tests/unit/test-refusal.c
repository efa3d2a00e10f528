/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"
#include "core/policy/import/refusal.h"
#include "core/policy/rule/rule-text.h"
#include "fixture-recording.h"

#define PLACE ((DiagPlace){ .source = "here", .line = 7, .column = 1 })

static void explain(const char *line, DiagList *ret_diags)
{
        cr_assert_eq(refusal_explain(line, line, strlen(line), NULL, PLACE, ret_diags), -EBADMSG,
                        "%s", line);
}

static void expect(const char *line, size_t i, const char *code, uint32_t column)
{
        _cleanup_diags_ DiagList diags = { 0 };

        explain(line, &diags);
        cr_assert_gt(diags.count, i, "%s", line);
        cr_expect_str_eq(diags.items[i].code, code, "%s: %s", line, diags.items[i].message);
        cr_expect_eq(diags.items[i].column, column, "%s: column %u", line, diags.items[i].column);
        cr_expect_eq(diags.items[i].line, 7);
}

Test(refusal, each_kind_of_fault_has_its_code_and_column)
{
        expect("measure fnc=BPRM_CHECK", 0, POLICY_CODE_UNKNOWN_KEY, 9);
        expect("measure func=BPRM_CHEK", 0, POLICY_CODE_UNKNOWN_VALUE, 9);
        expect("measure uid=root", 0, POLICY_CODE_INVALID_NUMBER, 9);
        expect("measure uid>=5", 0, POLICY_CODE_OPERATOR, 9);
        expect("measure func>BPRM_CHECK", 0, POLICY_CODE_OPERATOR, 9);
        expect("measure fsuuid=1-2", 0, POLICY_CODE_INVALID_UUID, 9);
        expect("measure template=", 0, POLICY_CODE_EMPTY_VALUE, 9);
        expect("measure uid=1 uid=2", 0, POLICY_CODE_SHARED_SLOT, 15);
        expect("measure audit", 0, POLICY_CODE_SHARED_SLOT, 9);
        expect("func=BPRM_CHECK", 0, POLICY_CODE_MISSING_KEY, 1);
        expect("measure\xc2\xa0uid=0", 0, POLICY_CODE_ENCODING, 1);
        expect("audit func=KEY_CHECK", 0, POLICY_CODE_FUNC_ACTION, 7);
        expect("dont_measure pcr=5", 0, POLICY_CODE_ACTION_OPTION, 14);
        expect("appraise appraise_type=imasig digest_type=verity", 0, POLICY_CODE_VALUE_CONFLICT,
                        31);
}

Test(refusal, all_faults_of_a_line_are_told)
{
        expect("measure bogus uid=x audit pcr=99", 0, POLICY_CODE_UNKNOWN_KEY, 9);
        expect("measure bogus uid=x audit pcr=99", 1, POLICY_CODE_INVALID_NUMBER, 15);
        expect("measure bogus uid=x audit pcr=99", 2, POLICY_CODE_SHARED_SLOT, 21);
        expect("measure bogus uid=x audit pcr=99", 3, POLICY_CODE_INVALID_NUMBER, 27);
}

Test(refusal, what_follows_from_a_fault_is_not_told)
{
        _cleanup_diags_ DiagList diags = { 0 };

        explain("mesure func=BPRM_CHECK", &diags);
        cr_assert_eq(diags.count, 1, "the action is not said to be missing as well");
        cr_expect_str_eq(diags.items[0].hint, "did you mean measure?");
}

Test(refusal, a_line_that_the_kernel_takes_has_no_fault)
{
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(refusal_explain("measure", "measure", strlen("measure"), NULL, PLACE, &diags),
                        0);
        cr_assert_eq(diags.count, 0);
}

static void check_row(char *row, void *userdata)
{
        size_t *count = userdata, size;
        _cleanup_free_ char *bytes = malloc(strlen(row) + 1);
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_arena_ Arena arena = { 0 };
        Rule rule;

        row[strcspn(row, "\t")] = '\0';
        size = fixture_unescape(row, bytes);
        if (memchr(bytes, '\n', size))
                size = (size_t) ((char *) memchr(bytes, '\n', size) - bytes);
        if (memchr(bytes, '\0', size) || rule_text_parse(bytes, size, NULL, &arena, &rule) >= 0)
                return;
        ++*count;
        cr_expect_eq(refusal_explain(bytes, bytes, size, NULL, PLACE, &diags), -EBADMSG, "%s", row);
        cr_expect_gt(diags.count, 0, "%s", row);
        for (size_t i = 0; i < diags.count; i++)
                cr_expect(diags.items[i].hint && diags.items[i].column >= 1 &&
                                                diags.items[i].column <= size,
                                "%s: %s", row, diags.items[i].message);
}

Test(refusal, every_refused_line_of_the_recordings_is_explained)
{
        size_t count = 0;

        fixture_for_each_row("policy-lines.tsv", check_row, &count);
        cr_assert_gt(count, 800, "only %zu rows", count);
}
