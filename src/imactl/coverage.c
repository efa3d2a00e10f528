/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

#define GROUPS_SHOWN 15U

static double get_percent(const json_t *count)
{
        return json_number_value(json_object_get(count, "percent"));
}

static void add_row(Table *table, const json_t *count, const char *name)
{
        char passing[32], appraised[32], percent[32];

        (void) snprintf(passing, sizeof(passing), "%" PRIu64, result_get_number(count, "passing"));
        (void) snprintf(appraised, sizeof(appraised), "%" PRIu64,
                        result_get_number(count, "appraised"));
        (void) snprintf(percent, sizeof(percent), "%.2f %%", get_percent(count));
        table_add_row(table, (const char *[]){ passing, appraised, percent, name });
}

static const char *get_name(const json_t *group, char buffer[static 256])
{
        const char *fragment = result_get_string(group, "fragment");

        if (!result_get_string(group, "text"))
                return result_get_string(group, "name") ?: "(no package)";
        (void) snprintf(buffer, 256, "%s%s%s: %s",
                        fragment ?: result_get_string(group, "list") ?: "", fragment ? "/" : "",
                        fragment ? result_get_string(group, "id") ?: "" : "",
                        result_get_string(group, "text"));
        return buffer;
}

static void render_groups(const json_t *coverage, const char *key, const char *title,
                const Arguments *args, FILE *file)
{
        const TableColumn columns[] = {
                {"PASS",       true,  false},
                { "APPRAISED", true,  false},
                { "",          true,  false},
                { title,       false, true }
        };
        const json_t *groups = json_object_get(coverage, key), *group;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        char name[256];
        size_t i;

        if (json_array_size(groups) == 0)
                return;
        fputc('\n', file);
        json_array_foreach (groups, i, group)
                if (i < GROUPS_SHOWN)
                        add_row(table, group, get_name(group, name));
        table_print(table);
        if (json_array_size(groups) > GROUPS_SHOWN)
                fputs("and more, which --json tells\n", file);
}

static void render_missing(const json_t *coverage, FILE *file, Style style)
{
        const json_t *missing = json_object_get(coverage, "missing"), *item;
        size_t i;

        if (json_array_size(missing) > 0)
                fputc('\n', file);
        json_array_foreach (missing, i, item) {
                _cleanup_free_ char *path = result_escape(result_get_string(item, "path"), style);
                _cleanup_free_ char *mend = result_escape(result_get_string(item, "mend"), style);
                const char *key_id = result_get_string(item, "key_id");

                fprintf(file, "%s%s%s %s: %s", style_begin(style, TONE_BAD),
                                style_mark(style, TONE_BAD), style_end(style, TONE_BAD), path,
                                result_get_string(item, "cause") ?: "no extended attributes");
                if (key_id)
                        fprintf(file, ", key id %s", key_id);
                fprintf(file, "\n    %s\n", mend);
        }
        if (result_get_number(coverage, "unlisted") > 0)
                fprintf(file, "and %" PRIu64 " more\n", result_get_number(coverage, "unlisted"));
}

static void render_summary(const json_t *coverage, const Arguments *args, FILE *file)
{
        uint64_t open = result_get_number(coverage, "open");
        uint64_t skipped = result_get_number(coverage, "skipped_mounts");
        uint64_t unreadable = result_get_number(coverage, "unreadable");

        fprintf(file,
                        "%.2f %%: %" PRIu64 " of %" PRIu64 " appraised files pass, %" PRIu64
                        " files in %.1f s\n",
                        get_percent(coverage), result_get_number(coverage, "passing"),
                        result_get_number(coverage, "appraised"),
                        result_get_number(coverage, "files"),
                        json_number_value(json_object_get(coverage, "seconds")));
        if (open > 0)
                fprintf(file, "%" PRIu64 " have a signature that was not checked; see --cert=\n",
                                open);
        if (skipped > 0)
                fprintf(file, "%" PRIu64 " mount%s left out; see --all-mounts\n", skipped,
                                plural(skipped));
        if (unreadable > 0)
                fprintf(file, "%" PRIu64 " files or directories could not be looked at\n",
                                unreadable);
}

static void render_coverage(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *coverage = json_object_get(result, "coverage");

        if (!arguments_have(args, OPTION_QUIET)) {
                render_groups(coverage, "rules", "RULE", args, file);
                render_groups(coverage, "packages", "PACKAGE", args, file);
                render_groups(coverage, "directories", "DIRECTORY", args, file);
        }
        render_missing(coverage, file, style);
        render_summary(coverage, args, file);
}

ExitCode verb_coverage(const Arguments *args)
{
        return worker_run_verb(args, "coverage", render_coverage);
}
