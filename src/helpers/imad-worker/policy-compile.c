/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/compilation.h"

ExitCode verb_policy_compile(Worker *worker)
{
        _cleanup_compilation_ Compilation compilation = { 0 };
        int r = compilation_run(worker, COMPILATION_FALLBACK | COMPILATION_LINT, &compilation);
        int reported;

        if (r < 0 && r != -EBADMSG)
                return worker->code;
        reported = compilation_report(worker, &compilation, true);
        if (reported < 0)
                return worker_fail_errno(worker, reported, "cannot report the result");
        if (r < 0)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT, NULL,
                                "the fragments have %zu error%s and do not compile",
                                worker->diags.errors, plural(worker->diags.errors));
        return EXIT_CODE_OK;
}
