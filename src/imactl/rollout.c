/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs that change which policy the next boot loads, and what became of it. */
#include <inttypes.h>

#include "bus/names.h"
#include "imactl/job.h"
#include "imactl/table.h"
#include "imactl/terminal.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

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

/* What the next boot does with a generation that refuses files. */
static void render_trial(const json_t *result, FILE *file)
{
        uint64_t minutes = (result_get_number(result, "confirm_within_usec") + 59999999) / 60000000;

        if (!result_get_bool(result, "appraises") || result_get_bool(result, "observes"))
                return;
        if (minutes > 0)
                fprintf(file,
                                "The next boot tries it. Run imactl policy confirm then; without "
                                "that the machine reboots after %" PRIu64 " minute%s.\n",
                                minutes, plural(minutes));
        else
                fputs("The next boot tries it; it stays when the machine comes up, else the "
                      "machine reboots without it.\n",
                                file);
}

static void render_observation(const json_t *result, FILE *file)
{
        uint64_t suspended = result_get_number(result, "suspends");

        if (!result_get_bool(result, "observes"))
                return;
        fputs("It refuses nothing. After the next boot imactl policy log --observed tells what it "
              "would have refused.\n",
                        file);
        if (suspended > 0)
                fprintf(file,
                                "Until then, and while it is observed, generation %" PRIu64
                                ", which refuses files, is not loaded; imactl policy rollback "
                                "goes back to it.\n",
                                suspended);
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
        if (changed) {
                render_trial(result, file);
                render_observation(result, file);
        }
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

static void render_confirm(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        bool trial = string_equal(result_get_string(result, "confirmed"), "trial");
        bool dry_run = arguments_have(args, OPTION_DRY_RUN);

        if (arguments_have(args, OPTION_QUIET))
                return;
        if (!result_get_bool(result, "changed"))
                fputs("Nothing to do: no trial waits, and there is no alarm.\n", file);
        else if (trial)
                fprintf(file, "Generation %" PRIu64 " %s good.\n",
                                result_get_number(result, "generation"),
                                dry_run ? "would be" : "is");
        else
                fputs(dry_run ? "The alarm would be acknowledged.\n"
                              : "The alarm is acknowledged.\n",
                                file);
}

static void render_rollback(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        uint64_t generation = result_get_number(result, "generation");
        bool dry_run = arguments_have(args, OPTION_DRY_RUN);

        if (arguments_have(args, OPTION_QUIET))
                return;
        if (generation > 0)
                fprintf(file, "%s generation %" PRIu64 " from the next boot on.\n",
                                dry_run ? "Would load" : "Loads", generation);
        else
                fprintf(file, "%s no policy from the next boot on: none was good before.\n",
                                dry_run ? "Would load" : "Loads");
        fputs(dry_run ? "Nothing was changed.\n"
                      : "The one in force stays until then: the kernel cannot unload rules.\n",
                        file);
}

/* The boots that tried one, newest last. */
static const char *describe_last_boot(const json_t *result, uint64_t generation)
{
        const json_t *boot;
        const char *last = "";
        size_t i;

        json_array_foreach (json_object_get(result, "boots"), i, boot)
                if (result_get_number(boot, "generation") == generation)
                        last = result_get_string(boot, "result");
        return last;
}

static void render_alarm(const json_t *result, FILE *file, Style style)
{
        _cleanup_free_ char *alarm =
                        result_escape(result_get_string(result, "alarm_reason"), style);
        char time[TERMINAL_TIME_MAX];

        if (alarm && *alarm)
                fprintf(file,
                                "\n%s%s %s, found %s%s\n"
                                "imactl policy confirm acknowledges it.\n",
                                style_begin(style, TONE_BAD), style_mark(style, TONE_BAD), alarm,
                                terminal_format_time(result_get_number(result, "alarm_usec"), time),
                                style_end(style, TONE_BAD));
}

static void render_forced(const json_t *generations, FILE *file, Style style)
{
        const json_t *item;
        size_t i;

        json_array_foreach (generations, i, item) {
                const char *forced = result_get_string(item, "forced");
                _cleanup_free_ char *reason =
                                result_escape(result_get_string(item, "forced_reason"), style);

                if (forced && *forced && reason)
                        fprintf(file, "\nGeneration %" PRIu64 " was forced through (%s): %s\n",
                                        result_get_number(item, "number"), forced, reason);
        }
}

static void render_group(const json_t *group, FILE *file, Style style)
{
        const char *first = json_string_value(json_array_get(json_object_get(group, "paths"), 0));
        _cleanup_free_ char *path = result_escape(first, style);
        _cleanup_free_ char *mend = result_escape(result_get_string(group, "mend"), style);
        _cleanup_free_ char *package = result_escape(result_get_string(group, "package"), style);
        uint64_t files = result_get_number(group, "files");

        fprintf(file, "%s%s%s %s, %s: %" PRIu64 " file%s, %s%s\n    %s\n",
                        style_begin(style, TONE_BAD), style_mark(style, TONE_BAD),
                        style_end(style, TONE_BAD),
                        result_get_string(group, "cause") ?: "no extended attributes",
                        package && *package ? package : "no package", files, plural(files),
                        files > 1 ? "the first is " : "", path, mend);
}

static void render_observed(const json_t *observed, FILE *file, Style style)
{
        uint64_t refused = result_get_number(observed, "refused");
        uint64_t open = result_get_number(observed, "open");
        const json_t *groups = json_object_get(observed, "groups"), *group;
        size_t i;

        if (!result_get_bool(observed, "loaded"))
                fprintf(file,
                                "Generation %" PRIu64
                                " was not loaded by this boot, which may have used other files "
                                "than are listed.\n",
                                result_get_number(observed, "generation"));
        fprintf(file,
                        "Of %" PRIu64 " files that were used %" PRIu64 " %s appraised; %" PRIu64
                        " would be refused, and %" PRIu64 " cannot be judged.\n",
                        result_get_number(observed, "used"),
                        result_get_number(observed, "appraised"),
                        result_get_number(observed, "appraised") == 1 ? "is" : "are", refused,
                        open);
        if (result_get_number(observed, "gone") > 0)
                fprintf(file, "%" PRIu64 " more are gone or were replaced by something else.\n",
                                result_get_number(observed, "gone"));
        if (json_array_size(groups) > 0)
                fputc('\n', file);
        json_array_foreach (groups, i, group)
                render_group(group, file, style);
        if (refused == 0 && open == 0)
                fputs("imactl policy apply --trial --confirm-within=15min is the next step.\n",
                                file);
}

static void render_log(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"GENERATION", true,  false},
                { "STATE",     false, false},
                { "SINCE",     false, false},
                { "LAST BOOT", false, false},
                { "REASON",    false, true },
        };
        const json_t *generations = json_object_get(result, "generations"), *item;
        uint64_t intended = result_get_number(result, "intended");
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i;

        if (arguments_have(args, OPTION_OBSERVED)) {
                render_observed(json_object_get(result, "observed"), file, style);
                return;
        }
        json_array_foreach (generations, i, item) {
                uint64_t number = result_get_number(item, "number");
                uint64_t since = result_get_number(item, "since_usec");
                char name[32], time[TERMINAL_TIME_MAX];

                (void) snprintf(name, sizeof(name), "%s%" PRIu64, number == intended ? "*" : "",
                                number);
                table_add_row(table,
                                (const char *const[]){
                                                name,
                                                result_get_string(item, "state"),
                                                since > 0 ? terminal_format_time(since, time) : "",
                                                describe_last_boot(result, number),
                                                result_get_string(item, "reason"),
                                });
        }
        table_print(table);
        if (!arguments_have(args, OPTION_NO_LEGEND))
                fprintf(file, "\n%zu generation%s; * is loaded at the next boot.\n",
                                json_array_size(generations), plural(json_array_size(generations)));
        render_forced(generations, file, style);
        render_alarm(result, file, style);
}

/* The options of this call as the daemon takes them. */
static int append_options(const Arguments *args, uint64_t confirm_within, sd_bus_message *call)
{
        static const struct {
                OptionId id;
                const char *key;
        } flags[] = {
                {OPTION_DRY_RUN, "dry-run"},
                { OPTION_TRIAL,  "trial"  },
                { OPTION_AUTO,   "auto"   },
                { OPTION_OBSERVE, "observe"},
        }, texts[] = {
                {OPTION_FORCE,   "force"  },
                { OPTION_REASON, "reason" },
        };
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(flags); i++)
                if (arguments_have(args, flags[i].id))
                        r = sd_bus_message_append(call, "{sv}", flags[i].key, "b", 1);
        if (r >= 0 && arguments_have(args, OPTION_CONFIRM_WITHIN))
                r = sd_bus_message_append(call, "{sv}", "confirm-within-usec", "t", confirm_within);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(texts); i++)
                if (arguments_have(args, texts[i].id))
                        r = sd_bus_message_append(call, "{sv}", texts[i].key, "s",
                                        arguments_get(args, texts[i].id));
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static ExitCode run_job(const Arguments *args, const char *method, Renderer renderer)
{
        const char *confirm_within = arguments_get(args, OPTION_CONFIRM_WITHIN);
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_bus_message_ sd_bus_message *call = NULL;
        usec_t usec = 0;
        ExitCode code;
        int r;

        if (confirm_within && time_parse_span(confirm_within, &usec) < 0)
                return report_error(args, EXIT_CODE_USAGE, "write it like 15min or 1h 30min",
                                "\"%s\" is no span of time", confirm_within);
        code = client_connect(args, &bus);
        if (code != EXIT_CODE_OK)
                return code;
        r = client_new_call(args, bus, BUS_PATH_POLICY, BUS_INTERFACE_POLICY, method, &call);
        if (r >= 0)
                r = append_options(args, usec, call);
        return r < 0 ? client_report(args, NULL, r) : job_run(args, bus, call, renderer);
}

static ExitCode run(const Arguments *args, const char *verb, const char *method, Renderer renderer)
{
        return arguments_have(args, OPTION_ROOT) ? worker_run_verb(args, verb, renderer)
                                                 : run_job(args, method, renderer);
}

ExitCode verb_policy_apply(const Arguments *args)
{
        return run(args, "policy-apply", "Apply", render_apply);
}

ExitCode verb_policy_confirm(const Arguments *args)
{
        return run(args, "policy-confirm", "Confirm", render_confirm);
}

ExitCode verb_policy_rollback(const Arguments *args)
{
        return run(args, "policy-rollback", "RollBack", render_rollback);
}

ExitCode verb_policy_off(const Arguments *args)
{
        return run(args, "policy-off", "Off", render_off);
}

ExitCode verb_policy_log(const Arguments *args)
{
        return worker_run_verb(args, "policy-log", render_log);
}
