/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/policy-side.h"

#include <inttypes.h>

#include "base/fs.h"
#include "base/json.h"
#include "helpers/imad-worker/compilation.h"
#include "helpers/imad-worker/policy-text.h"
#include "system/boot-record.h"
#include "system/generation.h"
#include "system/kernel.h"

#define DIRECTORY_FILES_MAX 1000

void policy_side_done(PolicySide *side)
{
        free(side->name);
        free(side->release);
        kernel_text_done(&side->text);
        free(side->rules);
        json_decref(side->provenance);
        *side = (PolicySide){ 0 };
}

static int take_text(
                Worker *worker, PolicySide *side, const char *source, const char *text, size_t size)
{
        int r = kernel_text_parse(text, size, source, NULL, &side->text, &worker->diags);

        if (r < 0)
                return r;
        side->rules = calloc(side->text.n_rules + 1, sizeof(Rule *));
        if (!side->rules)
                return -ENOMEM;
        for (size_t i = 0; i < side->text.n_rules; i++)
                side->rules[i] = &side->text.rules[i].rule;
        return 0;
}

static int fail_without_kernel(Worker *worker, const Generation *generation, const char *release)
{
        _cleanup_buffer_ Buffer releases = { 0 };

        for (size_t i = 0; generation->kernels && i < generation->n_kernels; i++)
                (void) buffer_append_format(&releases, "%s--kernel=%s", i > 0 ? ", " : "",
                                generation->kernels[i].release);
        (void) worker_fail(worker, EXIT_CODE_NOT_FOUND, releases.data,
                        "generation %" PRIu64 " has no policy for Linux %s", generation->number,
                        release ? release : "(none)");
        return -ENOENT;
}

static int fail_to_load(Worker *worker, const DiagList *diags, uint64_t number, int error)
{
        const Diag *d = diags->count > 0 ? &diags->items[0] : NULL;

        if (d)
                (void) worker_fail(worker,
                                error == -ENOENT ? EXIT_CODE_NOT_FOUND : EXIT_CODE_INVALID_INPUT,
                                d->hint, "%s", d->message);
        else
                (void) worker_fail(worker, exit_code_from_errno(error), NULL,
                                "generation %" PRIu64 ": %s", number, strerror(-error));
        return error == -EBADMSG ? -EIO : error;
}

/* The named kernel; without a name the running one, or the last. */
static const GenerationKernel *find_kernel(
                Worker *worker, const Generation *generation, const char *release)
{
        _cleanup_free_ char *running = NULL;
        const GenerationKernel *kernel = NULL;

        if (release)
                return generation_find_kernel(generation, release);
        if (kernel_get_release(worker->root_fd, &running) >= 0)
                kernel = generation_find_kernel(generation, running);
        if (!kernel && generation->n_kernels > 0)
                kernel = &generation->kernels[generation->n_kernels - 1];
        return kernel;
}

static int load_generation(Worker *worker, uint64_t number, const char *release, PolicySide *side)
{
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL, *path = NULL;
        const GenerationKernel *kernel;
        size_t size;
        int r = generation_load(worker->root_fd, number, &generation, &diags);

        if (r < 0)
                return fail_to_load(worker, &diags, number, r);
        kernel = find_kernel(worker, &generation, release);
        if (!kernel)
                return fail_without_kernel(worker, &generation, release);
        r = generation_read_policy(worker->root_fd, &generation, kernel, &text, &size, &diags);
        if (r < 0)
                return fail_to_load(worker, &diags, number, r);
        /* Without it the lines of the policy are told. */
        if (generation_read_provenance(worker->root_fd, &generation, kernel, &side->provenance) ==
                        -ENOMEM)
                return -ENOMEM;
        side->release = strdup(kernel->release);
        if (!side->release || generation_policy_path(number, kernel->release, &path) < 0 ||
                        asprintf(&side->name, "generation %" PRIu64, number) < 0)
                return -ENOMEM;
        return take_text(worker, side, path, text, size);
}

/*
 * Compiles as policy-compile does, for words in the place of the worker's own. Warnings are for
 * policy-check.
 */
static int run_compilation(Worker *worker, const StringList *words, const char *release,
                Compilation *ret_compilation)
{
        _cleanup_free_ char *running = NULL;
        DiagList diags = TAKE_STRUCT(worker->diags);
        char **saved_words = worker->words;
        size_t saved_n = worker->n_words;
        const char *saved_kernel = worker->kernel;
        int r;

        if (!release && kernel_get_release(worker->root_fd, &running) >= 0)
                release = running;
        worker->words = words->items;
        worker->n_words = words->count;
        /* A description says itself which kernel it is of. */
        worker->kernel = worker->target ? saved_kernel : release;
        r = compilation_run(worker, true, ret_compilation);
        worker->words = saved_words;
        worker->n_words = saved_n;
        worker->kernel = saved_kernel;
        if (r >= 0)
                diag_list_done(&worker->diags);
        else if (diag_list_merge(&diags, &worker->diags) < 0)
                r = -ENOMEM;
        worker->diags = diags;
        return r;
}

static int compile_words(
                Worker *worker, const StringList *words, const char *release, PolicySide *side)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        CompiledKernel *kernel;
        int r = run_compilation(worker, words, release, &compilation);

        if (r < 0)
                return r;
        kernel = &compilation.kernels[compilation.selected];
        if (compilation.n_kernels == 0 || !kernel->text)
                return -EBADMSG;
        side->release = TAKE_PTR(kernel->release);
        side->provenance = TAKE_PTR(kernel->provenance);
        return take_text(worker, side, side->name, kernel->text, kernel->size);
}

static int load_fragments(Worker *worker, const char *release, PolicySide *side)
{
        const StringList none = { 0 };

        side->name = strdup("fragments");
        return side->name ? compile_words(worker, &none, release, side) : -ENOMEM;
}

/* Paths of arguments are resolved once more by whoever loads them, so absolute ones are handed on.
 */
static int load_directory(Worker *worker, const char *path, const StringList *names,
                const char *release, PolicySide *side)
{
        _cleanup_strings_ StringList words = { 0 };

        for (size_t i = 0; i < names->count; i++) {
                _cleanup_free_ char *word = NULL;

                if (!string_ends_with(names->items[i], FRAGMENT_SUFFIX) ||
                                names->items[i][0] == '.')
                        continue;
                if (asprintf(&word, "%s/%s", path, names->items[i]) < 0)
                        return -ENOMEM;
                if (string_list_add(&words, word) < 0)
                        return -ENOMEM;
        }
        side->name = strdup(path);
        if (!side->name)
                return -ENOMEM;
        if (words.count == 0) {
                (void) worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "fragments are called NN-NAME" FRAGMENT_SUFFIX,
                                "%s holds no fragments", path);
                return -ENOENT;
        }
        return compile_words(worker, &words, release, side);
}

static int load_kernel_text(Worker *worker, int (*read)(Worker *, const char *, PolicyText *),
                const char *argument, PolicySide *side)
{
        _cleanup_policy_text_ PolicyText text = { 0 };
        int r = read(worker, argument, &text);

        if (r < 0)
                return r;
        side->name = strdup(text.source);
        return side->name ? take_text(worker, side, text.source, text.text, text.size) : -ENOMEM;
}

static int load_path(Worker *worker, const char *argument, const char *release, PolicySide *side)
{
        _cleanup_strings_ StringList names = { 0 }, word = { 0 };
        _cleanup_free_ char *path = NULL;
        int r = worker_resolve_path(worker, argument, &path);

        if (r < 0)
                return r;
        r = fs_list_directory(worker->root_fd, path, DIRECTORY_FILES_MAX, &names);
        if (r >= 0)
                return load_directory(worker, path, &names, release, side);
        if (!string_ends_with(path, FRAGMENT_SUFFIX))
                return load_kernel_text(worker, policy_text_read_argument, argument, side);
        side->name = strdup(path);
        if (!side->name || string_list_add(&word, path) < 0)
                return -ENOMEM;
        return compile_words(worker, &word, release, side);
}

static int read_running(Worker *worker, const char *argument, PolicyText *ret_text)
{
        return policy_text_read_running(worker, ret_text);
}

/* The generation that imad-load loaded at this boot; 0: it loaded none. */
static uint64_t find_loaded_generation(Worker *worker)
{
        _cleanup_boot_record_ BootRecord record = { 0 };

        if (boot_record_load(worker->root_fd, &record) < 0 || record.outcome != BOOT_OUTCOME_LOADED)
                return 0;
        return record.generation;
}

/* The number of a generation, or 0. */
static uint64_t parse_generation(Worker *worker, const char *argument)
{
        uint64_t number;

        if (string_equal(argument, "running"))
                return find_loaded_generation(worker);
        return parse_u64(argument, INT64_MAX, &number) < 0 ? 0 : number;
}

bool policy_side_is_generation(Worker *worker, const char *argument)
{
        return parse_generation(worker, argument) > 0;
}

int policy_side_load(
                Worker *worker, const char *argument, const char *release, PolicySide *ret_side)
{
        _cleanup_side_ PolicySide side = { 0 };
        uint64_t generation = parse_generation(worker, argument);
        int r;

        if (generation > 0)
                r = load_generation(worker, generation, release, &side);
        else if (string_equal(argument, "running"))
                r = load_kernel_text(worker, read_running, argument, &side);
        else if (string_equal(argument, "fragments"))
                r = load_fragments(worker, release, &side);
        else if (string_equal(argument, "-"))
                r = load_kernel_text(worker, policy_text_read_argument, argument, &side);
        else
                r = load_path(worker, argument, release, &side);
        if (r < 0 && r != -EBADMSG)
                (void) worker_fail_errno(worker, r, argument);
        if (r >= 0)
                *ret_side = TAKE_STRUCT(side);
        return r;
}

json_t *policy_side_rule_to_json(const PolicySide *side, size_t index)
{
        const Rule *rule = side->rules[index];
        const json_t *origin = json_array_get(side->provenance, index);
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_json_ json_t *json = NULL;

        if (rule_format(rule, &text) < 0)
                return NULL;
        json = json_pack("{s:I, s:s}", "rule", (json_int_t) index + 1, "text", text.data ?: "");
        if (!json)
                return NULL;
        if (origin) {
                if (json_object_update_missing(json, (json_t *) origin) < 0)
                        return NULL;
                return TAKE_PTR(json);
        }
        if (json_object_set_new(json, "source", json_string(side->name)) < 0 ||
                        json_object_set_new(json, "source_line", json_integer(rule->line)) < 0)
                return NULL;
        return TAKE_PTR(json);
}
