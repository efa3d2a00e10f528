/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus/names.h"
#include "imactl/job.h"
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

/* What the worker says about when a new generation counts. */
static const struct {
        const char *activation;
        const char *text;
} activations[] = {
        {"next-boot", "It is loaded at the next boot; until then nothing changes."},
        { "now",      "It is in force now."                                       },
};

static void render_activation(const json_t *result, FILE *file)
{
        const char *activation = result_get_string(result, "activation");

        for (size_t i = 0; i < ELEMENTSOF(activations); i++)
                if (string_equal(activations[i].activation, activation))
                        fprintf(file, "%s\n", activations[i].text);
}

static void render_apply(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        uint64_t generation = result_get_number(result, "generation");
        uint64_t rules = result_get_number(result, "rules");
        size_t kernels = json_array_size(json_object_get(result, "kernels"));
        bool changed = result_get_bool(result, "changed");
        bool dry_run = arguments_have(args, OPTION_DRY_RUN);

        if (arguments_have(args, OPTION_QUIET))
                return;
        if (!changed)
                fprintf(file,
                                "Nothing to do: generation %" PRIu64
                                " already holds what the fragments say.\n",
                                generation);
        else if (dry_run)
                fprintf(file, "Would make a new generation with %" PRIu64 " kernel rule%s.\n",
                                rules, plural(rules));
        else
                fprintf(file,
                                "Generation %" PRIu64 " made: %" PRIu64
                                " kernel rule%s, for %zu installed kernel%s.\n",
                                generation, rules, plural(rules), kernels, plural(kernels));
        if (dry_run)
                fputs("Nothing was changed.\n", file);
        else
                render_activation(result, file);
}

static void render_off(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        if (arguments_have(args, OPTION_QUIET))
                return;
        if (!result_get_bool(result, "changed"))
                fputs("Nothing to do: no policy was intended.\n", file);
        else if (arguments_have(args, OPTION_DRY_RUN))
                fputs("Would load no policy from the next boot on. Nothing was changed.\n", file);
        else
                fputs("No policy is loaded from the next boot on.\n"
                      "The one in force stays until then: the kernel cannot unload rules.\n",
                                file);
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

static ExitCode run_job(const Arguments *args, const char *method, Renderer renderer)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_bus_message_ sd_bus_message *call = NULL;
        ExitCode code = client_connect(args, &bus);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = client_new_call(args, bus, BUS_PATH_POLICY, BUS_INTERFACE_POLICY, method, &call);
        if (r >= 0 && arguments_have(args, OPTION_DRY_RUN))
                r = sd_bus_message_append(call, "a{sv}", 1, "dry-run", "b", 1);
        else if (r >= 0)
                r = sd_bus_message_append(call, "a{sv}", 0);
        return r < 0 ? client_report(args, NULL, r) : job_run(args, bus, call, renderer);
}

ExitCode verb_policy_check(const Arguments *args)
{
        return worker_run_verb(args, "policy-check", render_check);
}

ExitCode verb_policy_compile(const Arguments *args)
{
        return worker_run_verb(args, "policy-compile", render_compile);
}

ExitCode verb_policy_apply(const Arguments *args)
{
        if (arguments_have(args, OPTION_ROOT))
                return worker_run_verb(args, "policy-apply", render_apply);
        return run_job(args, "Apply", render_apply);
}

ExitCode verb_policy_off(const Arguments *args)
{
        if (arguments_have(args, OPTION_ROOT))
                return worker_run_verb(args, "policy-off", render_off);
        return run_job(args, "Off", render_off);
}

ExitCode verb_policy_import(const Arguments *args)
{
        return worker_run_verb(args, "policy-import", render_import);
}
