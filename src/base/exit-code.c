/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/exit-code.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"

static const char *const descriptions[EXIT_CODE_MAX] = {
        [EXIT_CODE_OK] = "success, also when there was nothing to do",
        [EXIT_CODE_FAILURE] = "failure that no other code fits",
        [EXIT_CODE_USAGE] = "wrong verb, option or argument",
        [EXIT_CODE_NOT_FOUND] = "the named object does not exist",
        [EXIT_CODE_INVALID_INPUT] = "a fragment or configuration file has errors",
        [EXIT_CODE_NOT_PERMITTED] = "not permitted or not authorised",
        [EXIT_CODE_MISMATCH] = "verification failed: values do not match",
        [EXIT_CODE_NO_DAEMON] = "imad cannot be reached on D-Bus",
        [EXIT_CODE_NOT_SUPPORTED] = "this kernel or machine lacks what is needed",
        [EXIT_CODE_MALFORMED] = "a binary file or list is malformed",
        [EXIT_CODE_CHANGED] = "success with changes (with --detailed-exitcode only)",
        [EXIT_CODE_DIFFERENT] = "the compared policies differ in effect",
};

static const struct {
        int error;
        ExitCode code;
} error_codes[] = {
        {ENOENT,        EXIT_CODE_NOT_FOUND    },
        { ESRCH,        EXIT_CODE_NOT_FOUND    },
        { EBADMSG,      EXIT_CODE_INVALID_INPUT},
        { EACCES,       EXIT_CODE_NOT_PERMITTED},
        { EPERM,        EXIT_CODE_NOT_PERMITTED},
        { EOPNOTSUPP,   EXIT_CODE_NOT_SUPPORTED},
        { ENOSYS,       EXIT_CODE_NOT_SUPPORTED},
        { EHOSTDOWN,    EXIT_CODE_NO_DAEMON    },
        { ECONNREFUSED, EXIT_CODE_NO_DAEMON    },
};

const char *exit_code_describe(ExitCode code)
{
        return code < EXIT_CODE_MAX ? descriptions[code] : "unknown exit code";
}

ExitCode exit_code_from_errno(int error)
{
        if (error >= 0)
                return EXIT_CODE_OK;
        for (size_t i = 0; i < ELEMENTSOF(error_codes); i++)
                if (error_codes[i].error == -error)
                        return error_codes[i].code;
        return EXIT_CODE_FAILURE;
}
