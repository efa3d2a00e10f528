/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/entries.h"

#include <errno.h>

#include "base/escape.h"
#include "base/strings.h"
#include "base/time.h"
#include "base/utf8.h"
#include "bus/error.h"
#include "bus/names.h"
#include "core/measurements/template.h"
#include "imad/limits.h"
#include "imad/manager.h"
#include "system/securityfs.h"

#define READ_SIZE ((size_t) 64 * 1024)
#define READS_MAX 16
/* How long an open list waits for the client's next page. */
#define POSITION_KEPT_USEC (30 * USEC_PER_SEC)

struct EntriesPage {
        Manager *manager;
        EntriesRequest request;
        EntriesPosition position;
        sd_bus_message *message;
        sd_bus_message *reply; /* open at its array of entries */
        uint32_t n_entries;
        sd_event_source *reading;
};

static void position_done(EntriesPosition *position)
{
        if (position->reader)
                (void) close(position->fd);
        position->reader = measurement_reader_free(position->reader);
        *position = (EntriesPosition){ 0 };
}

static EntriesPage *page_free(EntriesPage *page)
{
        if (page) {
                sd_event_source_disable_unref(page->reading);
                sd_bus_message_unref(page->message);
                sd_bus_message_unref(page->reply);
                position_done(&page->position);
                free(page);
        }
        return NULL;
}
DEFINE_CLEANUP_FUNC(EntriesPage *, page_free)

static void remove_page(EntriesPage *page)
{
        Entries *entries = &page->manager->entries;

        for (size_t i = 0; i < entries->count; i++)
                if (entries->pages[i] == page) {
                        entries->pages[i] = entries->pages[--entries->count];
                        break;
                }
        page_free(page);
}

void entries_done(Entries *entries)
{
        while (entries->count > 0)
                page_free(entries->pages[--entries->count]);
        position_done(&entries->last);
        entries->expiry = sd_event_source_disable_unref(entries->expiry);
}

static int position_open(int root_fd, EntriesPosition *ret_position)
{
        _cleanup_close_ int fd = -EBADF;
        MeasurementReader *reader;
        int r = securityfs_open_list(root_fd, HASH_SHA1, &fd);

        if (r >= 0)
                r = measurement_reader_new(hash_algorithm_size(HASH_SHA1),
                                __BYTE_ORDER == __BIG_ENDIAN, &reader);
        if (r < 0)
                return r;
        *ret_position = (EntriesPosition){ .fd = TAKE_FD(fd), .reader = reader, .next = 1 };
        return 0;
}

/* D-Bus strings are UTF-8; a file name that is not goes as bytes, under a key of its own. */
static int append_name(sd_bus_message *reply, const MeasurementView *view)
{
        _cleanup_free_ char *name = strndup(view->name ? view->name : "", view->name_size);
        int r;

        if (!name)
                return -ENOMEM;
        if (utf8_is_valid(name, strlen(name)))
                return sd_bus_message_append(reply, "{sv}", "name", "s", name);
        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 's', "name_bytes");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "ay");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', view->name, view->name_size);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static void format_digest(const Digest *digest, char *text, size_t size)
{
        char hex[2 * DIGEST_SIZE_MAX + 1];

        hex_encode(digest->bytes, digest->size, hex);
        (void) snprintf(text, size, "%s:%s", hash_algorithm_to_string(digest->algorithm), hex);
}

static int append_entry(sd_bus_message *reply, const Measurement *m)
{
        _cleanup_free_ char *template = strndup(m->template_name, m->template_name_size);
        char template_digest[2 * DIGEST_SIZE_MAX + 1], digest[2 * DIGEST_SIZE_MAX + 32] = "";
        MeasurementView view = { 0 };
        int r;

        if (!template)
                return -ENOMEM;
        if (measurement_decode(m, &view) < 0)
                view = (MeasurementView){ 0 };
        hex_encode(m->template_digest, m->template_digest_size, template_digest);
        if (view.digest.size > 0)
                format_digest(&view.digest, digest, sizeof(digest));
        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}", "number", "t",
                                m->number, "pcr", "u", m->pcr, "template", "s", template,
                                "template_digest", "s", template_digest, "digest", "s", digest,
                                "violation", "b", m->violation);
        if (r >= 0)
                r = append_name(reply, &view);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int on_expiry(sd_event_source *source, uint64_t usec, void *userdata)
{
        Entries *entries = userdata;

        position_done(&entries->last);
        return 0;
}

static void keep_position(EntriesPage *page)
{
        Entries *entries = &page->manager->entries;
        int r;

        if (entries->expiry)
                r = sd_event_source_set_time_relative(entries->expiry, POSITION_KEPT_USEC);
        else
                r = sd_event_add_time_relative(page->manager->event, &entries->expiry,
                                CLOCK_MONOTONIC, POSITION_KEPT_USEC, 0, on_expiry, entries);
        if (r < 0 || sd_event_source_set_enabled(entries->expiry, SD_EVENT_ONESHOT) < 0)
                return;
        position_done(&entries->last);
        entries->last = TAKE_STRUCT(page->position);
}

/* `next` is the number to go on with: beyond the last entry when the list has ended. */
static int send_page(EntriesPage *page)
{
        uint64_t next = page->request.start + page->n_entries;
        int r = sd_bus_message_close_container(page->reply);

        if (r >= 0)
                r = sd_bus_message_append_basic(page->reply, 't', &next);
        return r < 0 ? r : sd_bus_send(NULL, page->reply, NULL);
}

static void end_page(EntriesPage *page, int error)
{
        int r = error < 0 ? error : send_page(page);

        if (r < 0)
                (void) sd_bus_reply_method_errorf(page->message, bus_error_from_errno(r),
                                "measurement list cannot be read: %s; see \"imactl doctor\"",
                                strerror(-r));
        else
                keep_position(page);
        remove_page(page);
}

/* 1: the page is full. */
static int take_entries(EntriesPage *page)
{
        Measurement m;
        int r;

        for (;;) {
                if (page->n_entries >= page->request.max)
                        return 1;
                r = measurement_reader_next(page->position.reader, &m);
                if (r <= 0)
                        return r;
                page->position.next = m.number + 1;
                if (m.number < page->request.start)
                        continue;
                r = append_entry(page->reply, &m);
                if (r < 0)
                        return r;
                page->n_entries++;
        }
}

/* 1: go on; 0: the page is complete. */
static int read_page(EntriesPage *page)
{
        char bytes[READ_SIZE];
        ssize_t n;
        int r = take_entries(page);

        if (r != 0)
                return r < 0 ? r : 0;
        n = read(page->position.fd, bytes, sizeof(bytes));
        if (n <= 0)
                return n < 0 ? -errno : 0;
        r = measurement_reader_feed(page->position.reader, bytes, (size_t) n);
        return r < 0 ? r : 1;
}

static int on_reading(sd_event_source *source, void *userdata)
{
        EntriesPage *page = userdata;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < READS_MAX; i++)
                r = read_page(page);
        if (r <= 0)
                end_page(page, r);
        return 0;
}

static int open_reply(EntriesPage *page)
{
        int r = sd_bus_message_new_method_return(page->message, &page->reply);

        return r < 0 ? r : sd_bus_message_open_container(page->reply, 'a', "a{sv}");
}

static int page_new(Manager *manager, sd_bus_message *m, const EntriesRequest *request,
                EntriesPage **ret_page)
{
        _cleanup_(page_freep) EntriesPage *page = calloc(1, sizeof(*page));
        Entries *entries = &manager->entries;
        int r;

        if (!page)
                return -ENOMEM;
        page->manager = manager;
        page->request = *request;
        page->message = sd_bus_message_ref(m);
        if (entries->last.reader && entries->last.next <= request->start)
                page->position = TAKE_STRUCT(entries->last);
        else {
                r = position_open(manager->root_fd, &page->position);
                if (r < 0)
                        return r;
        }
        r = open_reply(page);
        if (r >= 0)
                r = sd_event_add_defer(manager->event, &page->reading, on_reading, page);
        if (r >= 0)
                r = sd_event_source_set_priority(page->reading, SD_EVENT_PRIORITY_NORMAL + 5);
        if (r >= 0)
                r = sd_event_source_set_enabled(page->reading, SD_EVENT_ON);
        if (r < 0)
                return r;
        *ret_page = TAKE_PTR(page);
        return 0;
}

int entries_start(Manager *manager, sd_bus_message *m, const EntriesRequest *request,
                sd_bus_error *reterr_error)
{
        Entries *entries = &manager->entries;
        EntriesPage *page;
        unsigned of_uid = 0;
        int r;

        for (size_t i = 0; i < entries->count; i++)
                of_uid += entries->pages[i]->request.uid == request->uid;
        r = limit_check(LIMIT_ENTRIES, of_uid, (unsigned) entries->count, reterr_error);
        if (r < 0)
                return r;
        r = page_new(manager, m, request, &page);
        if (r < 0)
                return sd_bus_error_setf(reterr_error, bus_error_from_errno(r),
                                "measurement list cannot be opened: %s; see \"imactl doctor\"",
                                strerror(-r));
        entries->pages[entries->count++] = page;
        return 0;
}
