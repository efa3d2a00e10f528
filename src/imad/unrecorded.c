/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/unrecorded.h"

#include "base/log.h"
#include "bus/names.h"
#include "imad/manager.h"
#include "system/dpkg.h"
#include "system/package.h"
#include "system/unrecorded-packages.h"

/* The report of a transaction comes after its last change, when the rest is signed. */
#define SETTLE_USEC (180 * USEC_PER_SEC)
#define PERIOD_USEC (3600 * USEC_PER_SEC)

static const char *const watched_directories[] = { PACKAGE_DIRECTORY, "/var/lib/imad", NULL };

static size_t make_spans(const TransactionTable *table, RecordedSpan *spans)
{
        for (size_t i = 0; i < table->count; i++) {
                const json_t *summary = table->items[i].summary;

                spans[i] = (RecordedSpan){
                        (usec_t) json_integer_value(json_object_get(summary, "begin_usec")),
                        (usec_t) json_integer_value(json_object_get(summary, "end_usec")),
                };
        }
        return table->count;
}

static bool is_same(const StringList *a, const StringList *b)
{
        bool same = a->count == b->count;

        for (size_t i = 0; same && i < a->count; i++)
                same = string_equal(a->items[i], b->items[i]);
        return same;
}

static void look(Manager *manager)
{
        _cleanup_strings_ StringList found = { 0 };
        RecordedSpan items[TRANSACTIONS_MAX];
        size_t count = make_spans(&manager->transactions, items);
        /* Reports that are not kept in memory may have recorded what is older. */
        const RecordedSpans spans = { items, count, count == TRANSACTIONS_MAX };
        int r = unrecorded_packages_find(manager->root_fd, &spans, &found);

        if (r < 0)
                log_debug("packages cannot be looked at: %s", strerror(-r));
        if (r < 0 || is_same(&found, &manager->unrecorded.packages))
                return;
        if (found.count > manager->unrecorded.packages.count)
                log_warning("%zu packages were installed without imad, %s among them; \"imactl "
                            "sign --installed\" signs their files",
                                found.count, found.items[0]);
        string_list_done(&manager->unrecorded.packages);
        manager->unrecorded.packages = TAKE_STRUCT(found);
        (void) sd_bus_emit_properties_changed(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                        "UnrecordedPackages", NULL);
}

static void arm(Manager *manager, usec_t usec)
{
        sd_event_source *timer = manager->unrecorded.timer;

        if (sd_event_source_set_time_relative(timer, usec) >= 0)
                (void) sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* While a package manager is at work its transaction has no report yet. */
static void look_or_wait(Manager *manager)
{
        bool is_locked = dpkg_is_locked(manager->root_fd);

        if (!is_locked)
                look(manager);
        arm(manager, is_locked ? SETTLE_USEC : PERIOD_USEC);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        look_or_wait(userdata);
        return 0;
}

static void on_changed(void *userdata)
{
        arm(userdata, SETTLE_USEC);
}

int unrecorded_start(Manager *manager)
{
        Unrecorded *u = &manager->unrecorded;
        int r = sd_event_add_time_relative(manager->event, &u->timer, CLOCK_MONOTONIC, PERIOD_USEC,
                        0, on_timer, manager);

        if (r >= 0)
                r = watch_start(&u->watch, manager->event, manager->root_fd, watched_directories,
                                on_changed, manager);
        if (r >= 0)
                look_or_wait(manager);
        return r;
}

void unrecorded_done(Unrecorded *unrecorded)
{
        watch_done(&unrecorded->watch);
        sd_event_source_disable_unref(unrecorded->timer);
        string_list_done(&unrecorded->packages);
}
