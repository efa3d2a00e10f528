/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include "base/escape.h"
#include "helpers/imad-bless/facts.h"
#include "system/audit.h"

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

/* The value of a field of the current entry: borrowed, not terminated. */
static bool get_field(
                sd_journal *journal, const char *name, const char **ret_text, size_t *ret_size)
{
        const void *data;
        size_t size, prefix = strlen(name) + 1;

        if (sd_journal_get_data(journal, name, &data, &size) < 0 || size < prefix)
                return false;
        *ret_text = (const char *) data + prefix;
        *ret_size = size - prefix;
        return true;
}

/*
 * The kernel log has records whole. journald's audit socket, which gets them where auditd runs,
 * gives the type as a field of its own and its name in the place of the time; journald-audit.c.
 */
static int decode_entry(sd_journal *journal, AuditIntegrity *ret_record)
{
        _cleanup_free_ char *line = NULL, *number = NULL;
        const char *text, *type, *rest;
        size_t size, type_size;
        uint64_t value;

        if (!get_field(journal, "MESSAGE", &text, &size))
                return 0;
        if (!get_field(journal, "_AUDIT_TYPE", &type, &type_size))
                return audit_decode(text, size, ret_record);
        rest = memchr(text, ' ', size);
        number = strndup(type, type_size);
        if (!number)
                return -ENOMEM;
        if (!rest || parse_u64(number, INT32_MAX, &value) < 0)
                return 0;
        if (asprintf(&line, "audit(0.000:0):%.*s", (int) (size - (size_t) (rest - text)), rest) < 0)
                return -ENOMEM;
        return audit_decode_typed((int) value, line, strlen(line), ret_record);
}

int facts_read_denials(BlessFacts *facts)
{
        char match[sizeof("_BOOT_ID=") + SD_ID128_STRING_MAX] = "_BOOT_ID=";
        sd_journal *journal = NULL;
        sd_id128_t boot;
        int r = sd_id128_get_boot(&boot);

        if (r >= 0)
                r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r < 0)
                return r;
        (void) sd_id128_to_string(boot, match + strlen(match));
        r = sd_journal_add_match(journal, match, 0);
        if (r >= 0)
                r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
        if (r >= 0)
                r = sd_journal_add_match(journal, "_TRANSPORT=audit", 0);
        while (r >= 0 && facts->denials.count < DENIALS_MAX && (r = sd_journal_next(journal)) > 0) {
                _cleanup_audit_ AuditIntegrity record = { 0 };

                if (decode_entry(journal, &record) > 0 && audit_integrity_is_denial(&record))
                        r = add_denial(facts, &record);
        }
        sd_journal_close(journal);
        return r;
}
