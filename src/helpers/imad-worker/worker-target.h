/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The targets that --target=, --kernel= and the installed kernels name. */
#pragma once

#include "core/policy/target/target.h"
#include "helpers/imad-worker/worker.h"

typedef struct WorkerTargets {
        Target **items;
        size_t count;
} WorkerTargets;

void worker_targets_done(WorkerTargets *targets);

/*
 * What the policy is compiled for: the description that --target= names, one that is shipped or a
 * file when the name has a slash or ends with ".target"; the running kernel as it is now, with
 * --target=running; the installed kernel that --kernel= names; else all that are installed.
 * Installed kernels are described as the policy will meet them at boot. With fallback a root
 * without kernels is served by this machine's release. Errors have set the worker's error.
 */
int worker_targets_find(Worker *worker, bool fallback, WorkerTargets *ret_targets);

#define _cleanup_worker_targets_ _cleanup_(worker_targets_done)
