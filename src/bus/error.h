/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table between D-Bus error names, errno and exit codes; daemon and client share it. */
#pragma once

#include <systemd/sd-bus.h>

#include "base/exit-code.h"

/* The error name for a negative errno; never NULL, BUS_ERROR_FAILED for what no other fits. */
const char *bus_error_from_errno(int error);

/* The error name for a failed program's exit code; never NULL. */
const char *bus_error_from_exit_code(ExitCode code);

/*
 * The exit code for an error name, of imad or of the bus itself (service unknown, no reply, access
 * denied): EXIT_CODE_FAILURE when it is in no table.
 */
ExitCode bus_error_to_exit_code(const char *name);
