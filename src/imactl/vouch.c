/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

static void add_row(Table *table, const json_t *rule)
{
        const json_t *paths = json_object_get(rule, "paths"), *path;
        size_t i;

        json_array_foreach (paths, i, path)
                table_add_row(table,
                                (const char *const[]){
                                                i == 0 ? result_get_string(rule, "id") : "",
                                                i == 0 ? result_get_string(rule, "package") : "",
                                                json_string_value(path),
                                });
}

static void render_check(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"RULE",     false, true},
                { "PACKAGE", false, true},
                { "PATH",    false, true},
        };
        const json_t *rules = json_object_get(result, "rules"), *rule;
        _cleanup_table_ Table *table = NULL;
        bool is_valid = json_is_true(json_object_get(result, "valid"));
        Tone tone = is_valid ? TONE_GOOD : TONE_BAD;
        size_t i, n = json_array_size(rules);

        if (arguments_have(args, OPTION_QUIET))
                return;
        fprintf(file, "%s%s%s %s: %zu rule%s\n", style_begin(style, tone), style_mark(style, tone),
                        style_end(style, tone), is_valid ? "valid" : "not valid; what is left", n,
                        plural(n));
        if (n == 0)
                return;
        fputc('\n', file);
        table = table_new(columns, ELEMENTSOF(columns), args, file);
        json_array_foreach (rules, i, rule)
                add_row(table, rule);
        table_print(table);
}

ExitCode verb_vouch_check(const Arguments *args)
{
        return worker_run_verb(args, "vouch-check", render_check);
}
