/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "bus/names.h"
#include "imactl/client.h"
#include "imactl/entries.h"
#include "imactl/table.h"
#include "imactl/verbs.h"
#include "imactl/worker.h"

static void render_list(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        static const TableColumn columns[] = {
                {.title = "NUMBER",    .right = true },
                { .title = "PCR",                   .right = true },
                { .title = "TEMPLATE"},
                { .title = "VERDICT"},
                { .title = "DIGEST" },
                { .title = "NAME"  },
        };
        const json_t *entries = json_object_get(result, "entries"), *entry;
        _cleanup_table_ Table *table = table_new(columns, ELEMENTSOF(columns), args, file);
        size_t i;

        json_array_foreach (entries, i, entry) {
                bool violation = result_get_bool(entry, "violation");
                _cleanup_free_ char *name = entries_get_name(entry);
                char number[24], pcr[24];

                (void) snprintf(number, sizeof(number), "%" PRIu64,
                                result_get_number(entry, "number"));
                (void) snprintf(pcr, sizeof(pcr), "%" PRIu64, result_get_number(entry, "pcr"));
                table_add_row(table, (const char *const[]){
                                                     number,
                                                     pcr,
                                                     result_get_string(entry, "template"),
                                                     result_get_string(entry, "verdict"),
                                                     violation ? NULL
                                                               : result_get_string(entry, "digest"),
                                                     name,
                                     });
        }
        table_print(table);
        if (!arguments_have(args, OPTION_NO_LEGEND))
                fprintf(file, "\n%zu entr%s\n", json_array_size(entries),
                                json_array_size(entries) == 1 ? "y" : "ies");
}

static ExitCode list_by_daemon(const Arguments *args)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_json_ json_t *result = json_pack("{s:[]}", "entries"), *filter = NULL;
        json_t *entries = json_object_get(result, "entries");
        uint64_t start = 1, next = 0;
        size_t before = 0;
        ExitCode code = entries_make_filter(args, &filter);

        if (code == EXIT_CODE_OK)
                code = client_connect(args, &bus);
        while (code == EXIT_CODE_OK) {
                code = entries_get_page(
                                args, bus, filter, start, ENTRIES_PAGE_SIZE, entries, &next);
                if (code == EXIT_CODE_OK && json_array_size(entries) == before)
                        return report_result(args, result, code, render_list);
                if (code == EXIT_CODE_OK && next <= start)
                        return client_report_bad_answer(args, "pages that do not advance");
                before = json_array_size(entries);
                start = next;
        }
        return code;
}

static ExitCode check_root(const Arguments *args)
{
        if (!arguments_have(args, OPTION_ROOT))
                return EXIT_CODE_OK;
        return report_error(args, EXIT_CODE_USAGE, "without --list= the running system is meant",
                        "--root needs --list=");
}

ExitCode verb_measurements_list(const Arguments *args)
{
        ExitCode code;

        if (!arguments_have(args, OPTION_LIST)) {
                code = check_root(args);
                return code != EXIT_CODE_OK ? code : list_by_daemon(args);
        }
        if (arguments_have(args, OPTION_SINCE))
                return report_error(args, EXIT_CODE_USAGE,
                                "only imad knows when it saw which entry of the running system",
                                "a recorded list has no times, so --since= cannot be used");
        return worker_run_verb(args, "measurements-list", render_list);
}

static void print_member(const char *title, const char *text, FILE *file)
{
        if (text && *text)
                fprintf(file, "%16s  %s\n", title, text);
}

static void print_fields(const json_t *entry, FILE *file)
{
        const json_t *field;
        size_t i;

        json_array_foreach (json_object_get(entry, "fields"), i, field)
                fprintf(file, "%16s  %s (%s)\n", i == 0 ? "fields" : "",
                                result_get_string(field, "id") ?: "",
                                result_get_string(field, "state") ?: "");
}

/* What a signature of this type was made over. */
static const char *explain_type(const char *type)
{
        static const struct {
                const char *type;
                const char *text;
        } types[] = {
                {"digsig",        "of the digest of the file's contents"                      },
                { "evm-portable", "of the file's attributes and owner, valid on every machine"},
                { "verity",       "of the root of the file's fs-verity tree"                  },
        };

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (string_equal(types[i].type, type))
                        return types[i].text;
        return "of a kind that imactl does not know";
}

static void print_signature(const json_t *entry, FILE *file)
{
        const json_t *signature = json_object_get(entry, "signature");
        const json_t *appended = json_object_get(entry, "appended_signature");

        if (json_is_object(signature)) {
                fprintf(file, "%16s  %s, version %" PRIu64 ", %s, key %s, %" PRIu64 " bytes\n",
                                "signature", result_get_string(signature, "type") ?: "",
                                result_get_number(signature, "version"),
                                result_get_string(signature, "hash") ?: "",
                                result_get_string(signature, "key_id") ?: "",
                                result_get_number(signature, "size"));
                fprintf(file, "%16s  %s, by the key whose identifier ends with %s\n", "",
                                explain_type(result_get_string(signature, "type")),
                                result_get_string(signature, "key_id") ?: "");
        }
        if (json_is_object(appended))
                fprintf(file, "%16s  %" PRIu64 " bytes at the end of the file, over %s\n",
                                "appended", result_get_number(appended, "size"),
                                result_get_string(appended, "digest") ?: "");
}

static void print_verdict(const json_t *entry, FILE *file, Style style)
{
        const char *verdict = result_get_string(entry, "verdict");
        Tone tone = entries_get_tone(verdict);

        if (verdict)
                fprintf(file, "%16s  %s%s%s: %s\n", "verdict", style_begin(style, tone), verdict,
                                style_end(style, tone),
                                entries_explain_verdict(verdict) ?: "not known to imactl");
}

static void render_show(const json_t *result, const Arguments *args, FILE *file, Style style)
{
        const json_t *entry = json_object_get(result, "entry");
        _cleanup_free_ char *name = entries_get_name(entry), *escaped = NULL;

        escaped = result_escape(name, style);
        fprintf(file, "Entry %" PRIu64 "%s\n", result_get_number(entry, "number"),
                        result_get_bool(entry, "violation") ? ", a violation" : "");
        print_member("name", escaped, file);
        print_verdict(entry, file, style);
        print_member("seen", result_get_string(entry, "seen"), file);
        fprintf(file, "%16s  %" PRIu64 "\n", "PCR", result_get_number(entry, "pcr"));
        print_member("template", result_get_string(entry, "template"), file);
        print_member("template digest", result_get_string(entry, "template_digest"), file);
        print_member("digest", result_get_string(entry, "digest"), file);
        print_member("digest type", result_get_string(entry, "digest_type"), file);
        print_fields(entry, file);
        print_signature(entry, file);
        print_member("data", result_get_string(entry, "data"), file);
}

static ExitCode show_by_daemon(const Arguments *args, uint64_t number)
{
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_json_ json_t *entries = json_array(), *result = NULL;
        _cleanup_json_ json_t *filter = json_pack("{s:b}", "details", 1);
        uint64_t next = 0;
        ExitCode code = client_connect(args, &bus);

        if (code == EXIT_CODE_OK)
                code = entries_get_page(args, bus, filter, number, 1, entries, &next);
        if (code != EXIT_CODE_OK)
                return code;
        if (json_array_size(entries) == 0)
                return report_error(args, EXIT_CODE_NOT_FOUND,
                                "measurements list shows which there are",
                                "the measurement list has no entry %" PRIu64, number);
        result = json_pack("{s:O, s:[]}", "entry", json_array_get(entries, 0), "diagnostics");
        return report_result(args, result, code, render_show);
}

ExitCode verb_measurements_show(const Arguments *args)
{
        uint64_t number;
        ExitCode code;

        if (parse_u64(args->words.items[0], UINT64_MAX, &number) < 0 || number == 0)
                return report_error(args, EXIT_CODE_USAGE, "entries are numbered from 1",
                                "'%s' is no number of an entry", args->words.items[0]);
        if (arguments_have(args, OPTION_LIST))
                return worker_run_verb(args, "measurements-show", render_show);
        code = check_root(args);
        return code != EXIT_CODE_OK ? code : show_by_daemon(args, number);
}
