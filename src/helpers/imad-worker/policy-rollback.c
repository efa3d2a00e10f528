/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/store.h"
#include "system/rollout.h"

static int roll_back(Worker *worker, GenerationState *state)
{
        uint64_t before = state->intended;
        int r = worker_set(worker, "previous_generation",
                        before == 0 ? json_null() : json_integer((json_int_t) before));

        if (r >= 0)
                r = rollout_roll_back(state, time_now(CLOCK_REALTIME));
        if (r < 0)
                return r;
        if (!worker->dry_run)
                r = store_save(worker, state);
        if (r >= 0)
                r = worker_set(worker, "changed", json_true());
        if (r >= 0)
                r = worker_set(worker, "dry_run", json_boolean(worker->dry_run));
        if (r >= 0)
                r = worker_set(worker, "activation", json_string("next-boot"));
        return r < 0 ? r : store_report_intended(worker, state);
}

ExitCode verb_policy_rollback(Worker *worker)
{
        _cleanup_close_ int lock_fd = -EBADF;
        GenerationState state;
        int r = worker->dry_run ? 0 : store_lock(worker, &lock_fd);

        if (r < 0)
                return worker->code;
        r = store_load_state(worker, &state);
        if (r >= 0)
                r = roll_back(worker, &state);
        if (r == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "imactl policy log shows what there was",
                                "no policy is intended, and none was good before");
        return r < 0 ? worker_fail_errno(worker, r, GENERATION_STATE_PATH) : EXIT_CODE_OK;
}
