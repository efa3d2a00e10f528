/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/verbs.h"
#include "imactl/worker.h"

static size_t count_severity(const json_t *diagnostics, const char *severity)
{
        const json_t *item;
        size_t i, n = 0;

        json_array_foreach (diagnostics, i, item)
                if (string_equal(result_get_string(item, "severity"), severity))
                        n++;
        return n;
}

/* What the running kernel said, when it was asked. */
static void render_live(const json_t *live, FILE *file)
{
        uint64_t asked = result_get_number(live, "asked");
        uint64_t refused = result_get_number(live, "refused");

        if (!json_object_get(live, "asked"))
                return;
        fprintf(file, "; the running kernel was asked about %" PRIu64 " rule%s and ", asked,
                        plural(asked));
        if (refused == 0)
                fputs("takes all", file);
        else
                fprintf(file, "refuses %" PRIu64, refused);
}

static void render_check(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *diagnostics = json_object_get(result, "diagnostics");
        size_t errors = count_severity(diagnostics, "error");
        size_t warnings = count_severity(diagnostics, "warning");
        size_t fragments = json_array_size(json_object_get(result, "fragments"));
        uint64_t rules = result_get_number(result, "rules");
        const char *kernel = result_get_string(result, "kernel");
        bool strict = arguments_have(args, OPTION_STRICT) && warnings > 0;
        Tone tone = errors > 0 || strict ? TONE_BAD : warnings > 0 ? TONE_WARN : TONE_GOOD;

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(file, "%s%s%s ", style_begin(style, tone), style_mark(style, tone),
                        style_end(style, tone));
        if (errors > 0)
                fprintf(file, "%zu error%s", errors, plural(errors));
        else if (!json_object_get(result, "fragments"))
                fprintf(file, "valid");
        else if (fragments == 0)
                fprintf(file, "no fragments: the policy is empty");
        else
                fprintf(file, "valid: %zu fragment%s %" PRIu64 " kernel rule%s", fragments,
                                fragments == 1 ? " makes" : "s make", rules, plural(rules));
        if (warnings > 0)
                fprintf(file, ", %zu warning%s%s", warnings, plural(warnings),
                                strict ? " that --strict does not let pass" : "");
        if (kernel && errors == 0)
                fprintf(file, " (checked for Linux %s)", kernel);
        render_live(json_object_get(result, "live"), file);
        fputc('\n', file);
}

static void render_compile(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const char *policy = result_get_string(result, "policy");

        /* Kernel text is data: what is written here is what the kernel would get. */
        if (policy)
                fputs(policy, file);
}

static void render_import(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *output = result_escape(result_get_string(result, "output"), style);
        uint64_t rules = result_get_number(result, "rules");
        bool dry_run = arguments_have(args, OPTION_DRY_RUN);

        if (!arguments_have(args, OPTION_OUTPUT)) {
                /* A fragment is data, and is made to be safe on a terminal. */
                fputs(result_get_string(result, "fragment") ?: "", file);
                return;
        }
        if (arguments_have(args, OPTION_QUIET))
                return;
        if (!result_get_bool(result, "changed"))
                fprintf(file, "Nothing to do: %s holds these rules already.\n", output ?: "");
        else
                fprintf(file, "%s %s: %" PRIu64 " kernel rule%s.\n%s",
                                dry_run ? "Would write" : "Wrote", output ?: "", rules,
                                plural(rules),
                                dry_run ? "Nothing was changed.\n"
                                        : "imactl policy check looks at it, imactl policy apply "
                                          "makes it the policy.\n");
}

ExitCode verb_policy_check(const Arguments *args)
{
        return worker_run_verb(args, "policy-check", render_check);
}

ExitCode verb_policy_compile(const Arguments *args)
{
        return worker_run_verb(args, "policy-compile", render_compile);
}

ExitCode verb_policy_import(const Arguments *args)
{
        return worker_run_verb(args, "policy-import", render_import);
}
