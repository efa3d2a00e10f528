/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/store.h"
#include "system/guardian.h"
#include "system/rollout.h"

/* The state is stored first: a guardian that is not told reboots into a generation that is good. */
static int confirm(Worker *worker, GenerationState *state, bool trial)
{
        int r = generation_state_store(worker->root_fd, state);

        if (r >= 0 && trial) {
                r = guardian_stop(worker->root_fd);
                r = r == -ENOENT || r == -ESRCH ? 0 : r;
        }
        return r;
}

static ExitCode run(Worker *worker, GenerationState *state)
{
        char boot_id[BOOT_ID_SIZE] = "";
        const GenerationEntry *entry = generation_state_find(state, state->intended);
        bool trial = entry && entry->phase == GENERATION_PHASE_TRIAL;
        int r;

        (void) rollout_read_boot_id(worker->root_fd, boot_id);
        r = rollout_confirm(state, boot_id, time_now(CLOCK_REALTIME));
        if (r == -EAGAIN)
                return worker_fail(worker, EXIT_CODE_FAILURE,
                                "a trial is confirmed in the boot that tries it, once "
                                "imad-bless.service "
                                "has ended; see imactl status",
                                "this boot has not (yet) come up under the generation that is "
                                "tried");
        if (r >= 0 && !worker->dry_run)
                r = confirm(worker, state, trial);
        if (r >= 0 || r == -ENOENT)
                r = worker_set(worker, "changed", json_boolean(r >= 0));
        if (r >= 0)
                r = worker_set(worker, "dry_run", json_boolean(worker->dry_run));
        if (r >= 0)
                r = worker_set(worker, "confirmed", json_string(trial ? "trial" : "alarm"));
        if (r >= 0)
                r = store_report_intended(worker, state);
        return r < 0 ? worker_fail_errno(worker, r, GENERATION_STATE_PATH) : EXIT_CODE_OK;
}

ExitCode verb_policy_confirm(Worker *worker)
{
        _cleanup_close_ int lock_fd = -EBADF;
        GenerationState state;
        int r = worker->dry_run ? 0 : store_lock(worker, &lock_fd);

        if (r < 0)
                return worker->code;
        r = store_load_state(worker, &state);
        return r < 0 ? worker_fail_errno(worker, r, GENERATION_STATE_PATH) : run(worker, &state);
}
