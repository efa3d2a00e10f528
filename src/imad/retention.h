/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has the measurement list archived as it grows, by imad-worker, as often as the settings say. The
 * entries that are not archived yet are in the kernel's list, so nothing is lost with the daemon.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "imad/worker.h"

typedef struct Manager Manager;

/* Embedded in the manager; all zero is a valid idle one. */
typedef struct Retention {
        Worker *worker;         /* the run under way */
        sd_event_source *timer; /* NULL before the first entries */
        uint64_t count;         /* entries that the list has */
        uint64_t archived;      /* entries that it had when the last run began */
} Retention;

/* The list has so many entries now. */
void retention_look(Manager *manager, uint64_t count);

void retention_done(Retention *retention);
