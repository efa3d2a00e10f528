/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#define FIELDS_MAX 16

static struct {
        const char *identifier;
        bool journal;
        int max_priority;
} log_state = { .identifier = "imad", .max_priority = LOG_INFO };

/* $JOURNAL_STREAM names device and inode of the stream that systemd connected; systemd.exec(5). */
static bool stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2) /* NOLINT(cert-err34-c) */
                return false;
        return fstat(STDERR_FILENO, &st) >= 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *identifier)
{
        log_state.identifier = identifier;
        log_state.journal = stderr_is_journal();
}

void log_set_max_priority(int priority)
{
        log_state.max_priority = priority;
}

static void add_field(struct iovec *iov, int *n, const char *text)
{
        iov[(*n)++] = (struct iovec){ .iov_base = (void *) text, .iov_len = strlen(text) };
}

static void send_to_journal(int priority, const char *message_id, const char *const *fields,
                const char *message)
{
        struct iovec iov[FIELDS_MAX + 4];
        char priority_field[sizeof("PRIORITY=0")], identifier[64], id_field[64];
        int n = 0;

        (void) snprintf(priority_field, sizeof(priority_field), "PRIORITY=%d", priority & 7);
        (void) snprintf(identifier, sizeof(identifier), "SYSLOG_IDENTIFIER=%s",
                        log_state.identifier);
        add_field(iov, &n, message);
        add_field(iov, &n, priority_field);
        add_field(iov, &n, identifier);
        if (message_id) {
                (void) snprintf(id_field, sizeof(id_field), "MESSAGE_ID=%s", message_id);
                add_field(iov, &n, id_field);
        }
        for (int i = 0; fields && fields[i] && i < FIELDS_MAX; i++)
                add_field(iov, &n, fields[i]);
        (void) sd_journal_sendv(iov, n);
}

void log_event(int priority, const char *message_id, const char *const *fields, const char *format,
                ...)
{
        static const char prefix[] = "MESSAGE=";
        _cleanup_free_ char *text = NULL, *message = NULL;
        int saved_errno = errno, r;
        va_list args;

        if (priority > log_state.max_priority)
                return;
        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        if (r < 0) {
                text = NULL;
                return;
        }
        if (!log_state.journal) {
                fprintf(stderr, "%s: %s\n", log_state.identifier, text);
        } else if (asprintf(&message, "%s%s", prefix, text) >= 0) {
                send_to_journal(priority, message_id, fields, message);
        }
        errno = saved_errno;
}

void log_diags(const DiagList *diags)
{
        static const int priorities[DIAG_SEVERITY_MAX] = { LOG_ERR, LOG_WARNING, LOG_NOTICE };

        for (size_t i = 0; i < diags->count; i++) {
                const Diag *d = &diags->items[i];

                log_event(priorities[d->severity], NULL, NULL, "%s:%u: %s%s%s",
                                d->source ? d->source : "-", d->line, d->message,
                                d->hint ? "; " : "", d->hint ? d->hint : "");
        }
}
