/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/escape.h"
#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

/* The first sentence; the whole text is in the JSON and in the preset. */
static char *summarize(const char *description)
{
        const char *end = description ? strstr(description, ". ") : NULL;

        return end ? strndup(description, (size_t) (end - description)) : strdup(description ?: "");
}

static void render_list(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"NAME",         false, false},
                { "ENABLED",     false, false},
                { "REFUSES",     false, false},
                { "DESCRIPTION", false, true },
        };
        const json_t *presets = json_object_get(result, "presets"), *preset;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i, enabled = 0;

        json_array_foreach (presets, i, preset) {
                _cleanup_free_ char *summary = summarize(result_get_string(preset, "description"));
                bool is_enabled = result_get_bool(preset, "enabled");

                enabled += is_enabled;
                table_add_row(table,
                                (const char *const[]){
                                                result_get_string(preset, "name"),
                                                is_enabled ? "yes" : "no",
                                                result_get_bool(preset, "refuses") ? "yes" : "no",
                                                summary,
                                });
        }
        table_print(table);
        if (!arguments_have(args, OPTION_NO_LEGEND))
                fprintf(file,
                                "\n%zu presets, %zu enabled; imactl preset enable NAME links one "
                                "into "
                                "the fragments.\n",
                                json_array_size(presets), enabled);
}

static void render_text(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(result, "path"), style);
        const char *text = result_get_string(result, "text") ?: "";

        if (!arguments_have(args, OPTION_QUIET))
                fprintf(file, "# %s\n", path ?: "");
        for (const char *end; *text; text = *end ? end + 1 : end) {
                _cleanup_free_ char *line = NULL;

                end = strchrnul(text, '\n');
                line = escape_text(text, (size_t) (end - text),
                                ESCAPE_KEEP_BACKSLASH | (style.utf8 ? 0 : ESCAPE_ASCII));
                fprintf(file, "%s\n", line ?: "");
        }
}

static void render_change(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        bool enable = string_equal(args->verb->name, "enable");
        _cleanup_free_ char *link = result_escape(result_get_string(result, "link"), style),
                            *name = result_escape(result_get_string(result, "name"), style);

        if (arguments_have(args, OPTION_QUIET))
                return;
        if (!result_get_bool(result, "changed")) {
                fprintf(file, "Nothing to do: the preset is %s already.\n",
                                enable ? "enabled" : "not enabled");
                return;
        }
        fprintf(file, "%s %s\n", enable ? "Linked" : "Removed", link ?: "");
        if (enable && result_get_bool(result, "refuses"))
                fprintf(file,
                                "It refuses files: imactl preset cat %s says what must be signed "
                                "before.\nimactl policy apply --trial --confirm-within=15min lets "
                                "the next boot try it.\n",
                                name ?: "");
        else
                fputs("imactl policy apply makes it the policy.\n", file);
}

ExitCode verb_preset_list(const Arguments *args)
{
        return worker_run_verb(args, "preset-list", render_list);
}

ExitCode verb_preset_cat(const Arguments *args)
{
        return worker_run_verb(args, "preset-cat", render_text);
}

ExitCode verb_preset_enable(const Arguments *args)
{
        return worker_run_verb(args, "preset-enable", render_change);
}

ExitCode verb_preset_disable(const Arguments *args)
{
        return worker_run_verb(args, "preset-disable", render_change);
}
