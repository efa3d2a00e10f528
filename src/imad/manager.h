/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's context: everything that would otherwise be global. It owns event loop and bus
 * connection, knows the state of policy and measurements, and announces what changes.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "imad/bus-object.h"
#include "imad/denials.h"
#include "imad/entries.h"
#include "imad/job.h"
#include "imad/pending.h"
#include "imad/polkit.h"
#include "imad/retention.h"
#include "imad/snapshot.h"
#include "imad/state.h"
#include "imad/tail.h"
#include "imad/timeline.h"
#include "imad/transactions.h"
#include "imad/unrecorded.h"
#include "imad/watch.h"
#include "system/settings.h"

struct Manager {
        sd_event *event;
        sd_bus *bus;
        int root_fd;
        const char *root;    /* borrowed */
        const char *libexec; /* borrowed: directory of imad-worker */
        Settings settings;
        State state;
        Pending pending;
        Polkit polkit;
        JobTable jobs;
        Watch watch;
        Denials *denials; /* NULL: not told */
        Tail *tail;
        Timeline timeline; /* when which entries were first seen */
        Entries entries;
        Retention retention;
        SnapshotTable snapshots;
        TransactionTable transactions;
        Unrecorded unrecorded;
        MeasurementsObject measurements;
        size_t state_errors; /* in the state as it was last read, for the log */
        sd_event_source *watchdog;
        uint64_t watchdog_usec;
        sd_event_source *stop_timer;
        bool stopping;
};

/* Both paths are borrowed. Loads the settings; touches no bus. */
int manager_new(const char *root, const char *libexec, Manager **ret_manager);
Manager *manager_free(Manager *manager);
DEFINE_CLEANUP_FUNC(Manager *, manager_free)

/* Connects, offers the objects, takes the name and tells the service manager. */
int manager_start(Manager *manager);

/* Runs until the service is told to stop. */
int manager_run(Manager *manager);

/* Reads files and kernel anew and announces each property that changed. */
void manager_refresh(Manager *manager);

/* Lets the event loop end when a stop waited for the job. */
void manager_job_ended(Manager *manager);
