/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/exit-code.h"

Test(exit_code, every_code_is_described)
{
        for (ExitCode code = 0; code < EXIT_CODE_MAX; code++)
                cr_assert_not_null(exit_code_describe(code));
}

Test(exit_code, errno_maps_to_its_code)
{
        cr_assert_eq(exit_code_from_errno(0), EXIT_CODE_OK);
        cr_assert_eq(exit_code_from_errno(-EACCES), EXIT_CODE_NOT_PERMITTED);
        cr_assert_eq(exit_code_from_errno(-EBADMSG), EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(exit_code_from_errno(-ENOSPC), EXIT_CODE_FAILURE);
}
