/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The measurement list as it is, for Measurements.GetList(): a copy in a sealed memory file, which
 * nobody can change and which a client need not read through the bus. It is made in bites, between
 * which the bus is served. Its memory counts as the daemon's as long as a client holds it, which is
 * why its size is limited.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct Manager Manager;

#define SNAPSHOTS_MAX 2

typedef struct Snapshot Snapshot;

/* Embedded in the manager; all zero is a valid empty one. */
typedef struct SnapshotTable {
        Snapshot *items[SNAPSHOTS_MAX];
        size_t count;
} SnapshotTable;

/* Takes the request on; the answer is sent later. reterr_error is set when it is refused. */
int snapshot_start(Manager *manager, sd_bus_message *m, uid_t uid, sd_bus_error *reterr_error);

void snapshot_table_done(SnapshotTable *table);
