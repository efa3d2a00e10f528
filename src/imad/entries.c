/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/entries.h"

#include <errno.h>

#include "base/json.h"
#include "base/strings.h"
#include "base/time.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/value.h"
#include "core/measurements/describe.h"
#include "imad/limits.h"
#include "imad/manager.h"
#include "system/securityfs.h"

#define READ_SIZE ((size_t) 64 * 1024)
#define READS_MAX 16
/* Bytes of entries after which a page is full, so that no answer is too long for the bus. */
#define PAGE_BYTES_MAX ((size_t) 2 * 1024 * 1024)
#define PACKAGE_USEC (60 * USEC_PER_SEC)
/* How long an open list and the files of a package wait for the client's next page. */
#define POSITION_KEPT_USEC (30 * USEC_PER_SEC)

struct EntriesPage {
        Manager *manager;
        EntriesRequest request;
        EntriesPosition position;
        sd_bus_message *message;
        sd_bus_message *reply; /* open at its array of entries */
        ReplayHasher *hasher;
        EntriesPackage package;
        Worker *worker; /* looks for the files of the package */
        uint32_t n_entries;
        size_t n_bytes;
        sd_event_source *reading;
};

static void position_done(EntriesPosition *position)
{
        if (position->reader)
                (void) close(position->fd);
        position->reader = measurement_reader_free(position->reader);
        *position = (EntriesPosition){ 0 };
}

static void package_done(EntriesPackage *package)
{
        free(package->name);
        string_list_done(&package->files);
        *package = (EntriesPackage){ 0 };
}

static EntriesPage *page_free(EntriesPage *page)
{
        if (page) {
                sd_event_source_disable_unref(page->reading);
                sd_bus_message_unref(page->message);
                sd_bus_message_unref(page->reply);
                position_done(&page->position);
                replay_hasher_free(page->hasher);
                package_done(&page->package);
                worker_free(page->worker);
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
        package_done(&entries->package);
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

/* What of the entry the client gets to see; NULL for want of memory. */
static json_t *describe_entry(EntriesPage *page, const Measurement *m)
{
        _cleanup_json_ json_t *entry = measurement_describe(m, page->hasher, page->request.details);
        usec_t seen = timeline_get_usec(&page->manager->timeline, m->number);

        if (entry && seen > 0 && json_set_time(entry, "seen_usec", seen) < 0)
                return NULL;
        return TAKE_PTR(entry);
}

static int append_entry(EntriesPage *page, const Measurement *m)
{
        _cleanup_json_ json_t *entry = NULL;
        MeasurementView view = { 0 };
        int r;

        if (measurement_decode(m, &view) < 0)
                view = (MeasurementView){ 0 };
        r = measurement_filter_match(&page->request.filter, page->hasher, m, &view);
        if (r <= 0)
                return r;
        entry = describe_entry(page, m);
        r = entry ? bus_append_dict(page->reply, entry) : -ENOMEM;
        if (r < 0)
                return r;
        page->n_entries++;
        page->n_bytes += m->data_size;
        return 0;
}

static int on_expiry(sd_event_source *source, uint64_t usec, void *userdata)
{
        Entries *entries = userdata;

        position_done(&entries->last);
        package_done(&entries->package);
        return 0;
}

/* For the client's next page. */
static void keep_state(EntriesPage *page)
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
        package_done(&entries->package);
        entries->package = TAKE_STRUCT(page->package);
}

/* `next` is the number to go on with: beyond the last entry when the list has ended. */
static int send_page(EntriesPage *page)
{
        uint64_t next = page->position.next > page->request.start ? page->position.next
                                                                  : page->request.start;
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
                keep_state(page);
        remove_page(page);
}

/* 1: the page is full. */
static int take_entries(EntriesPage *page)
{
        Measurement m;
        int r;

        for (;;) {
                if (page->n_entries >= page->request.max || page->n_bytes >= PAGE_BYTES_MAX)
                        return 1;
                r = measurement_reader_next(page->position.reader, &m);
                if (r <= 0)
                        return r;
                page->position.next = m.number + 1;
                if (m.number < page->request.start)
                        continue;
                r = append_entry(page, &m);
                if (r < 0)
                        return r;
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

static void on_worker_progress(void *userdata, double fraction, const char *text)
{
}

static int take_files(EntriesPage *page, const json_t *result)
{
        const json_t *files = json_object_get(result, "files"), *file;
        size_t i;

        page->package.name = strdup(page->request.package);
        if (!page->package.name)
                return -ENOMEM;
        json_array_foreach (files, i, file)
                if (json_is_string(file) &&
                                string_list_add(&page->package.files, json_string_value(file)) < 0)
                        return -ENOMEM;
        string_list_sort(&page->package.files);
        return sd_event_source_set_enabled(page->reading, SD_EVENT_ON);
}

static void on_worker_exit(void *userdata, ExitCode code, json_t *result)
{
        EntriesPage *page = userdata;
        const json_t *error = json_object_get(result, "error");
        int r = code == EXIT_CODE_OK ? take_files(page, result) : 0;

        page->worker = worker_free(page->worker);
        if (r < 0) {
                end_page(page, r);
        } else if (code != EXIT_CODE_OK) {
                (void) sd_bus_reply_method_errorf(page->message, bus_error_from_exit_code(code),
                                "%s",
                                json_string_value(json_object_get(error, "message"))
                                                ?: exit_code_describe(code));
                remove_page(page);
        }
}

/* 1: the files are known; 0: imad-worker looks for them. */
static int find_package(EntriesPage *page)
{
        Manager *manager = page->manager;
        const char *const arguments[] = { "--", page->request.package, NULL };
        const WorkerSetup setup = {
                .libexec = manager->libexec,
                .root = manager->root,
                .verb = "package-files",
                .arguments = arguments,
                .timeout_usec = PACKAGE_USEC,
        };

        if (!page->request.package)
                return 1;
        page->request.filter.files = &page->package.files;
        if (string_equal(manager->entries.package.name, page->request.package)) {
                page->package = TAKE_STRUCT(manager->entries.package);
                return 1;
        }
        return worker_start(manager->event, &setup, on_worker_progress, on_worker_exit, page,
                        &page->worker);
}

static int add_reading(EntriesPage *page)
{
        int r = sd_event_add_defer(page->manager->event, &page->reading, on_reading, page);

        if (r >= 0)
                r = sd_event_source_set_enabled(page->reading, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(page->reading, SD_EVENT_PRIORITY_NORMAL + 5);
        if (r >= 0)
                r = find_package(page);
        return r <= 0 ? r : sd_event_source_set_enabled(page->reading, SD_EVENT_ON);
}

static int take_position(EntriesPage *page)
{
        EntriesPosition *last = &page->manager->entries.last;

        if (!last->reader || last->next > page->request.start)
                return position_open(page->manager->root_fd, &page->position);
        page->position = TAKE_STRUCT(*last);
        return 0;
}

static int page_new(Manager *manager, sd_bus_message *m, const EntriesRequest *request,
                EntriesPage **ret_page)
{
        _cleanup_(page_freep) EntriesPage *page = calloc(1, sizeof(*page));
        int r;

        if (!page)
                return -ENOMEM;
        page->manager = manager;
        page->request = *request;
        page->message = sd_bus_message_ref(m);
        r = take_position(page);
        if (r >= 0)
                r = replay_hasher_new(NULL, 0, &page->hasher);
        if (r >= 0)
                r = open_reply(page);
        if (r >= 0)
                r = add_reading(page);
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
