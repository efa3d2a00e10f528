/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag-code.h"
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/store.h"

static const char empty_hint[] = "enable a preset (imactl preset list), write a fragment in "
                                 "/etc/imad/policy.d, or run imactl policy off";

/* The kernel refuses a policy without rules, so a generation of nothing would fail each boot. */
static int check_rules(Worker *worker, const Compilation *compilation)
{
        if (compilation->n_kernels == 0) {
                (void) worker_fail(worker, EXIT_CODE_NOT_SUPPORTED,
                                "install a kernel, which makes a directory below /lib/modules",
                                "no kernel is installed, so there is nothing to compile for");
                return -ENOENT;
        }
        if (compilation_count_rules(compilation) == 0) {
                (void) worker_fail(worker, EXIT_CODE_INVALID_INPUT, empty_hint,
                                "the fragments make no rule; nothing was applied");
                return -ENODATA;
        }
        for (size_t i = 0; i < compilation->n_kernels; i++) {
                const CompiledKernel *k = &compilation->kernels[i];
                int r = 0;

                if (k->rules == 0)
                        r = diag_warning(&worker->diags, DIAG_CODE_NO_RULE_FOR_KERNEL,
                                        ((DiagPlace){ .source = k->release }),
                                        "see the conditions (when:) of the rules",
                                        "no rule is left for kernel %s; it boots without policy",
                                        k->release);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_generation(Worker *worker, Generation *generation, const GenerationState *old)
{
        GenerationState state = *old;
        int r = generation_next_number(worker->root_fd, old, &generation->number);

        if (r < 0)
                return r;
        generation->created_usec = time_now(CLOCK_REALTIME);
        r = generation_write(worker->root_fd, generation);
        if (r < 0)
                return r;
        state.intended = generation->number;
        state.next = generation->number + 1;
        return generation_state_store(worker->root_fd, &state);
}

static int report(Worker *worker, const Compilation *compilation, bool changed, uint64_t number)
{
        int r = compilation_report(worker, compilation, false);

        if (r >= 0)
                r = worker_set(worker, "changed", json_boolean(changed));
        if (r >= 0)
                r = worker_set(worker, "dry_run", json_boolean(worker->dry_run));
        if (r >= 0)
                r = worker_set(worker, "generation",
                                number == 0 ? json_null() : json_integer((json_int_t) number));
        if (r >= 0)
                r = worker_set(worker, "activation", json_string("next-boot"));
        return r;
}

static int apply(Worker *worker, const Compilation *compilation)
{
        _cleanup_generation_ Generation intended = { 0 }, generation = { 0 };
        GenerationState state;
        bool changed;
        int r;

        r = store_load_state(worker, &state);
        if (r >= 0)
                r = store_load_intended(worker, &state, &intended);
        if (r < 0)
                return r;
        changed = r == 0;
        r = compilation_make_generation(compilation, &generation);
        if (r < 0)
                return r;
        changed = changed || !generation_has_same_policies(&intended, &generation) ||
                  !generation_has_same_fragments(&intended, &generation);
        if (changed && !worker->dry_run) {
                r = write_generation(worker, &generation, &state);
                if (r < 0)
                        return r;
        }
        return report(worker, compilation, changed, changed ? generation.number : intended.number);
}

ExitCode verb_policy_apply(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        _cleanup_close_ int lock_fd = -EBADF;
        int r = worker->dry_run ? 0 : store_lock(worker, &lock_fd);

        if (r < 0)
                return worker->code;
        r = compilation_run(worker, COMPILATION_LINT, &compilation);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "correct them; imactl policy check tells when they are gone",
                                "the fragments have %zu error%s; the policy stays as it was",
                                worker->diags.errors, plural(worker->diags.errors));
        if (r < 0)
                return worker->code;
        if (check_rules(worker, &compilation) < 0)
                return compilation.n_kernels == 0 ? EXIT_CODE_NOT_SUPPORTED
                                                  : EXIT_CODE_INVALID_INPUT;
        r = apply(worker, &compilation);
        if (r < 0)
                return worker_fail_errno(worker, r,
                                "cannot write the generation; the policy stays as it was");
        return EXIT_CODE_OK;
}
