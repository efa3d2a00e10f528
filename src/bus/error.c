/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/error.h"

#include <errno.h>

#include "base/strings.h"
#include "bus/names.h"

/* The first row with an errno or exit code is the one that it maps to. */
static const struct {
        const char *name;
        int error; /* 0: no errno maps to it */
        ExitCode code;
} errors[] = {
        {BUS_ERROR_POLICY_INVALID,                         EBADMSG,    EXIT_CODE_INVALID_INPUT},
        { BUS_ERROR_INVALID_OPTION,                        EINVAL,     EXIT_CODE_USAGE        },
        { BUS_ERROR_NOT_SUPPORTED,                         EOPNOTSUPP, EXIT_CODE_NOT_SUPPORTED},
        { BUS_ERROR_BUSY,                                  EBUSY,      EXIT_CODE_FAILURE      },
        { BUS_ERROR_LIMIT_EXCEEDED,                        EDQUOT,     EXIT_CODE_FAILURE      },
        { BUS_ERROR_NOT_FOUND,                             ENOENT,     EXIT_CODE_NOT_FOUND    },
        { BUS_ERROR_AUTHORIZATION_FAILED,                  EACCES,     EXIT_CODE_NOT_PERMITTED},
        { BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,    0,          EXIT_CODE_NOT_PERMITTED},
        { BUS_ERROR_UNREACHABLE,                           EHOSTDOWN,  EXIT_CODE_NO_DAEMON    },
        { BUS_ERROR_MISMATCH,                              0,          EXIT_CODE_MISMATCH     },
        { BUS_ERROR_MALFORMED,                             0,          EXIT_CODE_MALFORMED    },
        { SD_BUS_ERROR_ACCESS_DENIED,                      0,          EXIT_CODE_NOT_PERMITTED},
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, 0,          EXIT_CODE_NOT_PERMITTED},
        { SD_BUS_ERROR_SERVICE_UNKNOWN,                    0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER,                  0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_NO_REPLY,                           0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_DISCONNECTED,                       0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_TIMEOUT,                            0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_NO_SERVER,                          0,          EXIT_CODE_NO_DAEMON    },
        { SD_BUS_ERROR_UNKNOWN_METHOD,                     0,          EXIT_CODE_NOT_SUPPORTED},
        { SD_BUS_ERROR_UNKNOWN_OBJECT,                     0,          EXIT_CODE_NOT_FOUND    },
};

/* Names of which only the beginning is known: activations that failed. */
static const char *const unreachable_prefixes[] = {
        "org.freedesktop.DBus.Error.Spawn.",
        "org.freedesktop.systemd1.",
};

const char *bus_error_from_errno(int error)
{
        if (error == -EROFS || error == -ENODEV || error == -ENOSYS)
                return BUS_ERROR_NOT_SUPPORTED;
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (error < 0 && errors[i].error == -error)
                        return errors[i].name;
        return BUS_ERROR_FAILED;
}

const char *bus_error_from_exit_code(ExitCode code)
{
        if (code == EXIT_CODE_FAILURE)
                return BUS_ERROR_FAILED;
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (errors[i].code == code && string_after(errors[i].name, BUS_NAME ".Error."))
                        return errors[i].name;
        return BUS_ERROR_FAILED;
}

ExitCode bus_error_to_exit_code(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (string_equal(errors[i].name, name))
                        return errors[i].code;
        for (size_t i = 0; i < ELEMENTSOF(unreachable_prefixes); i++)
                if (string_after(name, unreachable_prefixes[i]))
                        return EXIT_CODE_NO_DAEMON;
        return EXIT_CODE_FAILURE;
}
