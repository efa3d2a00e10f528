/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/file-use.h"

#include <criterion/criterion.h>

Test(file_use, paths_and_modes_tell_the_normal_use)
{
        cr_expect_eq(file_use_guess("/usr/bin/true", 0755), BIT(FILE_USE_EXECUTE));
        cr_expect_eq(file_use_guess("/etc/passwd", 0644), BIT(FILE_USE_READ));
        cr_expect_eq(file_use_guess("/usr/lib/x86_64-linux-gnu/libc.so.6", 0755),
                        BIT(FILE_USE_MAP));
        cr_expect_eq(file_use_guess("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", 0755),
                        BIT(FILE_USE_LOADER));
        cr_expect_eq(file_use_guess("/lib/modules/6.1.0/kernel/fs/xfs.ko", 0644),
                        BIT(FILE_USE_MODULE));
        cr_expect_eq(file_use_guess("/lib/modules/6.1.0/modules.dep", 0644), BIT(FILE_USE_READ));
        cr_expect_eq(file_use_guess("/usr/lib/firmware/regulatory.db", 0644),
                        BIT(FILE_USE_FIRMWARE));
        cr_expect_eq(file_use_guess("/etc/ima/ima-policy", 0600), BIT(FILE_USE_POLICY));
        cr_expect_eq(file_use_guess("/home/a/notes.source", 0644), BIT(FILE_USE_READ));
        cr_expect_eq(file_use_guess("/etc/ld.so.conf", 0644), BIT(FILE_USE_READ));
        cr_expect_eq(file_use_guess("/usr/share/gdb/libstdc++.so.6.0.30-gdb.py", 0644),
                        BIT(FILE_USE_READ));
}

Test(file_use, an_execution_is_several_requests)
{
        FileUseStep steps[FILE_USE_STEPS_MAX];

        cr_assert_eq(file_use_get_steps(FILE_USE_EXECUTE, NULL, steps), 5);
        cr_expect_eq(steps[0].func, RULE_FUNC_FILE_CHECK);
        cr_expect_eq(steps[0].mask, RULE_MASK_EXEC);
        cr_expect_eq(steps[1].func, RULE_FUNC_BPRM_CHECK);
        cr_expect_eq(steps[2].func, RULE_FUNC_CREDS_CHECK);
        cr_expect_eq(steps[3].func, RULE_FUNC_MMAP_CHECK_REQPROT);
        cr_expect_eq(steps[4].func, RULE_FUNC_MMAP_CHECK);
}

Test(file_use, a_script_is_executed_and_not_mapped)
{
        FileUseStep steps[FILE_USE_STEPS_MAX];

        cr_assert_eq(file_use_from_string("script"), FILE_USE_SCRIPT);
        cr_assert_eq(file_use_get_steps(FILE_USE_SCRIPT, NULL, steps), 3);
        cr_expect_eq(steps[1].func, RULE_FUNC_BPRM_CHECK);
        cr_expect_eq(steps[2].func, RULE_FUNC_CREDS_CHECK);
}

Test(file_use, older_kernels_have_fewer_hooks)
{
        _cleanup_(target_freep) Target *target = NULL;
        FileUseStep steps[FILE_USE_STEPS_MAX];

        cr_assert_eq(target_new("6.1.0", NULL, &target), 0);
        cr_assert_eq(file_use_get_steps(FILE_USE_MAP, target, steps), 2);
        cr_expect_eq(steps[1].func, RULE_FUNC_MMAP_CHECK);
}

Test(file_use, set_id_bits_count_when_the_program_is_mapped)
{
        Request request = {
                .func = RULE_FUNC_CREDS_CHECK,
                .owner = 5,
                .owner_group = 6,
                .user = {1,  0, 2, true},
                .group = { 1, 0, 2, true}
        };

        file_use_set_subject(FILE_USE_EXECUTE, 06755, NULL, &request);
        cr_expect_eq(request.user.effective, 0);
        cr_expect_eq(request.user.saved, 0, "the saved id is given up before");
        request.func = RULE_FUNC_MMAP_CHECK;
        file_use_set_subject(FILE_USE_EXECUTE, 02745, NULL, &request);
        cr_expect_eq(request.group.effective, 0, "without the group's permission to execute");
        file_use_set_subject(FILE_USE_EXECUTE, 06755, NULL, &request);
        cr_expect_eq(request.user.effective, 5);
        cr_expect_eq(request.group.saved, 6);
        cr_expect_eq(request.user.real, 1);
        cr_expect_not(request.user.any);
        request.user = (RequestIds){ 1, 0, 2, true };
        file_use_set_subject(FILE_USE_MAP, 06755, NULL, &request);
        cr_expect_eq(request.user.effective, 0);
}

Test(file_use, apparmor_does_not_tell_the_subject_of_new_credentials)
{
        _cleanup_(target_freep) Target *target = NULL;
        Request request = { .func = RULE_FUNC_BPRM_CHECK, .labels = { [1] = "unconfined" } };

        cr_assert_eq(target_new("6.12.0", NULL, &target), 0);
        target->lsm = TARGET_LSM_APPARMOR;
        file_use_set_subject(FILE_USE_EXECUTE, 0755, target, &request);
        cr_expect_not_null(request.labels[1]);
        request.func = RULE_FUNC_CREDS_CHECK;
        file_use_set_subject(FILE_USE_EXECUTE, 0755, target, &request);
        cr_expect_null(request.labels[1]);
}

Test(file_use, names_go_both_ways)
{
        for (int i = 0; i < FILE_USE_MAX; i++)
                cr_expect_eq(file_use_from_string(file_use_to_string((FileUse) i)), (FileUse) i);
        cr_expect_eq(file_use_from_string("eat"), FILE_USE_INVALID);
}
