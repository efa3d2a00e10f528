/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/policy/rule/label.h"

static Target *target_of(TargetLsm lsm)
{
        Target *target = NULL;

        cr_assert_eq(target_new("6.12", NULL, &target), 0);
        target->lsm = lsm;
        return target;
}

Test(label, apparmor_has_roles_of_subjects_only)
{
        _cleanup_(target_freep) Target *target = target_of(TARGET_LSM_APPARMOR);

        cr_assert_eq(string_list_add(&target->labels, "/usr/bin/man"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_SUBJ_ROLE, "unconfined"), 1);
        cr_expect_eq(label_resolves(target, KEYWORD_SUBJ_ROLE, "/usr/bin/man"), 1);
        cr_expect_eq(label_resolves(target, KEYWORD_SUBJ_ROLE, "/usr/bin/ma"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_SUBJ_TYPE, "unconfined"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_ROLE, "unconfined"), 0);
}

/* What follows from the kernel's code for names of profiles, stacks and namespaces. */
Test(label, apparmor_reads_labels_as_the_kernel_does)
{
        _cleanup_(target_freep) Target *target = target_of(TARGET_LSM_APPARMOR);
        static const struct {
                const char *label;
                int resolves;
        } cases[] = {
                {"u",                        1},
                { "unconfine",               1},
                { "unconfined2",             0},
                { "Unconfined",              0},
                { "\runconfined",            1},
                { "unconfined\r",            0},
                { "\r",                      0},
                { "&unconfined",             1},
                { "unconfined//&unconfined", 1},
                { "unconfined//&",           1},
                { "unconfined//&other",      0},
                { "::unconfined",            1},
                { ":root:unconfined",        0},
                { ":",                       1},
                { "unconfined//child",       0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(label_resolves(target, KEYWORD_SUBJ_ROLE, cases[i].label),
                                cases[i].resolves, "%s", cases[i].label);
}

Test(label, other_modules)
{
        _cleanup_(target_freep) Target *target = target_of(TARGET_LSM_SMACK);

        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_USER, "System"), 1);
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_USER, "a/b"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_USER, "-a"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_TYPE, "System"), 0);
        target->lsm = TARGET_LSM_SELINUX_UNLOADED;
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_TYPE, "bin_t"), 0);
        target->lsm = TARGET_LSM_SELINUX;
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_TYPE, "bin_t"), -ENODATA);
        cr_assert_eq(string_list_add(&target->labels, "bin_t"), 0);
        cr_expect_eq(label_resolves(target, KEYWORD_OBJ_TYPE, "bin_t"), 1);
}

Test(label, after_the_first_custom_policy_none_is_refused)
{
        _cleanup_(target_freep) Target *target = target_of(TARGET_LSM_NONE);

        cr_expect(label_is_refused(target, KEYWORD_OBJ_TYPE, "bin_t"));
        target->policy_active = true;
        cr_expect_not(label_is_refused(target, KEYWORD_OBJ_TYPE, "bin_t"));
        cr_expect_not(label_is_refused(NULL, KEYWORD_OBJ_TYPE, "bin_t"));
}
