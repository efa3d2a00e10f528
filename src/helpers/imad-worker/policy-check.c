/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/compilation.h"

static size_t count_warnings(const DiagList *diags)
{
        size_t n = 0;

        for (size_t i = 0; i < diags->count; i++)
                n += diags->items[i].severity == DIAG_WARNING;
        return n;
}

ExitCode verb_policy_check(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        int r = compilation_run(worker, true, &compilation), reported;

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
