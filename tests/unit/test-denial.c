/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"
#include "core/policy/simulate/denial.h"
#include "fixture-policy.h"

#define PSEUDO                                                                                     \
        "  - {id: skip, action: dont_appraise, fsmagic: [proc, sysfs, securityfs, cgroup2, "       \
        "tmpfs]}\n"
#define PROGRAMS "  - {id: programs, action: appraise, func: BPRM_CHECK}\n"
#define WRITES "  - {id: writes, action: appraise, func: FILE_CHECK, mask: MAY_WRITE}\n"

static void find(const char *rules, DiagList *ret_diags)
{
        _cleanup_free_ char *text = fixture_path("policy: 1\nrules:\n%s", rules);
        const PolicySource source = { (char *) "50-x.yaml", (char *) "50-x.yaml", text,
                strlen(text) };
        _cleanup_(policy_freep) Policy *policy = NULL;

        cr_assert_eq(policy_compile(&source, 1, NULL, NULL, &policy, ret_diags), 0);
        cr_assert_eq(denial_warn(policy, NULL, "50-x.yaml", ret_diags), 0);
        for (size_t i = 0; i < ret_diags->count; i++)
                cr_expect_str_eq(ret_diags->items[i].code, POLICY_CODE_BOOT_DENIAL);
}

Test(denial, unlabelled_programs_are_named_at_their_rule)
{
        _cleanup_diags_ DiagList diags = { 0 };

        find(PSEUDO PROGRAMS, &diags);
        cr_assert_eq(diags.count, 1);
        cr_expect_not_null(strstr(diags.items[0].message, "would deny /sbin/init, the init "
                                                          "process"));
        cr_expect_not_null(strstr(diags.items[0].message, "as long as it has no label"));
        cr_expect_eq(diags.items[0].line, 4);
}

Test(denial, what_no_label_helps_against_is_named_as_well)
{
        _cleanup_diags_ DiagList diags = { 0 };

        find(PROGRAMS WRITES, &diags);
        cr_assert_eq(diags.count, 2);
        cr_expect_eq(diags.items[0].line, 3);
        cr_expect_not_null(strstr(diags.items[1].message, "/proc/sys/kernel/hostname"));
        cr_expect_eq(diags.items[1].line, 4);
}

Test(denial, one_file_is_named_once)
{
        _cleanup_diags_ DiagList diags = { 0 };

        find(WRITES, &diags);
        cr_assert_eq(diags.count, 1);
        cr_expect_not_null(strstr(diags.items[0].message, "whatever is labelled"));
}

Test(denial, nothing_is_said_where_nothing_is_denied)
{
        _cleanup_diags_ DiagList diags = { 0 };

        find("  - {id: a, action: [measure, audit]}\n", &diags);
        cr_expect_eq(diags.count, 0);
        find(PSEUDO WRITES, &diags);
        cr_expect_eq(diags.count, 0);
}
