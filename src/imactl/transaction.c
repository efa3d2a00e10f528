/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

typedef struct Number {
        char text[24];
} Number;

static Number format_number(const json_t *object, const char *key)
{
        Number number;

        (void) snprintf(number.text, sizeof(number.text), "%" PRIu64,
                        result_get_number(object, key));
        return number;
}

static void render_list(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {"NUMBER",    true,  false},
                { "BEGIN",    false, false},
                { "BY",       false, true },
                { "PACKAGES", true,  false},
                { "LABELLED", true,  false},
                { "UNSIGNED", true,  false},
                { "FAILED",   true,  false},
        };
        const json_t *transactions = json_object_get(result, "transactions"), *item;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i;

        json_array_foreach (transactions, i, item) {
                Number number = format_number(item, "number"),
                       packages = format_number(item, "packages"),
                       labelled = format_number(item, "labelled"),
                       failed = format_number(item, "failed"), passed;

                (void) snprintf(passed.text, sizeof(passed.text), "%" PRIu64,
                                result_get_number(item, "unknown") +
                                                result_get_number(item, "foreign"));
                table_add_row(table,
                                (const char *const[]){
                                                number.text,
                                                result_get_string(item, "begin"),
                                                result_get_string(json_object_get(item, "owner"),
                                                                "name"),
                                                packages.text,
                                                labelled.text,
                                                passed.text,
                                                failed.text,
                                });
        }
        table_print(table);
}

static void render_files(
                const json_t *result, const char *key, const char *title, FILE *file, Style style)
{
        const json_t *files = json_object_get(result, key), *item;
        size_t i;

        if (json_array_size(files) > 0)
                fprintf(file, "\n%s\n", title);
        json_array_foreach (files, i, item) {
                _cleanup_free_ char *path = result_escape(result_get_string(item, "path"), style),
                                    *error = result_escape(result_get_string(item, "error"), style);

                fprintf(file, "  %s%s%s\n", path, *error ? ": " : "", error);
        }
}

static void render_packages(const json_t *result, FILE *file, Style style)
{
        const json_t *packages = json_object_get(result, "packages"), *item;
        size_t i;

        fputs("\nPackages:\n", file);
        json_array_foreach (packages, i, item) {
                _cleanup_free_ char *name = result_escape(result_get_string(item, "name"), style),
                                    *version = result_escape(
                                                    result_get_string(item, "version"), style),
                                    *old = result_escape(
                                                    result_get_string(item, "old_version"), style);

                fprintf(file, "  %s %s%s%s%s\n", name, old, *old ? " -> " : "", version,
                                json_is_true(json_object_get(item, "allowed"))
                                                ? " (allowed by root)"
                                                : "");
        }
}

static void render_report(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *owner = json_object_get(result, "owner"),
                     *gate = json_object_get(result, "gate");
        _cleanup_free_ char *name = result_escape(result_get_string(owner, "name"), style);
        uint64_t started = result_get_number(gate, "started");

        fprintf(file,
                        "Transaction %" PRIu64 " of %s (process %" PRIu64 ")\n"
                        "Begin: %s\nEnd: %s\n",
                        result_get_number(result, "number"), name, result_get_number(owner, "pid"),
                        result_get_string(result, "begin") ?: "?",
                        result_get_string(result, "end") ?: "?");
        fprintf(file,
                        "Labelled: %" PRIu64 " files; %" PRIu64 " opens were held, the longest "
                        "%" PRIu64 " us, %" PRIu64 " passed late\n",
                        result_get_number(result, "labelled"), result_get_number(gate, "asked"),
                        result_get_number(gate, "longest_usec"), result_get_number(gate, "late"));
        if (started > 1)
                fprintf(file, "The gate was started %" PRIu64 " times, %" PRIu64 " hung\n", started,
                                result_get_number(gate, "killed"));
        render_packages(result, file, style);
        render_files(result, "unknown", "Programs that nobody vouches for, not signed:", file,
                        style);
        render_files(result, "foreign", "Bytes of a package in another place, not signed:", file,
                        style);
        render_files(result, "kept", "Signed by another key, left as they were:", file, style);
        render_files(result, "failed", "Not labelled:", file, style);
        render_files(result, "denials", "Denied meanwhile:", file, style);
        if (json_is_null(json_object_get(result, "denials")))
                fputs("\nWhat was denied meanwhile is not known: the kernel does not tell.\n",
                                file);
        if (json_is_true(json_object_get(result, "denials_lost")))
                fputs("\nThere were more denials than could be read.\n", file);
        render_files(result, "vouched", "Made meanwhile, signed by a rule of vouch.d:", file,
                        style);
        render_files(result, "skipped", "Named by a rule of vouch.d, not signed:", file, style);
}

static void render_allow(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        _cleanup_free_ char *path = result_escape(result_get_string(result, "archive"), style);

        fprintf(file, "%s may be installed until %s, as long as it has these bytes:\nsha256 %s\n",
                        path, result_get_string(result, "until") ?: "?",
                        result_get_string(result, "sha256") ?: "?");
}

ExitCode verb_transaction_allow(const Arguments *args)
{
        return worker_run_verb(args, "transaction-allow", render_allow);
}

ExitCode verb_transaction_list(const Arguments *args)
{
        return worker_run_verb(args, "transaction-list", render_list);
}

ExitCode verb_transaction_show(const Arguments *args)
{
        return worker_run_verb(args, "transaction-show", render_report);
}
