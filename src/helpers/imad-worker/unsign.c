/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>

#include "helpers/imad-worker/file-batch.h"
#include "system/signing.h"

typedef struct Removal {
        bool dry_run;
        int root_fd;
} Removal;

static void remove_labels(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        const Removal *removal = userdata;
        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
        int r = signing_plan_removal(path_fd, &change);

        if (r < 0) {
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
                return;
        }
        *ret_outcome = (FileOutcome){ .result = r > 0 ? "removed" : "unsigned" };
        if (!removal->dry_run) {
                *ret_change = change;
                change = LABEL_CHANGE_NONE;
        }
}

static void remove_sidecar(void *userdata, const char *path, int path_fd, size_t thread,
                LabelChange *ret_change, FileOutcome *ret_outcome)
{
        const Removal *removal = userdata;
        int r = signing_remove_sidecar(removal->dry_run, removal->root_fd, path);

        if (r < 0)
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
        else
                *ret_outcome = (FileOutcome){ .result = r > 0 ? "removed" : "unsigned" };
}

ExitCode verb_unsign(Worker *worker)
{
        Removal removal = { worker->dry_run, worker->root_fd };
        _cleanup_label_run_ LabelRun run = { 0 };
        const FileBatch batch = { remove_labels, &removal, NULL, &run };
        const FileBatch sidecars = { remove_sidecar, &removal, SIGNING_SIDECAR_SUFFIX, NULL };
        ExitCode code;
        bool sidecar;

        /* A writer that waits for a lease must not end this process. */
        (void) signal(SIGIO, SIG_IGN);
        if (worker_parse_label_output(worker, &sidecar) < 0)
                return worker->code;
        if (sidecar)
                return file_batch_run(worker, &sidecars, EXIT_CODE_FAILURE);
        code = label_run_begin(worker, &run);
        return code == EXIT_CODE_OK ? file_batch_run(worker, &batch, EXIT_CODE_FAILURE) : code;
}
