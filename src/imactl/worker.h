/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs imad-worker, which does what touches files, keys or TPM without the daemon, as a child. It
 * answers with one JSON object on stdout and with an exit code of base/exit-code.h.
 */
#pragma once

#include "imactl/report.h"

/*
 * Runs `imad-worker WORKER_VERB` with the words of the command line and with those options that the
 * verb takes and that were given, and ends the verb with the answer. Returns the exit code.
 */
ExitCode worker_run_verb(const Arguments *args, const char *worker_verb, Renderer renderer);
