/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/policy/fragment/fragment.h"
#include "core/policy/fragment/rule-id.h"
#include "core/policy/rule/rule-text.h"

static const char *make(RuleIds *ids, const char *line, KeywordId list, size_t n_values)
{
        Rule rule;

        cr_assert_eq(rule_text_parse(line, strlen(line), NULL, &ids->arena, &rule), 1, "%s", line);
        return rule_ids_make(ids, (const Rule *[]){ &rule }, 1, list, n_values);
}

static void expect(const char *line, const char *id)
{
        _cleanup_rule_ids_ RuleIds ids = { 0 };

        cr_expect_str_eq(make(&ids, line, KEYWORD_INVALID, 1), id);
}

Test(rule_id, says_what_the_rule_says)
{
        expect("measure", "measure-all");
        expect("measure mask=^MAY_READ", "measure-may-read");
        expect("measure func=BPRM_CHECK mask=MAY_EXEC", "measure-bprm-check");
        expect("dont_measure fsmagic=0x9fa0", "dont-measure-proc");
        expect("dont_measure fsmagic=0x9fa1", "dont-measure-0x9fa1");
        expect("appraise fowner=0", "appraise-owner-0");
        expect("measure func=FILE_CHECK mask=^MAY_READ euid>999",
                        "measure-file-check-euid-above-999");
        expect("measure obj_type=shadow_t", "measure-shadow-t");
        expect("audit fsuuid=8BCBE394-4f13-4144-be8e-5aa9ea2ce2f6", "audit-8bcbe394");
        expect("measure fsname=\xc3\xa9", "measure-all");
}

Test(rule_id, names_lists_by_their_kind)
{
        _cleanup_rule_ids_ RuleIds ids = { 0 };

        cr_expect_str_eq(make(&ids, "dont_measure fsmagic=1", KEYWORD_FSMAGIC, 3),
                        "dont-measure-filesystems");
        cr_expect_str_eq(make(&ids, "measure func=BPRM_CHECK uid=1", KEYWORD_FUNC, 2),
                        "measure-hooks-uid-1");
}

Test(rule_id, the_same_rule_again_gets_a_number)
{
        _cleanup_rule_ids_ RuleIds ids = { 0 };

        cr_expect_str_eq(make(&ids, "audit", KEYWORD_INVALID, 1), "audit-all");
        cr_expect_str_eq(make(&ids, "audit", KEYWORD_INVALID, 1), "audit-all-2");
        cr_expect_str_eq(make(&ids, "audit fsname=all-3", KEYWORD_INVALID, 1), "audit-all-3");
        cr_expect_str_eq(make(&ids, "audit", KEYWORD_INVALID, 1), "audit-all-4");
}

Test(rule_id, is_never_longer_than_fragments_allow)
{
        _cleanup_rule_ids_ RuleIds ids = { 0 };
        const char *line = "measure func=CRITICAL_DATA label=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

        for (int i = 0; i < 2000; i++) {
                const char *id = make(&ids, line, KEYWORD_INVALID, 1);

                cr_assert_leq(strlen(id), FRAGMENT_ID_MAX, "%s", id);
        }
}
