/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages of the measurement list for Measurements.GetEntries(). The daemon keeps no entries: each
 * page is read from the kernel again, on a descriptor of its own, in bites between which the bus is
 * served. Where the last page ended is remembered, so that a client that reads page after page does
 * not begin at the head each time. Which files a package owns is found out by imad-worker.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "core/measurements/filter.h"
#include "imad/worker.h"

typedef struct Manager Manager;

#define ENTRIES_REQUESTS_MAX 8

typedef struct EntriesRequest {
        uint64_t start; /* number of the first entry wanted, from 1 */
        uint32_t max;
        uid_t uid;
        bool details; /* fields, data and signature as well */
        /* Borrowed from the call, as the strings in the filter are. NULL: of any owner. */
        const char *package;
        MeasurementFilter filter; /* without files: they are those of the package */
} EntriesRequest;

/* Sorted names of the files that a package owns. */
typedef struct EntriesPackage {
        char *name; /* NULL: none */
        StringList files;
} EntriesPackage;

/* An open list and the number of the entry that it delivers next. */
typedef struct EntriesPosition {
        int fd;
        MeasurementReader *reader; /* NULL: none */
        uint64_t next;
} EntriesPosition;

typedef struct EntriesPage EntriesPage;

/* Embedded in the manager; all zero is a valid empty one. */
typedef struct Entries {
        EntriesPage *pages[ENTRIES_REQUESTS_MAX];
        size_t count;
        EntriesPosition last;   /* where the last page ended */
        EntriesPackage package; /* that the last page asked for */
        sd_event_source *expiry;
} Entries;

/* Takes the request on; the answer is sent later. reterr_error is set when it is refused. */
int entries_start(Manager *manager, sd_bus_message *m, const EntriesRequest *request,
                sd_bus_error *reterr_error);

void entries_done(Entries *entries);
