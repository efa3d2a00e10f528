/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it costs the measurement list that a run reads files: whoever opens a file that the policy
 * in force measures makes the kernel add an entry, which stays until the next boot.
 */
#pragma once

#include "core/signature/label-cache.h"
#include "helpers/imad-worker/worker.h"

/*
 * Counts, without opening any, the files of the worker's words and of --manifest=, and below them,
 * that the policy in force measures when they are read, less those that the cache (or NULL) spares.
 * Sets "reads" of the result, {entries, policy}, and tells people on standard error when there are
 * any. Entries that the list has already do not come again, so that it is the most there can be.
 * Says nothing where the policy is not known or a manifest is no file that could be read twice, and
 * never fails the run but for want of memory: 0 or -ENOMEM.
 */
int read_cost_tell(Worker *worker, const LabelCache *cache);
