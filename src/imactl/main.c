/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>

#include "imactl/help.h"
#include "imactl/report.h"
#include "imactl/verbs.h"

static ExitCode run(const Arguments *args)
{
        if (args->usage_error)
                return report_error(
                                args, EXIT_CODE_USAGE, args->usage_hint, "%s", args->usage_error);
        if (arguments_have(args, OPTION_HELP))
                return help_show(args);
        if (arguments_have(args, OPTION_VERSION))
                return verb_version(args);
        return args->verb->run(args);
}

int main(int argc, char *argv[])
{
        _cleanup_arguments_ Arguments args = { 0 };

        (void) setlocale(LC_ALL, "");
        if (arguments_parse(argc, argv, &args) < 0) {
                fputs("imactl: no memory\n", stderr);
                return EXIT_CODE_FAILURE;
        }
        return run(&args);
}
