/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/denial-log.h"

#include <stdio.h>
#include <systemd/sd-journal.h>

#include "base/strings.h"

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

/* The entries of this boot that may hold records. */
static int add_matches(sd_journal *journal)
{
        char match[sizeof("_BOOT_ID=") + SD_ID128_STRING_MAX] = "_BOOT_ID=";
        sd_id128_t boot;
        int r = sd_id128_get_boot(&boot);

        if (r < 0)
                return r;
        (void) sd_id128_to_string(boot, match + strlen(match));
        r = sd_journal_add_match(journal, match, 0);
        if (r >= 0)
                r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
        return r < 0 ? r : sd_journal_add_match(journal, "_TRANSPORT=audit", 0);
}

/* A record that tells no time gets that of its entry. */
static void complete_time(sd_journal *journal, AuditIntegrity *record)
{
        uint64_t usec;

        if (record->time_usec == 0 && sd_journal_get_realtime_usec(journal, &usec) >= 0)
                record->time_usec = usec;
}

int denial_log_read(DenialVisitor *visit, void *userdata)
{
        sd_journal *journal = NULL;
        int r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM), end = 0;

        if (r < 0)
                return r;
        r = add_matches(journal);
        while (r >= 0 && end == 0 && (r = sd_journal_next(journal)) > 0) {
                _cleanup_audit_ AuditIntegrity record = { 0 };

                if (decode_entry(journal, &record) > 0 && audit_integrity_is_denial(&record)) {
                        complete_time(journal, &record);
                        end = visit(userdata, &record);
                }
        }
        sd_journal_close(journal);
        return r < 0 ? r : end;
}
