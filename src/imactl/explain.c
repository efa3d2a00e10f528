/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the codes of diagnostics mean, and what a policy makes of a file. */
#include <inttypes.h>

#include "base/utf8.h"
#include "core/explanation.h"
#include "imactl/inspect.h"
#include "imactl/pager.h"
#include "imactl/report.h"
#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

#define TEXT_WIDTH 80
#define EXAMPLE_INDENT 4

static size_t text_cells(const char *text, size_t size)
{
        size_t cells = 0;

        for (size_t i = 0; i < size;) {
                uint32_t character = '?';
                size_t length = utf8_decode(text + i, size - i, &character) ?: 1;

                cells += utf8_cells(character);
                i += length;
        }
        return cells;
}

/* Fills lines with words. */
static void print_paragraph(const char *text, FILE *file)
{
        size_t used = 0;

        for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
                size_t length = strcspn(text, " \n"), cells = text_cells(text, length);

                if (used > 0 && used + 1 + cells > TEXT_WIDTH) {
                        fputc('\n', file);
                        used = 0;
                }
                fprintf(file, "%s%.*s", used > 0 ? " " : "", (int) length, text);
                used += cells + (used > 0);
                text += length;
        }
        fputc('\n', file);
}

static void print_example_text(const char *text, Style style, FILE *file)
{
        while (*text) {
                size_t length = strcspn(text, "\n");
                _cleanup_free_ char *line = strndup(text, length), *clean = NULL;

                clean = line ? result_escape(line, style) : NULL;
                fprintf(file, "%*s%s\n", EXAMPLE_INDENT, "", clean ?: "?");
                text += length + (text[length] == '\n');
        }
}

/* The name of a file is shown where it is a part of the example. */
static void print_example(const json_t *example, const char *title, Tone tone, FILE *file)
{
        Style style = style_get(file);
        const char *name;
        json_t *text;

        if (!json_is_object(example))
                return;
        fprintf(file, "\n%s%s:%s\n", style_begin(style, tone), title, style_end(style, tone));
        json_object_foreach ((json_t *) example, name, text) {
                if (json_object_size(example) > 1 || strchr(name, ' '))
                        fprintf(file, "\n  %s\n", name);
                fputc('\n', file);
                print_example_text(json_string_value(text) ?: "", style, file);
        }
}

static void print_explanation(const json_t *json, FILE *file, Style style)
{
        const char *code = result_get_string(json, "code");
        const char *severity = result_get_string(json, "severity");

        fprintf(file, "%s%s%s (%s): %s\n\n", style_begin(style, TONE_STRONG), code,
                        style_end(style, TONE_STRONG), severity, result_get_string(json, "title"));
        print_paragraph(result_get_string(json, "means") ?: "", file);
        fputc('\n', file);
        print_paragraph(result_get_string(json, "why") ?: "", file);
        print_example(json_object_get(json, "wrong"), "Wrong", TONE_BAD, file);
        print_example(json_object_get(json, "right"), "Right", TONE_GOOD, file);
        fprintf(file, "\n%sWhat to do:%s\n\n", style_begin(style, TONE_STRONG),
                        style_end(style, TONE_STRONG));
        print_paragraph(result_get_string(json, "next") ?: "", file);
}

static void render_explanations(
                const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *list = json_object_get(result, "explanations"), *item;
        size_t i;

        json_array_foreach (list, i, item) {
                if (i > 0)
                        fputc('\n', file);
                print_explanation(item, file, style);
        }
}

static void render_codes(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = { { "CODE" }, { "KIND" }, { "MEANING" } };
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        const json_t *item;
        size_t i;

        json_array_foreach (json_object_get(result, "codes"), i, item) {
                const char *cells[] = {
                        result_get_string(item, "code"),
                        result_get_string(item, "severity"),
                        result_get_string(item, "title"),
                };

                table_add_row(table, cells);
        }
        table_print(table);
}

static ExitCode refuse_word(const Arguments *args, const char *word)
{
        return report_error(args, EXIT_CODE_NOT_FOUND,
                        "imactl explain lists all codes; they stand in brackets behind messages",
                        "there is no code %s", word);
}

/* Codes are a letter and three digits; a file of such a name is written ./E131. */
static bool is_code(const char *word)
{
        return strlen(word) == 4 && strchr("EWN", word[0]) &&
               strspn(word + 1, "0123456789") == strlen(word) - 1;
}

static void render_denial(const json_t *result, FILE *file, Style style)
{
        const json_t *denial = json_object_get(result, "last_denial");
        _cleanup_free_ char *process = result_escape(result_get_string(denial, "process"), style),
                            *cause = result_escape(result_get_string(denial, "cause"), style);

        if (json_is_object(denial))
                fprintf(file, "Last denial in this boot: %s, to %s (process %" PRIu64 "): %s\n",
                                result_get_string(denial, "time") ?: "?", process,
                                result_get_number(denial, "pid"), cause);
        else if (result_get_bool(result, "denials_seen"))
                fputs("Nothing was denied in this boot\n", file);
        else
                fputs("Whether it was denied is in the journal, which is not open to you\n", file);
}

static void render_file(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(result, "path"), style),
                            *package = result_escape(result_get_string(result, "package"), style),
                            *mend = result_escape(result_get_string(result, "mend"), style);

        fprintf(file, "%s%s%s: %s%s\n", style_begin(style, TONE_STRONG), path,
                        style_end(style, TONE_STRONG),
                        *package ? "of the package " : "of no package", package);
        inspect_render(result, args, file, style);
        render_denial(result, file, style);
        if (*mend)
                fprintf(file, "To mend it: %s\n", mend);
}

ExitCode verb_explain(const Arguments *args)
{
        _cleanup_json_ json_t *explanations = json_array(), *result = NULL;

        if (args->words.count == 0) {
                result = json_pack("{s:o}", "codes", explanation_list());
                return result ? report_result(args, result, EXIT_CODE_OK, render_codes)
                              : EXIT_CODE_FAILURE;
        }
        if (args->words.count == 1 && !is_code(args->words.items[0]))
                return worker_run_verb(args, "explain", render_file);
        for (size_t i = 0; i < args->words.count; i++) {
                json_t *explanation = NULL;
                int r = explanation_find(args->words.items[i], &explanation);

                if (r == -ENOENT)
                        return refuse_word(args, args->words.items[i]);
                if (r < 0 || json_array_append_new(explanations, explanation) < 0)
                        return report_error(args, EXIT_CODE_FAILURE, NULL, "no memory");
        }
        result = json_pack("{s:O}", "explanations", explanations);
        return result ? report_result(args, result, EXIT_CODE_OK, render_explanations)
                      : EXIT_CODE_FAILURE;
}
