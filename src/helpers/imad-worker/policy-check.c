/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/policy-live.h"

static size_t count_warnings(const DiagList *diags)
{
        size_t n = 0;

        for (size_t i = 0; i < diags->count; i++)
                n += diags->items[i].severity == DIAG_WARNING;
        return n;
}

/* The running kernel's word on files of kernel policy. */
static ExitCode check_text(Worker *worker)
{
        int r = policy_live_check_text(worker);

        if (r < 0 && r != -EBADMSG)
                return worker_fail_errno(worker, r, "cannot ask the kernel");
        if (worker_set(worker, "valid", json_boolean(r >= 0)) < 0)
                return worker_fail_errno(worker, -ENOMEM, "cannot report the result");
        return r < 0 ? EXIT_CODE_INVALID_INPUT : EXIT_CODE_OK;
}

/* Nothing is asked about fragments that do not even compile. */
static int check_fragments(Worker *worker, Compilation *ret_compilation)
{
        int r = compilation_run(worker, COMPILATION_FALLBACK | COMPILATION_LINT, ret_compilation);

        if (r < 0 || !worker->live)
                return r;
        r = policy_live_check(worker, ret_compilation);
        if (r < 0 && r != -EBADMSG)
                (void) worker_fail_errno(worker, r, "cannot ask the kernel");
        return r;
}

ExitCode verb_policy_check(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        int r, reported;

        if (worker->live && policy_live_prepare(worker) < 0)
                return worker->code;
        if (worker->live && policy_live_is_for_text(worker))
                return check_text(worker);
        r = check_fragments(worker, &compilation);
        if (r < 0 && r != -EBADMSG)
                return worker->code;
        reported = compilation_report(worker, &compilation, false);
        if (reported >= 0)
                reported = worker_set(worker, "valid", json_boolean(r >= 0));
        if (reported < 0)
                return worker_fail_errno(worker, reported, "cannot report the result");
        if (worker->strict && count_warnings(&worker->diags) > 0)
                return EXIT_CODE_INVALID_INPUT;
        return r < 0 ? EXIT_CODE_INVALID_INPUT : EXIT_CODE_OK;
}
