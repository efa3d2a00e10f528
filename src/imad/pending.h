/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `imactl policy apply` would change: the result of `imad-worker policy-pending`, run at the
 * start and whenever fragments or the intended generation change.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "imad/worker.h"

typedef struct Manager Manager;

typedef struct Pending {
        Worker *worker;
        bool stale;     /* something changed while the worker ran */
        json_t *result; /* {"changed", "diagnostics", "error"}; NULL before the first run */
} Pending;

/* Starts a run, or another one after the current one. */
void pending_refresh(Manager *manager);

/*
 * Takes over what a job of policy-apply has found out, so that whoever saw its end does not see an
 * older view: it compiled the same fragments. `applied`: nothing is pending any more.
 */
void pending_learn(Manager *manager, ExitCode code, const json_t *result, bool applied);

/* {"changed", "diagnostics", "error"}; borrowed, never NULL after pending_init(). */
const json_t *pending_get(const Pending *pending);

int pending_init(Pending *pending);
void pending_done(Pending *pending);
