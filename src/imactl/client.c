/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/client.h"

#include "bus/error.h"
#include "bus/names.h"
#include "imactl/agent.h"

static const char unreachable_hint[] =
                "start it with 'systemctl start imad.service'; 'journalctl -u imad.service' says "
                "why "
                "it does not run; 'imactl doctor' and 'imactl policy check' work without it";

static const char permission_hint[] = "ask the administrator, or run the command as root";

static const char *get_hint(ExitCode code)
{
        if (code == EXIT_CODE_NO_DAEMON)
                return unreachable_hint;
        return code == EXIT_CODE_NOT_PERMITTED ? permission_hint : NULL;
}

/* errno of a connection that never was or broke. */
static bool connection_failed(int error)
{
        static const int errors[] = { ENOENT, ECONNREFUSED, ECONNRESET, ENOTCONN, EHOSTDOWN, EPIPE,
                ETIMEDOUT, EADDRNOTAVAIL, ENOTDIR };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (errors[i] == -error)
                        return true;
        return false;
}

static ExitCode report_unreachable(const Arguments *args, const char *cause)
{
        return report_error(args, EXIT_CODE_NO_DAEMON, unreachable_hint,
                        "imad cannot be reached: %s", cause);
}

ExitCode client_report(const Arguments *args, const sd_bus_error *error, int r)
{
        ExitCode code;

        if (!sd_bus_error_is_set(error))
                return connection_failed(r) ? report_unreachable(args, strerror(-r))
                                            : report_error(args, exit_code_from_errno(r), NULL,
                                                              "the call to imad failed: %s",
                                                              strerror(-r));
        code = bus_error_to_exit_code(error->name);
        if (code == EXIT_CODE_NO_DAEMON)
                return report_unreachable(args, error->message ?: error->name);
        return report_failure(args, &(Failure){ .code = code,
                                                    .name = error->name,
                                                    .message = error->message ?: error->name,
                                                    .hint = get_hint(code) });
}

ExitCode client_report_bad_answer(const Arguments *args, const char *what)
{
        return report_error(args, EXIT_CODE_FAILURE, "are imactl and imad of the same version?",
                        "imad gave an answer that cannot be read: %s", what);
}

ExitCode client_connect(const Arguments *args, sd_bus **ret_bus)
{
        int r = sd_bus_open_system(ret_bus);

        if (r < 0)
                return report_error(args, EXIT_CODE_NO_DAEMON, unreachable_hint,
                                "imad cannot be reached: no system bus: %s", strerror(-r));
        return EXIT_CODE_OK;
}

int client_new_call(const Arguments *args, sd_bus *bus, const char *path, const char *interface,
                const char *method, sd_bus_message **ret_message)
{
        int r = sd_bus_message_new_method_call(bus, ret_message, BUS_NAME, path, interface, method);

        if (r < 0)
                return r;
        return sd_bus_message_set_allow_interactive_authorization(
                        *ret_message, !arguments_have(args, OPTION_NO_ASK_PASSWORD));
}

ExitCode client_call(const Arguments *args, sd_bus *bus, sd_bus_message *message,
                sd_bus_message **ret_reply)
{
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        agent_open(args);
        r = sd_bus_call(bus, message, UINT64_MAX, &error, ret_reply);
        agent_close();
        return r < 0 ? client_report(args, &error, r) : EXIT_CODE_OK;
}
