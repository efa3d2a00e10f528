/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy diff: two policies compared by what they do. */
#include <inttypes.h>

#include "imactl/verbs.h"
#include "imactl/worker.h"

static const struct {
        const char *kind;
        const char *sign;
        Tone tone;
} kinds[] = {
        {"added",    "+", TONE_GOOD},
        { "removed", "-", TONE_BAD },
        { "moved",   "~", TONE_WARN},
};

/* What is said below a change; the rule that the reason speaks of follows where there is one. */
static const struct {
        const char *reason;
        const char *text;
} reasons[] = {
        {"covered",        "no effect: an earlier rule decides about all that it matches" },
        { "never-matches", "no effect: it matches nothing"                                },
        { "neutral",       "no effect: no later rule would include what it excludes"      },
        { "commutes",      "no effect: it decides like the rules that it passed"          },
        { "conflicts",     "it passed a rule that decides otherwise about what both match"},
        { "now-reached",   "it came to nothing before"                                    },
        { "now-idle",      "it comes to nothing now"                                      },
        { "unknown",       "there is too much to compare; taken for an effect"            },
};

static const struct {
        const char *global;
        const char *text;
} globals[] = {
        {"classes",   "whether files are measured, appraised, audited or hashed at all"},
        { "sticky",   "what stays restricted until the next boot: modules, firmware, policies or "
                    "kexec"                                         },
        { "setxattr", "which hash algorithms new labels may have"                      },
};

static void print_side(const json_t *side, const char *sign, Style style, FILE *file)
{
        _cleanup_free_ char *name = result_escape(result_get_string(side, "name"), style),
                            *kernel = result_escape(result_get_string(side, "kernel"), style);
        uint64_t rules = result_get_number(side, "rules");

        fprintf(file, "%s%s %s", style_begin(style, TONE_STRONG), sign, name ?: "");
        if (kernel && kernel[0])
                fprintf(file, ", Linux %s", kernel);
        fprintf(file, ", %" PRIu64 " rule%s%s\n", rules, plural(rules),
                        style_end(style, TONE_STRONG));
}

/* "rule 3, 50-programs/libraries, line 12" */
static void print_place(const json_t *rule, Style style, FILE *file)
{
        _cleanup_free_ char *fragment = result_escape(result_get_string(rule, "fragment"), style),
                            *id = result_escape(result_get_string(rule, "id"), style),
                            *source = result_escape(result_get_string(rule, "source"), style);

        fprintf(file, "rule %" PRIu64, result_get_number(rule, "rule"));
        if (fragment && fragment[0])
                fprintf(file, ", %s/%s", fragment, id ?: "");
        else if (source && source[0])
                fprintf(file, ", %s", source);
        fprintf(file, ", line %" PRIu64, result_get_number(rule, "source_line"));
}

static void print_reason(const json_t *change, Style style, FILE *file)
{
        const char *reason = result_get_string(change, "reason");
        const json_t *other = json_object_get(change, "other");
        _cleanup_free_ char *text = result_escape(result_get_string(other, "text"), style);

        for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
                if (string_equal(reasons[i].reason, reason))
                        fprintf(file, "    %s\n", reasons[i].text);
        if (!json_is_object(other))
                return;
        fprintf(file, "      %s (", text ?: "");
        print_place(other, style, file);
        fputs(")\n", file);
}

static void print_example(const json_t *example, Style style, FILE *file)
{
        _cleanup_free_ char *request = result_escape(result_get_string(example, "request"), style),
                            *before = result_escape(result_get_string(example, "before"), style),
                            *after = result_escape(result_get_string(example, "after"), style);

        if (json_is_object(example))
                fprintf(file, "    for example %s: %s before, %s now\n", request ?: "",
                                before ?: "", after ?: "");
}

static void print_change(const json_t *change, Style style, FILE *file)
{
        const json_t *a = json_object_get(change, "a"), *b = json_object_get(change, "b");
        const char *kind = result_get_string(change, "kind");
        _cleanup_free_ char *text =
                        result_escape(result_get_string(json_is_object(b) ? b : a, "text"), style);
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(kinds) && !string_equal(kinds[i].kind, kind))
                i++;
        fprintf(file, "%s%s %s%s\n    ", style_begin(style, kinds[i].tone), kinds[i].sign,
                        text ?: "", style_end(style, kinds[i].tone));
        if (json_is_object(a))
                print_place(a, style, file);
        if (json_is_object(a) && json_is_object(b))
                fprintf(file, " %s ", style_choose(style, "→", "->"));
        if (json_is_object(b))
                print_place(b, style, file);
        fputc('\n', file);
        print_reason(change, style, file);
        print_example(json_object_get(change, "example"), style, file);
}

/* Rules that were moved without an effect are counted only. */
static bool is_shown(const json_t *change)
{
        return result_get_bool(change, "effect") ||
               !string_equal(result_get_string(change, "kind"), "moved");
}

static size_t count_kind(const json_t *changes, const char *kind)
{
        const json_t *change;
        size_t i, n = 0;

        json_array_foreach (changes, i, change)
                n += string_equal(result_get_string(change, "kind"), kind);
        return n;
}

static void print_globals(const json_t *names, Style style, FILE *file)
{
        const json_t *name;
        size_t i;

        json_array_foreach (names, i, name)
                for (size_t j = 0; j < ELEMENTSOF(globals); j++)
                        if (string_equal(globals[j].global, json_string_value(name)))
                                fprintf(file, "%s! %s changes%s\n", style_begin(style, TONE_WARN),
                                                globals[j].text, style_end(style, TONE_WARN));
}

static void print_summary(const json_t *result, const json_t *changes, FILE *file)
{
        uint64_t effects = result_get_number(result, "effects");
        uint64_t omitted = result_get_number(result, "omitted");
        uint64_t total = json_array_size(changes) + omitted;

        if (omitted > 0)
                fprintf(file, "… and %" PRIu64 " more changes\n", omitted);
        if (total == 0) {
                fputs("The policies are the same.\n", file);
                return;
        }
        fprintf(file, "%zu added, %zu removed, %zu moved: ", count_kind(changes, "added"),
                        count_kind(changes, "removed"), count_kind(changes, "moved"));
        if (result_get_bool(result, "same_effect"))
                fputs("the policies have the same effect.\n", file);
        else
                fprintf(file, "%" PRIu64 " with an effect, %" PRIu64 " without.\n", effects,
                                total - effects);
}

static void render_diff(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *changes = json_object_get(result, "changes"), *change;
        size_t i;

        if (arguments_have(args, OPTION_QUIET))
                return;
        if (json_array_size(changes) > 0) {
                print_side(json_object_get(result, "a"), "---", style, file);
                print_side(json_object_get(result, "b"), "+++", style, file);
        }
        json_array_foreach (changes, i, change)
                if (is_shown(change))
                        print_change(change, style, file);
        print_globals(json_object_get(result, "globals"), style, file);
        print_summary(result, changes, file);
}

ExitCode verb_policy_diff(const Arguments *args)
{
        return worker_run_verb(args, "policy-diff", render_diff);
}
