/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/store.h"

static const GenerationFragment *find_fragment(const Generation *generation, const char *name)
{
        for (size_t i = 0; i < generation->n_fragments; i++)
                if (string_equal(generation->fragments[i].name, name))
                        return &generation->fragments[i];
        return NULL;
}

static int add_difference(json_t *array, const GenerationFragment *fragment, const char *change)
{
        json_t *item = json_pack("{s:s, s:s, s:s}", "name", fragment->name, "path", fragment->path,
                        "change", change);

        return item && json_array_append_new(array, item) >= 0 ? 0 : -ENOMEM;
}

static int list_differences(const Generation *old, const Generation *new, json_t *array)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < new->n_fragments; i++) {
                const GenerationFragment *f = &new->fragments[i];
                const GenerationFragment *before = find_fragment(old, f->name);

                if (!before)
                        r = add_difference(array, f, "added");
                else if (!string_equal(before->sha256, f->sha256) ||
                                !string_equal(before->path, f->path))
                        r = add_difference(array, f, "changed");
        }
        for (size_t i = 0; r >= 0 && i < old->n_fragments; i++)
                if (!find_fragment(new, old->fragments[i].name))
                        r = add_difference(array, &old->fragments[i], "removed");
        return r;
}

/* With errors in the fragments only they can be compared, not what they would compile to. */
static bool has_changed(const Generation *intended, const Generation *now, bool present,
                bool compiled, const Compilation *compilation)
{
        if (!present)
                return compiled ? compilation_count_rules(compilation) > 0 : true;
        if (!generation_has_same_fragments(intended, now))
                return true;
        return compiled && !generation_has_same_policies(intended, now);
}

static int compare(Worker *worker, const Compilation *compilation, bool compiled)
{
        _cleanup_generation_ Generation intended = { 0 }, now = { 0 };
        json_t *differences = json_array();
        GenerationState state;
        bool present, changed;
        int r;

        r = worker_set(worker, "differences", differences);
        if (r >= 0)
                r = store_load_state(worker, &state);
        if (r >= 0)
                r = store_load_intended(worker, &state, &intended);
        if (r < 0)
                return r;
        present = r > 0;
        r = compilation_make_generation(compilation, &now);
        if (r >= 0)
                r = list_differences(&intended, &now, differences);
        if (r < 0)
                return r;
        changed = has_changed(&intended, &now, present, compiled, compilation);
        r = worker_set(worker, "changed", json_boolean(changed));
        if (r >= 0)
                r = worker_set(worker, "intended_generation",
                                state.intended == 0 ? json_null()
                                                    : json_integer((json_int_t) state.intended));
        return r;
}

/* What is observed is compared with what would be. Damage is told of by compare(). */
static bool is_observed(Worker *worker)
{
        _cleanup_diags_ DiagList ignored = { 0 };
        const GenerationEntry *entry;
        GenerationState state;

        if (generation_state_load(worker->root_fd, &state, &ignored) < 0)
                return false;
        entry = generation_state_find(&state, state.intended);
        return entry && entry->phase == GENERATION_PHASE_OBSERVED;
}

ExitCode verb_policy_pending(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        int compiled = compilation_run(
                            worker, is_observed(worker) ? COMPILATION_OBSERVE : 0, &compilation),
            r;

        if (compiled < 0 && compiled != -EBADMSG)
                return worker->code;
        r = compare(worker, &compilation, compiled >= 0);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot compare with the intended generation");
        if (compiled < 0)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "imactl policy check shows all of them",
                                "the fragments have %zu error%s and cannot be applied",
                                worker->diags.errors, plural(worker->diags.errors));
        return EXIT_CODE_OK;
}
