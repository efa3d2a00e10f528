/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/cleanup.h"
#include "core/policy/diff/diff-example.h"
#include "core/policy/rule/rule-text.h"
#include "fixture-simulate.h"

static void expect(const char *before, const char *after, const char *rule, const char *other,
                const char *expected)
{
        _cleanup_simulator_ Simulator *a = fixture_simulator(before), *b = fixture_simulator(after);
        _cleanup_free_ char *request = NULL, *x = NULL, *y = NULL, *text = NULL;
        _cleanup_arena_ Arena arena = { 0 };
        Rule first, second;
        int r;

        cr_assert_eq(rule_text_parse(rule, strlen(rule), NULL, &arena, &first), 1);
        if (other)
                cr_assert_eq(rule_text_parse(other, strlen(other), NULL, &arena, &second), 1);
        r = diff_example_find(a, b, &first, other ? &second : NULL, &request, &x, &y);
        cr_assert_eq(r, expected != NULL, "%s", rule);
        if (!expected)
                return;
        cr_assert_geq(asprintf(&text, "%s: %s; %s", request, x, y), 0);
        cr_expect_str_eq(text, expected);
}

Test(diff_example, shows_what_an_added_rule_does)
{
        expect("audit func=BPRM_CHECK\n", "audit func=BPRM_CHECK\nmeasure func=BPRM_CHECK uid=0\n",
                        "measure func=BPRM_CHECK uid=0", NULL,
                        "BPRM_CHECK uid=0: audited; measured, audited");
        expect("measure\n", "dont_measure fsmagic=0x1021994\nmeasure\n",
                        "dont_measure fsmagic=0x1021994", NULL,
                        "BPRM_CHECK fsmagic=0x1021994 (tmpfs): measured; nothing");
}

Test(diff_example, shows_what_both_rules_match)
{
        expect("dont_measure fsmagic=0x1021994\nmeasure func=FILE_CHECK uid>999\n",
                        "measure func=FILE_CHECK uid>999\ndont_measure fsmagic=0x1021994\n",
                        "dont_measure fsmagic=0x1021994", "measure func=FILE_CHECK uid>999",
                        "FILE_CHECK mask=MAY_READ fsmagic=0x1021994 (tmpfs) uid=1000: nothing; "
                        "measured");
}

Test(diff_example, shows_options)
{
        expect("measure pcr=11 fowner=0\nmeasure\n", "measure\n", "measure pcr=11 fowner=0", NULL,
                        "BPRM_CHECK fowner=0: measured into PCR 11; measured");
        expect("appraise fowner=0\n", "appraise fowner=0 appraise_type=imasig\n",
                        "appraise fowner=0", NULL,
                        "BPRM_CHECK fowner=0: appraised; appraised, signature-required, "
                        "blacklist-checked");
}

Test(diff_example, finds_none_where_nothing_differs)
{
        expect("measure\n", "measure\nmeasure uid=0\n", "measure uid=0", NULL, NULL);
}
