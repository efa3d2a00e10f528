/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/store.h"

#include "base/diag-code.h"
#include "system/rollout.h"
#include "system/settings.h"

/* What cannot be read is replaced, so it is worth a warning and no error. */
static int add_as_warnings(Worker *worker, const DiagList *diags)
{
        for (size_t i = 0; i < diags->count; i++) {
                const Diag *d = &diags->items[i];
                int r = diag_warning(&worker->diags, DIAG_CODE_STORE_REPLACED,
                                ((DiagPlace){ d->source, d->line, d->column }), d->hint, "%s",
                                d->message);

                if (r < 0)
                        return r;
        }
        return 0;
}

int store_load_state(Worker *worker, GenerationState *ret_state)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };
        int r = generation_state_load(worker->root_fd, &state, &diags);

        if (r == -EBADMSG || r == 0) {
                bool damaged = r < 0;

                r = add_as_warnings(worker, &diags);
                if (r >= 0 && damaged)
                        r = generation_next_number(worker->root_fd, &state, &state.next);
        }
        if (r >= 0)
                *ret_state = state;
        return r;
}

static int check_policies(Worker *worker, const Generation *generation, DiagList *diags)
{
        for (size_t i = 0; i < generation->n_kernels; i++) {
                _cleanup_free_ char *text = NULL;
                size_t size;
                int r = generation_read_policy(worker->root_fd, generation, &generation->kernels[i],
                                &text, &size, diags);

                if (r < 0)
                        return r;
        }
        return 0;
}

int store_load_intended(Worker *worker, const GenerationState *state, Generation *ret_generation)
{
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r;

        if (state->intended == 0)
                return 0;
        r = generation_load(worker->root_fd, state->intended, &generation, &diags);
        if (r >= 0)
                r = check_policies(worker, &generation, &diags);
        if (r == -EBADMSG || r == -ENOENT)
                return add_as_warnings(worker, &diags);
        if (r < 0)
                return r;
        *ret_generation = TAKE_STRUCT(generation);
        return 1;
}

int store_save(Worker *worker, GenerationState *state)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        uint64_t pruned[GENERATION_ENTRIES_MAX];
        size_t n = 0;
        int r = settings_load(worker->root_fd, &settings, &diags);

        if (r >= 0) {
                n = rollout_prune(state, settings.keep_generations, pruned);
                r = generation_state_store(worker->root_fd, state);
        }
        for (size_t i = 0; r >= 0 && i < n; i++)
                (void) generation_remove(worker->root_fd, pruned[i]);
        return r;
}

int store_report_intended(Worker *worker, GenerationState *state)
{
        const GenerationEntry *entry = generation_state_find(state, state->intended);
        int r = worker_set(worker, "generation",
                        state->intended == 0 ? json_null()
                                             : json_integer((json_int_t) state->intended));

        if (r >= 0)
                r = worker_set(worker, "state",
                                entry ? json_string(generation_phase_to_string(entry->phase))
                                      : json_null());
        if (r >= 0)
                r = worker_set(worker, "confirm_within_usec",
                                json_integer((json_int_t) state->confirm_within_usec));
        return r;
}

static int check_lock(Worker *worker, int r)
{
        if (r == -EAGAIN)
                (void) worker_fail(worker, EXIT_CODE_FAILURE, "try again when it is done",
                                "somebody else is changing the policy");
        else if (r < 0)
                (void) worker_fail_errno(worker, r, GENERATION_STORE_PATH);
        return r;
}

int store_lock(Worker *worker, int *ret_fd)
{
        return check_lock(worker, generation_store_lock(worker->root_fd, ret_fd));
}

int store_wait(Worker *worker, int *ret_fd)
{
        return check_lock(worker, generation_store_wait(worker->root_fd, ret_fd));
}
