/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of imad-worker: a child process whose progress comes as JSON lines on descriptor 3 and
 * whose result is one JSON object on stdout. What it does to the daemon is limited: result and
 * progress lines have an upper size, and a crash is just a result.
 */
#pragma once

#include <jansson.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/exit-code.h"
#include "base/time.h"

typedef struct Worker Worker;

typedef struct WorkerSetup {
        const char *libexec; /* directory of imad-worker */
        const char *root;    /* passed on as --root= unless it is "/" */
        const char *verb;
        const char *const *arguments; /* NULL-terminated, or NULL */
        usec_t timeout_usec;          /* the process is killed then; 0: never */
} WorkerSetup;

/* Called for each line of progress; fraction is 0 to 1, text may be NULL. */
typedef void WorkerProgress(void *userdata, double fraction, const char *text);

/*
 * Called once, when the process has ended. result is borrowed and always an object; on failure it
 * has "error": {"name", "message"}: the worker's own message or one made from its exit status,
 * which has "generated" too, and the D-Bus name that fits the exit code. The callee may free the
 * worker.
 */
typedef void WorkerExit(void *userdata, ExitCode code, json_t *result);

/* Starts the process. Negative errno when it cannot be forked; a failing exec is an exit code. */
int worker_start(sd_event *event, const WorkerSetup *setup, WorkerProgress *on_progress,
                WorkerExit *on_exit, void *userdata, Worker **ret_worker);

int worker_send_signal(Worker *worker, int number);

/* Kills the process if it still runs; no callback comes any more. */
Worker *worker_free(Worker *worker);
DEFINE_CLEANUP_FUNC(Worker *, worker_free)
