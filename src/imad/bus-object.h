/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects on the bus: one file per interface, each with its vtable at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/time.h"
#include "imad/tail.h"

typedef struct Manager Manager;

#define VERIFICATIONS_MAX 16

/* A call of Verify() that waits for a round. */
typedef struct Verification {
        sd_bus_message *message;
        uid_t uid;
        unsigned rounds;
} Verification;

/* What the Measurements object remembers; embedded in the manager. */
typedef struct MeasurementsObject {
        Verification waiting[VERIFICATIONS_MAX];
        size_t n_waiting;
        sd_event_source *timer; /* of the signals about news */
        usec_t signal_usec;     /* CLOCK_MONOTONIC of the last ones */
        News news;              /* not told yet */
        Verdict told_verdict;
        Verdict logged_verdict;
        uint64_t logged_violations;
} MeasurementsObject;

int bus_manager_add(Manager *manager);
int bus_policy_add(Manager *manager);
int bus_measurements_add(Manager *manager);
int bus_signing_add(Manager *manager);
int bus_job_add(Manager *manager);
int bus_transaction_add(Manager *manager);

/* Announces what a round of the tail brought. */
void bus_measurements_changed(Manager *manager, const TailState *state, const TailChange *change);
void bus_measurements_done(Manager *manager);

/* Reads the reports of transactions that are not known yet; is_new: they are announced. */
void bus_transaction_refresh(Manager *manager, bool is_new);

/* Starts a job that looks after runs which were killed while they labelled files, if there are any.
 */
void bus_signing_recover(Manager *manager);
