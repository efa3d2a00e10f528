/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/event-log.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/diag-code.h"
#include "base/tcg-algorithm.h"

#define EV_NO_ACTION 3U
#define SHA1_SIZE 20U

/* Both with their NUL. */
static const char spec_id[16] = "Spec ID Event03";
static const char startup_locality[16] = "StartupLocality";

typedef struct Parser {
        Cursor c;
        EventLog *log;
        DigestContext *contexts[EVENT_LOG_BANKS_MAX];
} Parser;

/* One event; digests[i] is that for bank i of the log, NULL when it has none. */
typedef struct Event {
        uint32_t pcr;
        uint32_t type;
        const uint8_t *digests[EVENT_LOG_BANKS_MAX];
        const uint8_t *data;
        uint32_t data_size;
} Event;

static void parser_done(Parser *parser)
{
        for (size_t i = 0; i < EVENT_LOG_BANKS_MAX; i++)
                digest_context_free(parser->contexts[i]);
}

static int add_bank(Parser *p, uint16_t tcg_id, uint16_t digest_size)
{
        EventLogBank *bank = &p->log->banks[p->log->n_banks];
        HashAlgorithm algorithm = tcg_algorithm_to_hash(tcg_id);

        if (p->log->n_banks == EVENT_LOG_BANKS_MAX)
                return -EBADMSG;
        *bank = (EventLogBank){ HASH_ALGORITHM_INVALID, tcg_id, digest_size, { { 0 } } };
        if (hash_algorithm_size(algorithm) == digest_size &&
                        digest_context_new(algorithm, &p->contexts[p->log->n_banks]) >= 0)
                bank->algorithm = algorithm;
        p->log->n_banks++;
        return 0;
}

/* TCG_PCClientPCREvent: the whole log of TPM 1.2, and the first event of every other. */
static int parse_old_event(Parser *p, Event *ret_event)
{
        Event event = { 0 };

        if (cursor_read_u32(&p->c, &event.pcr) < 0 || cursor_read_u32(&p->c, &event.type) < 0 ||
                        cursor_read_view(&p->c, SHA1_SIZE, &event.digests[0]) < 0 ||
                        cursor_read_u32(&p->c, &event.data_size) < 0 ||
                        cursor_read_view(&p->c, event.data_size, &event.data) < 0)
                return -EBADMSG;
        *ret_event = event;
        return 0;
}

/* TCG_EfiSpecIdEvent: which digests each event has, and how long they are. */
static int parse_spec_id(Parser *p, const Event *event)
{
        Cursor c = cursor_new(event->data, event->data_size);
        const uint8_t *skipped;
        uint32_t n_algorithms;

        /* Signature, platform class, versions and errata, size of a UINTN. */
        if (cursor_read_view(&c, sizeof(spec_id) + 8, &skipped) < 0 ||
                        cursor_read_u32(&c, &n_algorithms) < 0)
                return -EBADMSG;
        for (uint32_t i = 0; i < n_algorithms; i++) {
                uint16_t tcg_id, digest_size;

                if (cursor_read_u16(&c, &tcg_id) < 0 || cursor_read_u16(&c, &digest_size) < 0 ||
                                add_bank(p, tcg_id, digest_size) < 0)
                        return -EBADMSG;
        }
        return n_algorithms > 0 ? 0 : -EBADMSG;
}

static int parse_digest(Parser *p, Event *event)
{
        uint16_t tcg_id;

        if (cursor_read_u16(&p->c, &tcg_id) < 0)
                return -EBADMSG;
        for (size_t i = 0; i < p->log->n_banks; i++) {
                const EventLogBank *bank = &p->log->banks[i];

                if (bank->tcg_id == tcg_id && !event->digests[i])
                        return cursor_read_view(&p->c, bank->digest_size, &event->digests[i]);
        }
        return -EBADMSG;
}

/* TCG_PCR_EVENT2 */
static int parse_agile_event(Parser *p, Event *ret_event)
{
        Event event = { 0 };
        uint32_t n_digests;

        if (cursor_read_u32(&p->c, &event.pcr) < 0 || cursor_read_u32(&p->c, &event.type) < 0 ||
                        cursor_read_u32(&p->c, &n_digests) < 0 || n_digests > p->log->n_banks)
                return -EBADMSG;
        for (uint32_t i = 0; i < n_digests; i++)
                if (parse_digest(p, &event) < 0)
                        return -EBADMSG;
        if (cursor_read_u32(&p->c, &event.data_size) < 0 ||
                        cursor_read_view(&p->c, event.data_size, &event.data) < 0)
                return -EBADMSG;
        *ret_event = event;
        return 0;
}

/* The locality of TPM2_Startup() is the last byte of PCR 0 before the first event. */
static void take_startup_locality(EventLog *log, const Event *event)
{
        if (event->pcr != 0 || event->data_size != sizeof(startup_locality) + 1 ||
                        memcmp(event->data, startup_locality, sizeof(startup_locality)) != 0 ||
                        (log->extended & 1))
                return;
        for (size_t i = 0; i < log->n_banks; i++)
                if (log->banks[i].algorithm >= 0)
                        log->banks[i].pcrs[0][log->banks[i].digest_size - 1] =
                                        event->data[sizeof(startup_locality)];
}

static int extend(Parser *p, const Event *event)
{
        if (event->type == EV_NO_ACTION) {
                take_startup_locality(p->log, event);
                return 0;
        }
        if (event->pcr >= EVENT_LOG_PCRS)
                return -EBADMSG;
        for (size_t i = 0; i < p->log->n_banks; i++) {
                EventLogBank *bank = &p->log->banks[i];
                uint8_t joined[2 * DIGEST_SIZE_MAX];

                if (bank->algorithm < 0 || !event->digests[i])
                        continue;
                memcpy(joined, bank->pcrs[event->pcr], bank->digest_size);
                memcpy(joined + bank->digest_size, event->digests[i], bank->digest_size);
                if (digest_context_hash(p->contexts[i], joined, 2 * (size_t) bank->digest_size,
                                    bank->pcrs[event->pcr]) < 0)
                        return -EIO;
        }
        p->log->extended |= UINT64_C(1) << event->pcr;
        return 0;
}

/* The first event says what the others look like; in a log of TPM 1.2 it is one like them. */
static int parse_first(Parser *p)
{
        Event event;

        if (parse_old_event(p, &event) < 0)
                return -EBADMSG;
        p->log->agile = event.type == EV_NO_ACTION && event.data_size >= sizeof(spec_id) &&
                        memcmp(event.data, spec_id, sizeof(spec_id)) == 0;
        if (p->log->agile)
                return parse_spec_id(p, &event);
        p->log->events = 1;
        return add_bank(p, 0x0004, SHA1_SIZE) < 0 ? -EBADMSG : extend(p, &event);
}

int event_log_replay(const void *bytes, size_t size, EventLog *ret_log, DiagList *diags,
                const char *source)
{
        _cleanup_(parser_done) Parser p = { .c = cursor_new(bytes, size), .log = ret_log };
        size_t start = 0;
        int r;

        *ret_log = (EventLog){ 0 };
        if (size > EVENT_LOG_SIZE_MAX)
                return -E2BIG;
        r = size > 0 ? parse_first(&p) : 0;
        while (r >= 0 && cursor_left(&p.c) > 0) {
                Event event;

                start = p.c.offset;
                r = ret_log->agile ? parse_agile_event(&p, &event) : parse_old_event(&p, &event);
                if (r >= 0)
                        r = extend(&p, &event);
                if (r >= 0)
                        ret_log->events++;
        }
        if (r == -EBADMSG)
                return diag_error(diags, DIAG_CODE_EVENT_LOG, (DiagPlace){ .source = source },
                                "the events before it are valid; copy the log again",
                                "event %" PRIu64 " at byte %zu is cut off or malformed",
                                ret_log->events + 1, start);
        return r;
}

int event_log_get_pcr(const EventLog *log, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest)
{
        for (size_t i = 0; pcr < EVENT_LOG_PCRS && i < log->n_banks; i++) {
                Digest digest = { .algorithm = bank, .size = hash_algorithm_size(bank) };

                if (log->banks[i].algorithm != bank)
                        continue;
                memcpy(digest.bytes, log->banks[i].pcrs[pcr], digest.size);
                *ret_digest = digest;
                return 0;
        }
        return -ENOENT;
}
