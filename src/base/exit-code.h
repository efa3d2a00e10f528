/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exit codes of all programs and verbs, in one table; imactl(1) prints the same table. */
#pragma once

typedef enum ExitCode {
        EXIT_CODE_OK = 0,
        EXIT_CODE_FAILURE = 1,
        EXIT_CODE_USAGE = 2,
        EXIT_CODE_NOT_FOUND = 3,
        EXIT_CODE_INVALID_INPUT = 4,
        EXIT_CODE_NOT_PERMITTED = 5,
        EXIT_CODE_MISMATCH = 6,
        EXIT_CODE_NO_DAEMON = 7,
        EXIT_CODE_NOT_SUPPORTED = 8,
        EXIT_CODE_MALFORMED = 9,
        EXIT_CODE_CHANGED = 10,
        EXIT_CODE_DIFFERENT = 11,
        EXIT_CODE_MAX,
} ExitCode;

/* One line for people; never NULL. */
const char *exit_code_describe(ExitCode code);

/* The exit code that fits a negative errno. */
ExitCode exit_code_from_errno(int error);
