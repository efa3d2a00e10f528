/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

#define CLASS_WIDTH 8
#define RULES_SHOWN 1000

static const char *const classes[] = { "measure", "appraise", "audit", "hash" };

/* What ima_appraise leaves of a refusal. */
static const struct {
        const char *status;
        Tone tone;
        const char *text;
} appraisals[] = {
        {"passes", TONE_GOOD, "appraised, passes"                      },
        { "open",  TONE_WARN, "appraised, not decided here"            },
        { "fixed", TONE_WARN, "appraised, ima_appraise=fix relabels it"},
        { "fails", TONE_BAD,  "DENIED"                                 },
};

/* "50-programs/signed /etc/imad/policy.d/50-programs.yaml:12", or where a built-in rule stands. */
static void render_rule(const json_t *rule, FILE *file, Style style)
{
        _cleanup_free_ char *source = result_escape(result_get_string(rule, "source"), style);
        _cleanup_free_ char *id = result_escape(result_get_string(rule, "id"), style);
        _cleanup_free_ char *fragment = result_escape(result_get_string(rule, "fragment"), style);
        _cleanup_free_ char *text = result_escape(result_get_string(rule, "text"), style);
        const char *list = result_get_string(rule, "list");

        if (*fragment)
                fprintf(file, "%s/%s", fragment, id);
        else if (!string_equal(list, "policy"))
                fprintf(file, "built in (%s): %s", list ?: "", text);
        else
                fprintf(file, "line %" PRIu64 ": %s", result_get_number(rule, "line"), text);
        if (*source)
                fprintf(file, "  %s%s:%" PRIu64 "%s", style_begin(style, TONE_FAINT), source,
                                result_get_number(rule, "source_line"),
                                style_end(style, TONE_FAINT));
}

static void render_appraisal(const json_t *verdict, FILE *file, Style style)
{
        const char *status = result_get_string(verdict, "status");
        const char *cause = result_get_string(verdict, "cause");
        const char *key_id = result_get_string(verdict, "key_id");
        bool is_denied = result_get_bool(verdict, "denied");
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(appraisals) && !string_equal(appraisals[i].status, status))
                i++;
        fprintf(file, "%s%s %s%s", style_begin(style, appraisals[i].tone),
                        style_mark(style, appraisals[i].tone),
                        string_equal(status, "fails") && !is_denied ? "fails, allowed"
                                                                    : appraisals[i].text,
                        style_end(style, appraisals[i].tone));
        if (key_id)
                fprintf(file, ": signed with key id %s, not verified here", key_id);
        else if (cause)
                fprintf(file, ": %s", cause);
}

static void render_measurement(const json_t *verdict, FILE *file, Style style)
{
        const char *template = result_get_string(verdict, "template");

        fprintf(file, "%s%s measured%s into PCR %" PRIu64, style_begin(style, TONE_GOOD),
                        style_mark(style, TONE_GOOD), style_end(style, TONE_GOOD),
                        result_get_number(verdict, "pcr"));
        if (template)
                fprintf(file, ", template %s", template);
        if (result_get_bool(verdict, "again"))
                fprintf(file, " (is there already)");
}

static void render_outcome(const char *class_, const json_t *verdict, FILE *file, Style style)
{
        static const char *const done[] = { "audited", "hashed" };

        if (!result_get_bool(verdict, "done"))
                fprintf(file, "%s no", style_mark(style, TONE_FAINT));
        else if (string_equal(class_, "appraise"))
                render_appraisal(verdict, file, style);
        else if (string_equal(class_, "measure"))
                render_measurement(verdict, file, style);
        else
                fprintf(file, "%s%s %s%s", style_begin(style, TONE_GOOD),
                                style_mark(style, TONE_GOOD), done[string_equal(class_, "hash")],
                                style_end(style, TONE_GOOD));
}

static void render_mismatches(const json_t *verdict, FILE *file, Style style)
{
        const json_t *item;
        size_t i;

        json_array_foreach (json_object_get(verdict, "not_matching"), i, item) {
                _cleanup_free_ char *wanted =
                                result_escape(result_get_string(item, "wanted"), style);
                _cleanup_free_ char *found = result_escape(result_get_string(item, "found"), style);

                fprintf(file, "             not ");
                render_rule(json_object_get(item, "rule"), file, style);
                fprintf(file, "\n                 it wants %s, here is %s\n", wanted, found);
        }
}

static void render_verdict(const char *class_, const json_t *verdict, FILE *file, Style style)
{
        const json_t *rule = json_object_get(verdict, "rule");

        if (!result_get_bool(verdict, "active"))
                return;
        fprintf(file, "    %-*s ", CLASS_WIDTH, class_);
        render_outcome(class_, verdict, file, style);
        if (json_is_object(rule)) {
                fprintf(file, "  %s ", style_choose(style, "←", "<-"));
                render_rule(rule, file, style);
        } else {
                fprintf(file, ": no rule matches");
        }
        fputc('\n', file);
        render_mismatches(verdict, file, style);
}

/* What flags stay with the file from earlier requests says nothing where no rule matches. */
static bool is_decided(const json_t *request)
{
        for (size_t c = 0; c < ELEMENTSOF(classes); c++) {
                const json_t *verdict = json_object_get(request, classes[c]);

                if (json_is_object(json_object_get(verdict, "rule")) ||
                                json_array_size(json_object_get(verdict, "not_matching")) > 0)
                        return true;
        }
        return false;
}

static void render_request(const json_t *request, FILE *file, Style style)
{
        const json_t *flags = json_object_get(request, "flags"), *flag;
        size_t i;

        fprintf(file, "  %s", result_get_string(request, "func") ?: "");
        if (!string_equal(result_get_string(request, "mask"), "none"))
                fprintf(file, " %s", result_get_string(request, "mask"));
        if (!is_decided(request)) {
                fprintf(file, ": no rule matches\n");
                return;
        }
        json_array_foreach (flags, i, flag)
                fprintf(file, "%s%s", i == 0 ? "  (" : ", ", json_string_value(flag));
        fprintf(file, "%s\n", json_array_size(flags) > 0 ? ")" : "");
        for (size_t c = 0; c < ELEMENTSOF(classes); c++)
                render_verdict(classes[c], json_object_get(request, classes[c]), file, style);
}

static void render_file(const json_t *entry, FILE *file, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(entry, "path"), style);
        const json_t *uses = json_object_get(entry, "uses"), *use, *request;
        size_t i, j;

        json_array_foreach (uses, i, use) {
                const char *name = result_get_string(use, "use");

                fprintf(file, "%s%s%s", style_begin(style, TONE_STRONG), path,
                                style_end(style, TONE_STRONG));
                if (name)
                        fprintf(file, ", use: %s", name);
                fputc('\n', file);
                json_array_foreach (json_object_get(use, "requests"), j, request)
                        render_request(request, file, style);
        }
}

static void render_policy(const json_t *result, FILE *file)
{
        const json_t *policy = json_object_get(result, "policy");
        const char *kernel = result_get_string(policy, "kernel");
        uint64_t rules = result_get_number(policy, "rules");
        uint64_t builtin = result_get_number(policy, "builtin_rules");

        fprintf(file, "Policy: %s, %" PRIu64 " rule%s", result_get_string(policy, "source") ?: "",
                        rules, plural(rules));
        if (builtin > 0)
                fprintf(file, " and %" PRIu64 " built in", builtin);
        if (kernel)
                fprintf(file, ", Linux %s", kernel);
        fprintf(file, ", ima_appraise=%s\n", result_get_string(policy, "appraise_mode") ?: "");
}

static void render_critical(const json_t *tree, FILE *file, Style style)
{
        const json_t *critical = json_object_get(tree, "critical"), *item;
        size_t i;

        json_array_foreach (critical, i, item) {
                _cleanup_free_ char *path = result_escape(result_get_string(item, "path"), style);
                const char *cause = result_get_string(item, "cause");

                if (i == 0)
                        fprintf(file, "\n%sThe machine would not come up.%s Denied would be\n",
                                        style_begin(style, TONE_BAD), style_end(style, TONE_BAD));
                fprintf(file, "  %s %s, %s: %s%s%s\n", style_mark(style, TONE_BAD), path,
                                result_get_string(item, "what") ?: "",
                                result_get_string(item, "func") ?: "", cause ? ", " : "",
                                cause ?: "");
        }
}

static void render_groups(const json_t *tree, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"DENIED",   true,  false},
                { "IN",      false, true },
                { "SUCH AS", false, true }
        };
        const json_t *groups = json_object_get(tree, "groups"), *group;
        uint64_t total = result_get_number(tree, "denied_groups");
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i;

        if (json_array_size(groups) == 0)
                return;
        fputc('\n', file);
        json_array_foreach (groups, i, group) {
                char count[32];

                (void) snprintf(count, sizeof(count), "%" PRIu64,
                                result_get_number(group, "denied"));
                table_add_row(table,
                                (const char *[]){ count, result_get_string(group, "name"),
                                                json_string_value(json_array_get(
                                                                json_object_get(group, "examples"),
                                                                0)) });
        }
        table_print(table);
        if (total > json_array_size(groups))
                fprintf(file, "and %" PRIu64 " more %s\n", total - json_array_size(groups),
                                result_get_bool(tree, "by_package") ? "packages" : "directories");
}

static void render_rules(const json_t *tree, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"FILES", true,  false},
                { "RULE", false, false},
                { "TEXT", false, true }
        };
        const json_t *rules = json_object_get(tree, "rules"), *rule;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i;

        fputs("\nRules and the files that they decide about:\n", file);
        json_array_foreach (rules, i, rule) {
                const char *fragment = result_get_string(rule, "fragment");
                char count[32], name[256];

                if (i >= RULES_SHOWN)
                        break;
                (void) snprintf(count, sizeof(count), "%" PRIu64, result_get_number(rule, "files"));
                (void) snprintf(name, sizeof(name), "%s%s%s",
                                fragment ?: result_get_string(rule, "list") ?: "",
                                fragment ? "/" : "",
                                fragment ? result_get_string(rule, "id") ?: "" : "");
                table_add_row(table,
                                (const char *[]){ count, name, result_get_string(rule, "text") });
        }
        table_print(table);
}

static void render_tree(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const char *const counts[] = { "measured", "appraised", "audited", "hashed",
                "denied", "open" };
        static const char *const words[] = { "measured", "appraised", "audited", "hashed",
                "would be denied", "appraised, not decided here" };
        const json_t *tree = json_object_get(result, "tree");
        uint64_t skipped = result_get_number(tree, "skipped_mounts");
        uint64_t unreadable = result_get_number(tree, "unreadable");

        fprintf(file, "%" PRIu64 " files in their normal use:\n", result_get_number(tree, "files"));
        for (size_t i = 0; i < ELEMENTSOF(counts); i++)
                if (i == 0 || i == 4 || result_get_number(tree, counts[i]) > 0)
                        fprintf(file, "%10" PRIu64 " %s\n", result_get_number(tree, counts[i]),
                                        words[i]);
        if (skipped > 0)
                fprintf(file, "%10" PRIu64 " mounts left out, see --all-mounts\n", skipped);
        if (unreadable > 0)
                fprintf(file, "%10" PRIu64 " could not be looked at\n", unreadable);
        render_critical(tree, file, style);
        render_groups(tree, args, file, style);
        render_rules(tree, args, file, style);
}

static void render_simulation(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *entry;
        size_t i;

        if (!arguments_have(args, OPTION_QUIET) && !arguments_have(args, OPTION_NO_LEGEND))
                render_policy(result, file);
        if (json_is_object(json_object_get(result, "tree"))) {
                render_tree(result, args, file, style);
                return;
        }
        json_array_foreach (json_object_get(result, "files"), i, entry)
                render_file(entry, file, style);
}

ExitCode verb_policy_simulate(const Arguments *args)
{
        return worker_run_verb(args, "policy-simulate", render_simulation);
}
