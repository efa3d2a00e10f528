/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/compilation.h"

#include "core/policy/import/kernel-text.h"

#include "base/diag-code.h"
#include "core/policy/compile.h"
#include "core/policy/lint/lint.h"
#include "core/policy/observe.h"
#include "helpers/imad-worker/machine.h"
#include "helpers/imad-worker/worker-target.h"
#include "system/kernel.h"
#include "system/users.h"

static void kernel_done(CompiledKernel *kernel)
{
        free(kernel->release);
        free(kernel->text);
        json_decref(kernel->provenance);
        *kernel = (CompiledKernel){ 0 };
}

void compilation_done(Compilation *compilation)
{
        for (size_t i = 0; i < compilation->n_kernels; i++)
                kernel_done(&compilation->kernels[i]);
        free(compilation->kernels);
        fragments_done(&compilation->fragments);
        *compilation = (Compilation){ 0 };
}

static int find_user(void *userdata, const char *name, uint32_t *ret_id)
{
        return users_find_user(*(const int *) userdata, name, ret_id);
}

static int find_group(void *userdata, const char *name, uint32_t *ret_id)
{
        return users_find_group(*(const int *) userdata, name, ret_id);
}

static int load_fragments(Worker *worker, FragmentFiles *ret_fragments)
{
        _cleanup_strings_ StringList paths = { 0 };
        int r;

        if (worker->n_words == 0)
                return fragments_load(worker->root_fd, ret_fragments, &worker->diags);
        r = worker_resolve_words(worker, &paths);
        if (r < 0)
                return r;
        return fragments_load_files(worker->root_fd, (const char *const *) paths.items, paths.count,
                        ret_fragments, &worker->diags);
}

/* The texts stay with the fragments. */
static PolicySource *make_sources(const FragmentFiles *fragments, size_t *ret_count)
{
        PolicySource *sources = calloc(fragments->count + 1, sizeof(PolicySource));
        size_t n = 0;

        for (size_t i = 0; sources && i < fragments->count; i++)
                if (fragments->items[i].text)
                        sources[n++] = (PolicySource){
                                .name = fragments->items[i].name,
                                .path = fragments->items[i].path,
                                .text = fragments->items[i].text,
                                .size = fragments->items[i].size,
                        };
        *ret_count = n;
        return sources;
}

/* What all kernels share. */
typedef struct Compiler {
        Worker *worker;
        PolicySource *sources;
        size_t n_sources;
        NameResolver names;
        bool lint;
        bool observe;
        bool refuses; /* some policy does */
        Machine machine;
} Compiler;

static void compiler_done(Compiler *c)
{
        free(c->sources);
        machine_done(&c->machine);
}

/* Diagnostics of lint are those of rules that compile; they come behind all others. */
static int compile_sources(
                const Compiler *c, const Target *target, Policy **ret_policy, DiagList *diags)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        size_t first;
        int r = policy_compile(c->sources, c->n_sources, target, &c->names, &policy, diags);

        if (r < 0)
                return r;
        first = diags->count;
        r = c->lint ? lint_policy(policy, target, &c->machine.facts, diags) : 0;
        if (r < 0)
                return r;
        policy_source_add_excerpts(c->sources, c->n_sources, first, diags);
        *ret_policy = TAKE_PTR(policy);
        return 0;
}

static int take_policy(const Policy *policy, CompiledKernel *kernel)
{
        int r = policy_format(policy, &kernel->text, &kernel->size);

        if (r < 0)
                return r;
        kernel->rules = policy_get_rule_count(policy);
        kernel->provenance = policy_provenance_to_json(policy);
        return kernel->provenance ? 0 : -ENOMEM;
}

static int compile_target(Compiler *c, const Target *target, CompiledKernel *kernel)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        int r, merged;

        kernel->release = strdup(target->release);
        if (!kernel->release)
                return -ENOMEM;
        r = compile_sources(c, target, &policy, &diags);
        kernel->errors = diags.errors;
        merged = diag_list_merge_unique(&c->worker->diags, &diags);
        if (r < 0 || merged < 0)
                return r < 0 ? r : merged;
        c->refuses = c->refuses || policy_has_action(policy, RULE_ACTION_APPRAISE);
        r = c->observe ? policy_observe(policy) : 0;
        return r < 0 ? r : take_policy(policy, kernel);
}

/* Errors say what is wrong; this says that another kernel takes it. */
static int compare_kernels(Worker *worker, const Compilation *compilation)
{
        const CompiledKernel *good = NULL;
        int r = 0;

        for (size_t i = 0; i < compilation->n_kernels && !good; i++)
                if (compilation->kernels[i].errors == 0)
                        good = &compilation->kernels[i];
        for (size_t i = 0; good && r >= 0 && i < compilation->n_kernels; i++) {
                const CompiledKernel *bad = &compilation->kernels[i];

                if (bad->errors > 0)
                        r = diag_warning(&worker->diags, DIAG_CODE_KERNELS_DIFFER,
                                        ((DiagPlace){ .source = bad->release }),
                                        "limit what it cannot take by when: {kernel: \">=6.3\"} or "
                                        "when: {config: [OPTION]}",
                                        "Linux %s takes the fragments, Linux %s does not (%zu "
                                        "error%s)",
                                        good->release, bad->release, bad->errors,
                                        plural(bad->errors));
        }
        return r;
}

static int compile_targets(Compiler *c, const WorkerTargets *targets, Compilation *compilation)
{
        int result = 0;

        compilation->kernels = calloc(targets->count + 1, sizeof(CompiledKernel));
        if (!compilation->kernels)
                return -ENOMEM;
        for (size_t i = 0; i < targets->count; i++) {
                const Target *target = targets->items[i];
                int r = compile_target(c, target, &compilation->kernels[compilation->n_kernels++]);

                if (r < 0 && r != -EBADMSG)
                        return r;
                result = r < 0 ? r : result;
                worker_progress(c->worker, (double) (i + 1) / (double) targets->count,
                                target->release);
        }
        return compare_kernels(c->worker, compilation) < 0 ? -ENOMEM : result;
}

static int compile_fragments(Worker *worker, CompilationFlags flags, const WorkerTargets *targets,
                Compilation *compilation)
{
        _cleanup_(compiler_done) Compiler c = {
                .worker = worker,
                .names = {find_user, find_group, &worker->root_fd},
                .lint = flags & COMPILATION_LINT,
                .observe = flags & COMPILATION_OBSERVE,
        };
        int r = 0;

        c.sources = make_sources(&compilation->fragments, &c.n_sources);
        if (!c.sources)
                return -ENOMEM;
        if (c.lint)
                r = machine_load(worker, &c.machine);
        if (r >= 0)
                r = compile_targets(&c, targets, compilation);
        compilation->refuses = c.refuses;
        return r;
}

static size_t select_kernel(const Worker *worker, const Compilation *compilation)
{
        _cleanup_free_ char *running = NULL;

        if (kernel_get_release(worker->root_fd, &running) >= 0)
                for (size_t i = 0; i < compilation->n_kernels; i++)
                        if (string_equal(compilation->kernels[i].release, running))
                                return i;
        return compilation->n_kernels > 0 ? compilation->n_kernels - 1 : 0;
}

int compilation_run(Worker *worker, CompilationFlags flags, Compilation *ret_compilation)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        _cleanup_worker_targets_ WorkerTargets targets = { 0 };
        int r = worker_targets_find(worker, flags & COMPILATION_FALLBACK, &targets);

        if (r < 0)
                return r;
        r = load_fragments(worker, &compilation.fragments);
        if (r >= 0)
                r = compile_fragments(worker, flags, &targets, &compilation);
        if (r < 0 && r != -EBADMSG) {
                (void) worker_fail_errno(worker, r, "cannot compile the fragments");
                return r;
        }
        compilation.selected = select_kernel(worker, &compilation);
        *ret_compilation = TAKE_STRUCT(compilation);
        return worker->diags.errors > 0 ? -EBADMSG : 0;
}

size_t compilation_count_rules(const Compilation *compilation)
{
        size_t most = 0;

        for (size_t i = 0; i < compilation->n_kernels; i++)
                if (compilation->kernels[i].rules > most)
                        most = compilation->kernels[i].rules;
        return most;
}

int compilation_make_generation(const Compilation *compilation, Generation *ret_generation)
{
        _cleanup_generation_ Generation generation = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < compilation->fragments.count; i++) {
                const FragmentFile *f = &compilation->fragments.items[i];

                if (f->text)
                        r = generation_add_fragment(
                                        &generation, f->name, f->path, f->text, f->size);
        }
        for (size_t i = 0; r >= 0 && i < compilation->n_kernels; i++) {
                const CompiledKernel *k = &compilation->kernels[i];

                if (k->text)
                        r = generation_add_kernel(&generation, k->release, k->text, k->size,
                                        k->rules, k->provenance);
        }
        if (r >= 0)
                *ret_generation = TAKE_STRUCT(generation);
        return r;
}

bool compilation_appraises(const Compilation *compilation)
{
        for (size_t i = 0; i < compilation->n_kernels; i++)
                if (compilation->kernels[i].text &&
                                kernel_text_appraises(compilation->kernels[i].text))
                        return true;
        return false;
}
