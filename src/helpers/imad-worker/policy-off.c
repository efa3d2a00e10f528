/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/store.h"
#include "system/rollout.h"

static int report(Worker *worker, bool changed, uint64_t generation)
{
        int r = worker_set(worker, "changed", json_boolean(changed));

        if (r >= 0)
                r = worker_set(worker, "dry_run", json_boolean(worker->dry_run));
        if (r >= 0)
                r = worker_set(worker, "previous_generation",
                                generation == 0 ? json_null()
                                                : json_integer((json_int_t) generation));
        if (r >= 0)
                r = worker_set(worker, "activation", json_string("next-boot"));
        return r;
}

ExitCode verb_policy_off(Worker *worker)
{
        _cleanup_close_ int lock_fd = -EBADF;
        GenerationState state;
        uint64_t before;
        bool changed;
        int r = worker->dry_run ? 0 : store_lock(worker, &lock_fd);

        if (r < 0)
                return worker->code;
        r = store_load_state(worker, &state);
        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        before = state.intended;
        changed = rollout_turn_off(&state, time_now(CLOCK_REALTIME));
        /* A damaged state file was told as a warning, and is replaced. */
        changed = changed || worker->diags.count > 0;
        if (changed && !worker->dry_run)
                r = store_save(worker, &state);
        if (r >= 0)
                r = report(worker, changed, before);
        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        return EXIT_CODE_OK;
}
