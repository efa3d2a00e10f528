/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/policy-apply.h"
#include "base/diag-code.h"
#include "core/policy/import/kernel-text.h"
#include "core/policy/rule/keyword.h"
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/gates.h"
#include "helpers/imad-worker/policy-apply.h"
#include "helpers/imad-worker/store.h"
#include "system/rollout.h"

#define CONFIRM_WITHIN_MIN (10 * USEC_PER_SEC)
#define TRIAL_HINT                                                                                 \
        "imactl policy apply --trial --confirm-within=15min keeps it when somebody confirms it, "  \
        "--trial --auto when the machine comes up; else the machine goes back by itself"

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

/* How the new generation is to be tried. */
typedef struct Trial {
        bool observe; /* instead of a trial: only list what would be refused */
        bool wanted;
        usec_t confirm_within_usec; /* 0: nobody has to confirm it */
        unsigned forced;            /* bits by Gate */
} Trial;

static int check_trial_options(Worker *worker, Trial *ret_trial)
{
        Trial trial = { .wanted = worker->trial, .observe = worker->observe };
        const char *message = NULL;

        if (!worker->trial && (worker->automatic || worker->confirm_within))
                message = "--auto and --confirm-within= say how a trial ends";
        else if (worker->trial && !worker->automatic && !worker->confirm_within)
                message = "a trial needs --confirm-within= or --auto";
        else if (worker->automatic && worker->confirm_within)
                message = "--auto and --confirm-within= exclude each other";
        else if (worker->trial && worker->observe)
                message = "--observe and --trial exclude each other: observe first, then try";
        if (message) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, TRIAL_HINT, "%s", message);
                return -EINVAL;
        }
        if (worker->confirm_within &&
                        (time_parse_span(worker->confirm_within, &trial.confirm_within_usec) < 0 ||
                                        trial.confirm_within_usec < CONFIRM_WITHIN_MIN)) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, "give a time like 15min, 10s or more",
                                "--confirm-within=%s is no time to confirm in",
                                worker->confirm_within);
                return -EINVAL;
        }
        if (gates_read_forced(worker, &trial.forced) < 0)
                return -EINVAL;
        *ret_trial = trial;
        return 0;
}

/* An upgrade of the kernel brings no rule that the machine has not come up under. */
static bool has_good_rules(
                Worker *worker, const GenerationState *state, const Generation *generation)
{
        _cleanup_generation_ Generation good = { 0 };
        _cleanup_diags_ DiagList ignored = { 0 };
        uint64_t number = rollout_find_good(state);

        return number != 0 && generation_load(worker->root_fd, number, &good, &ignored) >= 0 &&
               generation_has_same_rules(&good, generation);
}

static int write_generation(Worker *worker, Generation *generation, bool appraises,
                const Trial *trial, GenerationState *state)
{
        int r = generation_next_number(worker->root_fd, state, &generation->number);

        if (r < 0)
                return r;
        generation->created_usec = time_now(CLOCK_REALTIME);
        r = generation_write(worker->root_fd, generation);
        if (r < 0)
                return r;
        state->next = generation->number + 1;
        if (trial->observe)
                rollout_observe(state, generation->number, generation->created_usec);
        else if (appraises)
                rollout_propose(state, generation->number, trial->confirm_within_usec,
                                generation->created_usec);
        else
                rollout_adopt(state, generation->number, generation->created_usec);
        generation_state_find(state, generation->number)->same_rules =
                        has_good_rules(worker, state, generation);
        return store_save(worker, state);
}

/* A candidate that waits for its boot may still be told how its trial ends. */
static int change_trial(Worker *worker, GenerationState *state, const Trial *trial)
{
        const GenerationEntry *entry = generation_state_find(state, state->intended);

        if (!trial->wanted || !entry || entry->phase != GENERATION_PHASE_CANDIDATE ||
                        state->confirm_within_usec == trial->confirm_within_usec)
                return 0;
        state->confirm_within_usec = trial->confirm_within_usec;
        return worker->dry_run ? 1 : generation_state_store(worker->root_fd, state) < 0 ? -EIO : 1;
}

/* A good generation that refuses files and is not loaded while another one is observed; 0: none. */
static uint64_t find_suspended(Worker *worker, const GenerationState *state)
{
        _cleanup_generation_ Generation good = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        uint64_t number = rollout_find_good(state);

        if (number == 0 || generation_load(worker->root_fd, number, &good, &diags) < 0)
                return 0;
        for (size_t i = 0; i < good.n_kernels; i++) {
                _cleanup_free_ char *text = NULL;

                if (generation_read_policy(worker->root_fd, &good, &good.kernels[i], &text, NULL,
                                    &diags) >= 0 &&
                                kernel_text_appraises(text))
                        return number;
        }
        return 0;
}

static int report(Worker *worker, const Compilation *compilation, bool changed, uint64_t number,
                GenerationState *state)
{
        int r = compilation_report(worker, compilation, false);

        if (r >= 0)
                r = worker_set(worker, "observes", json_boolean(worker->observe));
        if (r >= 0 && worker->observe)
                r = worker_set(worker, "suspends",
                                json_integer((json_int_t) find_suspended(worker, state)));

        if (r >= 0)
                r = worker_set(worker, "changed", json_boolean(changed));
        if (r >= 0)
                r = worker_set(worker, "dry_run", json_boolean(worker->dry_run));
        if (r >= 0)
                r = worker_set(worker, "appraises",
                                json_boolean(compilation_appraises(compilation)));
        if (r >= 0)
                r = store_report_intended(worker, state);
        if (r >= 0)
                r = worker_set(worker, "generation",
                                number == 0 ? json_null() : json_integer((json_int_t) number));
        if (r >= 0)
                r = worker_set(worker, "activation", json_string("next-boot"));
        return r;
}

/* -EPERM when it was refused, with the worker's error set. */
static int apply(Worker *worker, const Compilation *compilation, const Trial *trial)
{
        _cleanup_generation_ Generation intended = { 0 }, generation = { 0 };
        bool appraises = compilation_appraises(compilation), changed;
        GenerationState state;
        uint64_t number;
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
        if (changed && appraises && !trial->wanted) {
                (void) worker_fail(worker, EXIT_CODE_USAGE, TRIAL_HINT,
                                "the policy refuses files (appraise), so it has to be tried before "
                                "it stays");
                return -EPERM;
        }
        if (changed && appraises) {
                r = gates_ask(worker, compilation, trial->forced);
                if (r >= 0)
                        r = gates_note_forced(worker, trial->forced, &generation);
                if (r < 0)
                        return r;
        }
        if (changed && !worker->dry_run)
                r = write_generation(worker, &generation, appraises, trial, &state);
        number = changed ? generation.number : intended.number;
        if (r >= 0 && !changed) {
                r = change_trial(worker, &state, trial);
                changed = r > 0;
        }
        return r < 0 ? r : report(worker, compilation, changed, number, &state);
}

ExitCode policy_apply_locked(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        Trial trial;
        int r = check_trial_options(worker, &trial);

        if (r < 0)
                return worker->code;
        r = compilation_run(worker, COMPILATION_LINT | (trial.observe ? COMPILATION_OBSERVE : 0),
                        &compilation);
        if (r == -EBADMSG && (trial.forced & BIT(GATE_COMPILE)) &&
                        compilation_count_rules(&compilation) > 0)
                r = 0;
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
        if (trial.observe && !compilation.refuses)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "imactl policy apply, which needs no trial for it either",
                                "the policy refuses nothing, so there is nothing to observe");
        r = apply(worker, &compilation, &trial);
        if (r < 0)
                return worker_fail_errno(worker, r,
                                "cannot write the generation; the policy stays as it was");
        return EXIT_CODE_OK;
}

ExitCode verb_policy_apply(Worker *worker)
{
        _cleanup_close_ int lock_fd = -EBADF;
        int r = worker->dry_run ? 0 : store_lock(worker, &lock_fd);

        return r < 0 ? worker->code : policy_apply_locked(worker);
}
