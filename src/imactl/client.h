/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to imad on the system bus, and how its errors are reported. */
#pragma once

#include <systemd/sd-bus.h>

#include "imactl/report.h"

/* Connects; reports when that fails. EXIT_CODE_OK and a connection, else the exit code. */
ExitCode client_connect(const Arguments *args, sd_bus **ret_bus);

/*
 * Calls a method without a time limit, as authorisation may need a person. `signature` may be NULL
 * for no arguments; message types as in sd_bus_message_append(). Reports what fails.
 */
ExitCode client_call(const Arguments *args, sd_bus *bus, sd_bus_message *message,
                sd_bus_message **ret_reply);

/* Makes a call message that allows asking for a password unless --no-ask-password is given. */
int client_new_call(const Arguments *args, sd_bus *bus, const char *path, const char *interface,
                const char *method, sd_bus_message **ret_message);

/* Reports a D-Bus error. `error` may be unset; then `r`, a negative errno, counts. */
ExitCode client_report(const Arguments *args, const sd_bus_error *error, int r);

/* Reports an answer that is not what the interface promises. */
ExitCode client_report_bad_answer(const Arguments *args, const char *what);

#define _cleanup_bus_ _cleanup_(sd_bus_flush_close_unrefp)
#define _cleanup_bus_message_ _cleanup_(sd_bus_message_unrefp)
#define _cleanup_bus_error_ _cleanup_(sd_bus_error_free)
