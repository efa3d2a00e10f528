/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "system/file-trial.h"

Test(file_trial, programs_and_libraries_that_cannot_be_used_are_told)
{
        cr_assert_eq(file_trial_execute("/bin/sh"), 0);
        cr_assert_eq(file_trial_execute("/etc/passwd"), -EACCES);
        cr_assert_eq(file_trial_map("/bin/sh"), 0);
        cr_assert_eq(file_trial_map("/no/such/file"), -ENOENT);
        cr_assert_eq(file_trial_map("/dev/null"), -ENOEXEC);
}

Test(file_trial, uses_are_told_apart)
{
        cr_assert_eq(file_trial_use(FILE_USE_READ, "/etc/passwd"), 0);
        cr_assert_eq(file_trial_use(FILE_USE_EXECUTE, "/etc/passwd"), -EACCES);
        cr_assert_eq(file_trial_use(FILE_USE_WRITE, "/etc/passwd"), -EOPNOTSUPP);
        cr_assert_eq(file_trial_use(FILE_USE_INVALID, "/etc/passwd"), -EOPNOTSUPP);
}
