/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/observe.h"
#include "fixture-policy.h"

static char *observe(const char *text)
{
        const PolicySource source = { (char *) "50-test.yaml", (char *) "/50-test.yaml",
                (char *) text, strlen(text) };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        char *result;
        size_t size;

        cr_assert_eq(policy_compile(&source, 1, NULL, fixture_names(), &policy, &diags), 0, "%s",
                        diags.count ? diags.items[0].message : "");
        cr_assert_eq(policy_observe(policy), 0);
        cr_assert_eq(policy_format(policy, &result, &size), 0);
        return result;
}

Test(observe, appraisal_becomes_measurement_in_its_place)
{
        _cleanup_free_ char *text = observe(
                        "policy: 1\n"
                        "rules:\n"
                        "  - {id: a, action: dont_appraise, fsmagic: proc}\n"
                        "  - {id: b, action: appraise, func: BPRM_CHECK, appraise_type: imasig}\n"
                        "  - {id: c, action: audit, func: MMAP_CHECK}\n"
                        "  - {id: d, action: appraise, func: FILE_CHECK, fowner: root}\n");

        cr_assert_str_eq(text, "dont_measure fsmagic=0x9fa0\n"
                               "measure func=BPRM_CHECK\n"
                               "audit func=MMAP_CHECK\n"
                               "measure func=FILE_CHECK fowner=0\n");
}

Test(observe, what_is_measured_already_keeps_its_options)
{
        _cleanup_free_ char *text = observe(
                        "policy: 1\n"
                        "rules:\n"
                        "  - {id: a, action: [measure, appraise], func: BPRM_CHECK, pcr: 11}\n");

        cr_assert_str_eq(text, "measure func=BPRM_CHECK pcr=11\n");
}

Test(observe, rule_that_no_kernel_measures_is_dropped)
{
        _cleanup_free_ char *text = observe(
                        "policy: 1\n"
                        "rules:\n"
                        "  - {id: a, action: appraise, func: SETXATTR_CHECK, appraise_algos: "
                        "[sha256]}\n"
                        "  - {id: b, action: measure, func: BPRM_CHECK}\n");

        cr_assert_str_eq(text, "measure func=BPRM_CHECK\n");
}

Test(observe, policy_without_appraisal_stays)
{
        _cleanup_free_ char *text = observe("policy: 1\n"
                                            "rules:\n"
                                            "  - {id: a, action: measure, func: BPRM_CHECK}\n"
                                            "  - {id: b, action: measure, func: BPRM_CHECK}\n");

        cr_assert_str_eq(text, "measure func=BPRM_CHECK\nmeasure func=BPRM_CHECK\n");
}
