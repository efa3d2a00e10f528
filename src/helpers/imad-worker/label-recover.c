/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>

#include "helpers/imad-worker/label-run.h"

/* What every run does before its own work: looks after those that were killed. */
ExitCode verb_label_recover(Worker *worker)
{
        _cleanup_label_run_ LabelRun run = { 0 };
        ExitCode code;

        (void) signal(SIGIO, SIG_IGN);
        code = label_run_begin(worker, &run);
        if (code == EXIT_CODE_OK &&
                        worker_set(worker, "changed",
                                        json_boolean(json_object_get(worker->result, "recovered") !=
                                                        NULL)) < 0)
                return worker_fail_errno(worker, -ENOMEM, "result");
        return code;
}
