/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

#include "base/escape.h"
#include "helpers/imad-bless/facts.h"
#include "system/denial-log.h"

#define DENIALS_MAX 20
#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"

static int read_failed_units(sd_bus *bus, StringList *units)
{
        sd_bus_message *reply = NULL;
        const char *name;
        int r = sd_bus_call_method(bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitsFiltered",
                        NULL, &reply, "as", 1, "failed");

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "ssssssouso")) > 0) {
                r = sd_bus_message_read(reply, "s", &name);
                if (r >= 0)
                        r = string_list_add(units, name);
                if (r >= 0)
                        r = sd_bus_message_skip(reply, "sssssouso");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        sd_bus_message_unref(reply);
        return r;
}

static int read_default_target(sd_bus *bus, bool *ret_up)
{
        sd_bus_message *reply = NULL;
        char *state = NULL;
        const char *path;
        int r = sd_bus_call_method(bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "GetUnit", NULL,
                        &reply, "s", "default.target");

        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                r = sd_bus_get_property_string(
                                bus, SYSTEMD, path, SYSTEMD ".Unit", "ActiveState", NULL, &state);
        if (r >= 0)
                *ret_up = string_equal(state, "active");
        free(state);
        sd_bus_message_unref(reply);
        return r;
}

int facts_ask_systemd(BlessFacts *facts)
{
        sd_bus *bus = NULL;
        int r = sd_bus_open_system(&bus);

        if (r >= 0)
                r = read_default_target(bus, &facts->up);
        if (r >= 0)
                r = read_failed_units(bus, &facts->failed);
        sd_bus_flush_close_unref(bus);
        return r;
}

static int add_denial(BlessFacts *facts, const AuditIntegrity *record)
{
        const char *file = record->file ?: "?", *cause = record->cause ?: "?";
        _cleanup_free_ char *clean = escape_text(file, strlen(file), 0), *text = NULL;

        if (!clean || asprintf(&text, "IMA denied %s: %s", clean, cause) < 0)
                return -ENOMEM;
        return string_list_contains(&facts->denials, text) ? 0
                                                           : string_list_add(&facts->denials, text);
}

static int take_denial(void *userdata, const AuditIntegrity *record)
{
        BlessFacts *facts = userdata;
        int r = add_denial(facts, record);

        return r < 0 ? r : facts->denials.count >= DENIALS_MAX;
}

int facts_read_denials(BlessFacts *facts)
{
        return denial_log_read(take_denial, facts);
}
