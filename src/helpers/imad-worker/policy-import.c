/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "core/policy/import/import.h"
#include "core/policy/lint/lint.h"
#include "core/policy/simulate/denial.h"
#include "helpers/imad-worker/policy-text.h"
#include "system/fragments.h"

typedef struct Import {
        PolicyText text;
        KernelText rules;
        char *fragment;
        size_t size;
        char *output; /* below the root, or NULL */
} Import;

static void import_done(Import *import)
{
        policy_text_done(&import->text);
        kernel_text_done(&import->rules);
        free(import->fragment);
        free(import->output);
}

static int read_text(Worker *worker, PolicyText *ret_text)
{
        if (worker->running != (worker->n_words == 0)) {
                (void) worker_fail(worker, EXIT_CODE_USAGE,
                                "name a file, - for standard input, or give --running",
                                worker->running ? "--running takes no file"
                                                : "no policy to import is named");
                return -EINVAL;
        }
        if (worker->running)
                return policy_text_read_running(worker, ret_text);
        if (string_ends_with(worker->words[0], FRAGMENT_SUFFIX)) {
                (void) worker_fail(worker, EXIT_CODE_USAGE,
                                "imactl policy check FILE looks at fragments",
                                "%s is a fragment already, by its name", worker->words[0]);
                return -EINVAL;
        }
        return policy_text_read_argument(worker, worker->words[0], ret_text);
}

/*
 * What is handed out was compiled before: it makes the rules of the text, whatever a kernel. What
 * is wrong with these rules is told at their place in the fragment.
 */
static int check_fragment(const Import *import, DiagList *diags)
{
        const PolicySource source = {
                .name = (char *) "imported" FRAGMENT_SUFFIX,
                .path = import->output ?: (char *) "imported" FRAGMENT_SUFFIX,
                .text = import->fragment,
                .size = import->size,
        };
        _cleanup_(policy_freep) Policy *policy = NULL;
        size_t first = diags->count;
        int r = policy_compile(&source, 1, NULL, NULL, &policy, diags);

        if (r < 0)
                return r;
        if (policy_get_rule_count(policy) != import->rules.n_rules)
                return -EBADMSG;
        r = lint_policy(policy, NULL, NULL, diags);
        if (r >= 0)
                r = denial_warn(policy, NULL, source.path, diags);
        policy_source_add_excerpts(&source, 1, first, diags);
        return r;
}

static ExitCode convert(Worker *worker, Import *import)
{
        int r = kernel_text_parse(import->text.text, import->text.size, import->text.source, NULL,
                        &import->rules, &worker->diags);

        if (r >= 0 && import->rules.n_rules == 0)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "without fragments no policy is loaded, which needs no file",
                                "%s has no rules; nothing was imported", import->text.source);
        if (r >= 0)
                r = import_format_fragment(&import->rules, import->text.source, &import->fragment,
                                &import->size, &worker->diags);
        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT,
                                "correct the text; nothing was imported", "%s has %zu error%s",
                                import->text.source, worker->diags.errors,
                                plural(worker->diags.errors));
        if (r >= 0)
                r = check_fragment(import, &worker->diags);
        if (r < 0)
                return r == -EBADMSG ? worker_fail(worker, EXIT_CODE_FAILURE,
                                                       "this is a defect of imad; please report it",
                                                       "the fragment does not make the same rules")
                                     : worker_fail_errno(worker, r, import->text.source);
        return EXIT_CODE_OK;
}

static ExitCode resolve_output(Worker *worker, Import *import)
{
        int r;

        if (!worker->output)
                return EXIT_CODE_OK;
        if (!string_ends_with(worker->output, FRAGMENT_SUFFIX))
                return worker_fail(worker, EXIT_CODE_USAGE,
                                "fragments are called NN-NAME.yaml, as 50-imported.yaml",
                                "--output=%s is no name of a fragment", worker->output);
        r = worker_resolve_path(worker, worker->output, &import->output);
        return r < 0 ? worker_fail_errno(worker, r, worker->output) : EXIT_CODE_OK;
}

/* A file that says the same already is fine; another one is never replaced. */
static ExitCode write_output(Worker *worker, const Import *import, bool *ret_changed)
{
        _cleanup_free_ char *old = NULL;
        size_t size;
        int r = fs_read_file(worker->root_fd, import->output, FRAGMENT_SIZE_MAX, &old, &size);

        if (r >= 0 && size == import->size && memcmp(old, import->fragment, size) == 0) {
                *ret_changed = false;
                return EXIT_CODE_OK;
        }
        if (r >= 0)
                return worker_fail(worker, EXIT_CODE_FAILURE, "remove it, or give another name",
                                "%s exists and says something else", import->output);
        if (r == -ENOENT)
                r = worker->dry_run ? 0
                                    : fs_replace_file(worker->root_fd, import->output,
                                                      import->fragment, import->size, 0644);
        if (r < 0)
                return worker_fail_errno(worker, r, import->output);
        *ret_changed = true;
        return EXIT_CODE_OK;
}

static int report(Worker *worker, const Import *import, bool changed)
{
        int r = worker_set(worker, "source", json_string(import->text.source));

        if (r >= 0)
                r = worker_set(worker, "rules", json_integer((json_int_t) import->rules.n_rules));
        if (r >= 0)
                r = worker_set(worker, "fragment", json_stringn(import->fragment, import->size));
        if (r >= 0)
                r = worker_set(worker, "output",
                                import->output ? json_string(import->output) : json_null());
        return r < 0 ? r : worker_set(worker, "changed", json_boolean(changed));
}

ExitCode verb_policy_import(Worker *worker)
{
        _cleanup_(import_done) Import import = { 0 };
        bool changed = false;
        ExitCode code;

        if (read_text(worker, &import.text) < 0)
                return worker->code;
        code = resolve_output(worker, &import);
        if (code == EXIT_CODE_OK)
                code = convert(worker, &import);
        if (code == EXIT_CODE_OK && worker->output)
                code = write_output(worker, &import, &changed);
        if (code == EXIT_CODE_OK && report(worker, &import, changed) < 0)
                code = worker_fail_errno(worker, -ENOMEM, "cannot report the result");
        return code;
}
