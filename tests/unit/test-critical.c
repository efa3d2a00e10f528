/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/critical.h"

#include "fixture-simulate.h"

#define PSEUDO                                                                                     \
        "dont_appraise fsmagic=0x9fa0\ndont_appraise fsmagic=0x62656572\n"                         \
        "dont_appraise fsmagic=0x73636673\ndont_appraise fsmagic=0x63677270\n"                     \
        "dont_appraise fsmagic=0x1021994\n"
#define SIGNED_PROGRAMS                                                                            \
        "appraise func=BPRM_CHECK mask=MAY_EXEC appraise_type=imasig\n"                            \
        "appraise func=MMAP_CHECK mask=MAY_EXEC appraise_type=imasig\n"

static const char *first_denied(const char *policy, bool labelled, CriticalDenial *ret_denial)
{
        _cleanup_simulator_ Simulator *s = fixture_simulator(policy);

        return critical_find_denial(s, NULL, labelled, ret_denial) > 0 ? ret_denial->file->path
                                                                       : NULL;
}

Test(critical, unlabelled_programs_stop_at_init)
{
        CriticalDenial denial = { 0 };

        cr_expect_str_eq(first_denied(PSEUDO SIGNED_PROGRAMS, false, &denial), "/sbin/init");
        cr_expect_eq(denial.func, RULE_FUNC_BPRM_CHECK);
        cr_expect_eq(denial.decision.classes[SIMULATE_CLASS_APPRAISE].rule, 5);
        cr_expect_str_eq(denial.appraisal.cause, "IMA-signature-required");
}

Test(critical, signed_programs_come_up)
{
        CriticalDenial denial = { 0 };

        cr_expect_null(first_denied(PSEUDO SIGNED_PROGRAMS, true, &denial));
        cr_expect_null(first_denied("measure\naudit\n", false, &denial));
}

/* What is found everywhere on the net. */
Test(critical, writes_to_pseudo_file_systems_are_denied_without_exclusions)
{
        CriticalDenial denial = { 0 };

        cr_expect_str_eq(first_denied("appraise func=FILE_CHECK mask=MAY_WRITE\n", true, &denial),
                        "/proc/sys/kernel/hostname");
        cr_expect_null(denial.appraisal.cause, "the kernel tells no cause");
        cr_expect_null(first_denied(
                        PSEUDO "appraise func=FILE_CHECK mask=MAY_WRITE\n", true, &denial));
}

Test(critical, paths_are_found_where_distributions_put_them)
{
        cr_expect_not_null(critical_find("/usr/sbin/init"));
        cr_expect_not_null(critical_find("/usr/lib/x86_64-linux-gnu/libc.so.6"));
        cr_expect_not_null(critical_find("/lib/aarch64-linux-gnu/security/pam_unix.so"));
        cr_expect_null(critical_find("/usr/bin/vim"));
        cr_expect_null(critical_find("/usr/lib/other/libc.so.6"));
        cr_expect_null(critical_find("/usr/lib"));
}
