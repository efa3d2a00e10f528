/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>

#include "helpers/imad-worker/file-batch.h"
#include "system/signing.h"

typedef struct Removal {
        SigningSettings settings;
        int root_fd;
} Removal;

static void unsign_file(void *userdata, const char *path, int path_fd, size_t thread,
                FileOutcome *ret_outcome)
{
        const Removal *removal = userdata;
        int r = signing_remove(&removal->settings, removal->root_fd, path, path_fd);

        if (r < 0)
                *ret_outcome = (FileOutcome){ .is_failure = true, .error = r };
        else
                *ret_outcome = (FileOutcome){ .result = r > 0 ? "removed" : "unsigned" };
}

ExitCode verb_unsign(Worker *worker)
{
        Removal removal = { { .dry_run = worker->dry_run }, worker->root_fd };
        const FileBatch batch = { unsign_file, &removal, NULL };
        const FileBatch sidecars = { unsign_file, &removal, SIGNING_SIDECAR_SUFFIX };

        /* A writer that waits for a lease must not end this process. */
        (void) signal(SIGIO, SIG_IGN);
        if (worker_parse_label_output(worker, &removal.settings.sidecar) < 0)
                return worker->code;
        return file_batch_run(
                        worker, removal.settings.sidecar ? &sidecars : &batch, EXIT_CODE_FAILURE);
}
