/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/verbs.h"
#include "imactl/worker.h"

static const struct {
        const char *result;
        Tone tone;
        const char *word;
} results[] = {
        {"ok",       TONE_GOOD,  NULL     },
        { "warning", TONE_WARN,  "warning"},
        { "failed",  TONE_BAD,   "failed" },
        { "unknown", TONE_FAINT, "unknown"},
        { "skipped", TONE_FAINT, "skipped"},
};

static size_t find_result(const json_t *check)
{
        const char *result = result_get_string(check, "result");

        for (size_t i = 0; i < ELEMENTSOF(results); i++)
                if (string_equal(results[i].result, result))
                        return i;
        return ELEMENTSOF(results) - 1;
}

static void render_check(const json_t *check, FILE *file, Style style)
{
        size_t i = find_result(check);
        Tone tone = results[i].tone;
        _cleanup_free_ char *message = result_escape(result_get_string(check, "message"), style);
        _cleanup_free_ char *hint = result_escape(result_get_string(check, "hint"), style);

        fprintf(file, "%s%s%s %s%s%s\n", style_begin(style, tone), style_mark(style, tone),
                        style_end(style, tone), results[i].word ?: "", results[i].word ? ": " : "",
                        message ?: "");
        if (hint && *hint)
                fprintf(file, "  %s %s\n", style_choose(style, "→", "->"), hint);
}

static void render_doctor(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *checks = json_object_get(result, "checks"), *check;
        size_t i, counts[ELEMENTSOF(results)] = { 0 };

        json_array_foreach (checks, i, check) {
                size_t kind = find_result(check);

                counts[kind]++;
                if (kind > 0 || !arguments_have(args, OPTION_QUIET))
                        render_check(check, file, style);
        }
        if (!arguments_have(args, OPTION_NO_LEGEND) && args->words.count == 0)
                fprintf(file, "\n%zu fine, %zu warnings, %zu failed\n", counts[0], counts[1],
                                counts[2]);
}

ExitCode verb_doctor(const Arguments *args)
{
        return worker_run_verb(args, "doctor", render_doctor);
}
