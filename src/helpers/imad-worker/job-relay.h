/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs that need more rights than the daemon has. Its worker hands the command line and its
 * descriptors to imad-labels.socket; there another imad-worker does the work, in a service of its
 * own (job_serve). One packet asks: the arguments, each ending in a NUL, with descriptors for
 * result and progress. One byte answers: the exit code. The end of the sending half cancels.
 */
#pragma once

#include "helpers/imad-worker/worker.h"

#define JOB_RELAY_REQUEST_MAX 131072U
#define JOB_RELAY_FDS 2U

/*
 * Has the service do what the command line says, which prints the result. Negative, with the run
 * failed, when it cannot be reached; then nothing was printed.
 */
int job_relay_run(Worker *worker, const char *socket_path, ExitCode *ret_code);

/* Whether a service that may label every file does such a thing for the daemon. */
bool job_serve_allows(const char *const *arguments, size_t n_arguments);
