/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel was installed: the intended policy is made for it, too, where nothing else changes. */
#include <inttypes.h>

#include "base/fs.h"
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/policy-apply.h"
#include "helpers/imad-worker/store.h"

static bool covers(const Generation *generation, const char *release)
{
        const GenerationKernel *kernel = generation_find_kernel(generation, release);

        return kernel && kernel->rules > 0;
}

/* Nobody is there to be asked, so what people have changed meanwhile is theirs to apply. */
static ExitCode check_fragments(Worker *worker, const Generation *intended)
{
        _cleanup_fragments_ FragmentFiles fragments = { 0 };
        _cleanup_generation_ Generation now = { 0 };
        int r = fragments_load(worker->root_fd, &fragments, &worker->diags);

        for (size_t i = 0; r >= 0 && i < fragments.count; i++) {
                const FragmentFile *f = &fragments.items[i];

                if (f->text)
                        r = generation_add_fragment(&now, f->name, f->path, f->text, f->size);
        }
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot read the fragments");
        if (!generation_has_same_fragments(intended, &now))
                return worker_fail(worker, EXIT_CODE_FAILURE,
                                "imactl policy apply makes all of it the policy",
                                "the fragments have changed since generation %" PRIu64
                                " was made, so it is not made anew for this kernel",
                                intended->number);
        return EXIT_CODE_OK;
}

/* The new generation is tried as the intended one was, and kept when the machine comes up. */
ExitCode verb_policy_kernel(Worker *worker)
{
        _cleanup_generation_ Generation intended = { 0 };
        const char *release = worker->words[0];
        _cleanup_close_ int lock_fd = -EBADF;
        const GenerationEntry *entry;
        char confirm_within[32];
        GenerationState state;
        ExitCode code;
        int r = store_wait(worker, &lock_fd);

        if (r < 0)
                return worker->code;
        r = store_load_state(worker, &state);
        if (r >= 0)
                r = store_load_intended(worker, &state, &intended);
        if (r < 0)
                return worker_fail_errno(worker, r, GENERATION_STATE_PATH);
        if (state.intended == 0 || covers(&intended, release))
                return worker_set(worker, "changed", json_false()) < 0 ? EXIT_CODE_FAILURE
                                                                       : EXIT_CODE_OK;
        code = check_fragments(worker, &intended);
        if (code != EXIT_CODE_OK)
                return code;
        entry = generation_state_find(&state, state.intended);
        worker->n_words = 0;
        worker->observe = entry && entry->phase == GENERATION_PHASE_OBSERVED;
        worker->trial = !worker->observe;
        worker->automatic = worker->trial && state.confirm_within_usec == 0;
        if (worker->trial && !worker->automatic) {
                (void) snprintf(confirm_within, sizeof(confirm_within), "%" PRIu64 "us",
                                state.confirm_within_usec);
                worker->confirm_within = confirm_within;
        }
        code = policy_apply_locked(worker);
        worker->confirm_within = NULL;
        return code;
}
