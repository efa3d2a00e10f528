/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"
#include "bus/error.h"
#include "bus/names.h"

Test(error, errno_maps_to_a_name)
{
        cr_expect_str_eq(bus_error_from_errno(-EBADMSG), BUS_ERROR_POLICY_INVALID);
        cr_expect_str_eq(bus_error_from_errno(-ENODEV), BUS_ERROR_NOT_SUPPORTED);
        cr_expect_str_eq(bus_error_from_errno(-EIO), BUS_ERROR_FAILED);
        cr_expect_str_eq(bus_error_from_errno(0), BUS_ERROR_FAILED);
}

Test(error, exit_code_survives_the_way_over_the_bus)
{
        static const ExitCode codes[] = { EXIT_CODE_FAILURE, EXIT_CODE_USAGE, EXIT_CODE_NOT_FOUND,
                EXIT_CODE_INVALID_INPUT, EXIT_CODE_NOT_PERMITTED, EXIT_CODE_NOT_SUPPORTED };

        for (size_t i = 0; i < ELEMENTSOF(codes); i++)
                cr_expect_eq(bus_error_to_exit_code(bus_error_from_exit_code(codes[i])), codes[i],
                                "%d", codes[i]);
}

Test(error, names_of_the_bus_mean_no_daemon)
{
        cr_expect_eq(bus_error_to_exit_code(SD_BUS_ERROR_SERVICE_UNKNOWN), EXIT_CODE_NO_DAEMON);
        cr_expect_eq(bus_error_to_exit_code(SD_BUS_ERROR_NO_REPLY), EXIT_CODE_NO_DAEMON);
}

Test(error, denial_is_not_permitted)
{
        cr_expect_eq(bus_error_to_exit_code(BUS_ERROR_AUTHORIZATION_FAILED),
                        EXIT_CODE_NOT_PERMITTED);
        cr_expect_eq(bus_error_to_exit_code(BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED),
                        EXIT_CODE_NOT_PERMITTED);
}

Test(error, unknown_name_is_a_failure)
{
        cr_expect_eq(bus_error_to_exit_code("com.example.Error"), EXIT_CODE_FAILURE);
}
