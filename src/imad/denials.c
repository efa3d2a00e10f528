/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/denials.h"

#include <errno.h>
#include <inttypes.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/message-id.h"

/* Records taken between two looks at the bus. */
#define RECORDS_MAX 64

struct Denials {
        AuditListener *listener;
        sd_event_source *source;
        DenialLimit limit;
};

bool denial_limit_pass(DenialLimit *limit, usec_t now_usec, uint64_t *ret_held_back)
{
        *ret_held_back = 0;
        if (limit->begin_usec == 0 || now_usec >= limit->begin_usec + DENIALS_INTERVAL_USEC) {
                *ret_held_back = limit->held_back;
                *limit = (DenialLimit){ .begin_usec = now_usec };
        }
        if (limit->told >= DENIALS_PER_INTERVAL) {
                limit->held_back++;
                return false;
        }
        limit->told++;
        return true;
}

static char *escape(const char *text)
{
        return text ? escape_text(text, strlen(text), 0) : strdup("?");
}

int denial_format(const AuditIntegrity *record, char **ret_text)
{
        _cleanup_free_ char *process = escape(record->process), *file = escape(record->file),
                            *cause = escape(record->cause);
        const char *who = record->type == AUDIT_TYPE_METADATA ? "EVM" : "IMA";

        if (!process || !file || !cause)
                return -ENOMEM;
        return asprintf(ret_text, "%s denied %s (pid %d) %s: %s", who, process, (int) record->pid,
                               file, cause) < 0
                               ? -ENOMEM
                               : 0;
}

static void tell(Denials *denials, const AuditIntegrity *record)
{
        _cleanup_free_ char *text = NULL;
        uint64_t held_back;
        bool pass = denial_limit_pass(&denials->limit, time_now(CLOCK_MONOTONIC), &held_back);

        if (held_back > 0)
                log_warning("%" PRIu64 " further denials were not told one by one", held_back);
        if (pass && denial_format(record, &text) >= 0)
                log_event(LOG_WARNING, MESSAGE_ID_DENIED, NULL, "%s", text);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Denials *denials = userdata;
        int r = 1;

        for (unsigned i = 0; i < RECORDS_MAX && r > 0; i++) {
                _cleanup_audit_ AuditIntegrity record = { 0 };

                r = audit_listener_read(denials->listener, &record);
                if (r > 0 && audit_integrity_is_denial(&record))
                        tell(denials, &record);
        }
        if (r == -ENOBUFS) {
                log_warning("the kernel dropped audit records, some denials are not told");
        } else if (r < 0) {
                log_warning("audit records cannot be read, denials are no longer told: %s",
                                strerror(-r));
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
        return 0;
}

int denials_new(sd_event *event, Denials **ret_denials)
{
        _cleanup_(denials_freep) Denials *denials = calloc(1, sizeof(*denials));
        int r;

        if (!denials)
                return -ENOMEM;
        r = audit_listener_new(&denials->listener);
        if (r >= 0)
                r = sd_event_add_io(event, &denials->source,
                                audit_listener_get_fd(denials->listener), EPOLLIN, on_readable,
                                denials);
        if (r < 0)
                return r;
        *ret_denials = TAKE_PTR(denials);
        return 0;
}

Denials *denials_free(Denials *denials)
{
        if (denials) {
                sd_event_source_disable_unref(denials->source);
                audit_listener_free(denials->listener);
                free(denials);
        }
        return NULL;
}
