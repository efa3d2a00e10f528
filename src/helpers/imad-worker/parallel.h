/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that share out tasks by number. They are started once and wait between two runs; all
 * signals stay with the thread that called.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

#define PARALLEL_THREADS_MAX 16U

typedef struct Parallel Parallel;

/* Does task `index`, in thread 0 … parallel_get_n_threads() - 1. Negative errno on failure. */
typedef int ParallelTask(void *userdata, size_t index, size_t thread);

/* One thread for each processor that this process may use, the caller's among them. */
int parallel_new(Parallel **ret_parallel);
Parallel *parallel_free(Parallel *parallel);

size_t parallel_get_n_threads(const Parallel *parallel);

/* Does tasks 0 … n_tasks - 1 and returns when all are done, with the first failure of any. */
int parallel_run(Parallel *parallel, size_t n_tasks, ParallelTask *task, void *userdata);

DEFINE_CLEANUP_FUNC(Parallel *, parallel_free)
#define _cleanup_parallel_ _cleanup_(parallel_freep)
