/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/transaction-report.h"

#include "base/json.h"
#include "base/strings.h"
#include "system/appraisal-probe.h"
#include "system/transaction-store.h"
#include "system/vouch-files.h"

void transaction_report_done(TransactionReport *report)
{
        json_decref(report->json);
        report->json = NULL;
}

int transaction_report_begin(TransactionReport *report, const PackageManager *owner,
                usec_t begin_usec, bool hears_denials)
{
        char name[16];

        (void) snprintf(name, sizeof(name), "%s", owner->name);
        string_make_utf8(name);
        report->json = json_pack("{s:{s:s, s:i}, s:[], s:[], s:[], s:[], s:[], s:[], s:[], s:o}",
                        "owner", "name", name, "pid", (int) owner->pid, "packages", "unknown",
                        "foreign", "kept", "failed", "vouched", "skipped", "denials",
                        hears_denials ? json_array() : json_null());
        return report->json ? json_set_time(report->json, "begin_usec", begin_usec) : -ENOMEM;
}

static bool has_archive(const json_t *packages, const char *path)
{
        const json_t *package;
        size_t i;

        json_array_foreach (packages, i, package)
                if (string_equal(json_string_value(json_object_get(package, "archive")), path))
                        return true;
        return false;
}

int transaction_report_add_package(TransactionReport *report, const Record *record)
{
        _cleanup_free_ char *copy = strdup(record->text);
        char *rest = copy, *name = strsep(&rest, " "), *old = strsep(&rest, " "),
             *version = strsep(&rest, " ");
        json_t *packages = json_object_get(report->json, "packages"), *package;

        if (!copy)
                return -ENOMEM;
        if (!rest)
                return -EBADMSG;
        string_make_utf8(rest);
        if (has_archive(packages, rest))
                return 0;
        package = json_pack("{s:s, s:s?, s:s, s:s, s:b}", "name", name, "old_version",
                        string_equal(old, "-") ? NULL : old, "version", version, "archive", rest,
                        "allowed", record->size == 1);
        return package && json_array_append_new(packages, package) >= 0 ? 0 : -ENOMEM;
}

void transaction_report_set_uncovered(TransactionReport *report, const char *reasons)
{
        _cleanup_free_ char *copy = strdup(reasons);
        char *rest = copy, *line;
        json_t *list = json_array();

        while (list && rest && (line = strsep(&rest, "\n"))) {
                string_make_utf8(line);
                (void) json_array_append_new(list, json_string(line));
        }
        (void) json_object_set_new(report->json, "uncovered", list);
}

void transaction_report_set_interrupted(TransactionReport *report)
{
        (void) json_object_set_new(report->json, "interrupted", json_true());
}

void transaction_report_add(TransactionReport *report, const BoardReport *file)
{
        static const char *const lists[BOARD_REPORT_MAX] = {
                [BOARD_REPORT_UNKNOWN] = "unknown",
                [BOARD_REPORT_FOREIGN] = "foreign",
                [BOARD_REPORT_KEPT] = "kept",
                [BOARD_REPORT_FAILED] = "failed",
        };
        json_t *list = file->kind < BOARD_REPORT_MAX && lists[file->kind]
                                       ? json_object_get(report->json, lists[file->kind])
                                       : NULL;
        char path[BOARD_PATH_MAX], process[BOARD_PROCESS_NAME_MAX];
        json_t *item;

        if (!list || json_array_size(list) >= TRANSACTION_REPORT_FILES_MAX)
                return;
        memcpy(path, file->path, sizeof(path));
        string_make_utf8(path);
        memcpy(process, file->process, sizeof(process));
        process[sizeof(process) - 1] = '\0';
        string_make_utf8(process);
        item = json_pack("{s:s, s:i, s:s}", "path", path, "pid", (int) file->pid, "process",
                        process);
        if (item && file->error < 0)
                (void) json_object_set_new(
                                item, "error", json_string(strerrordesc_np(-file->error)));
        if (item)
                (void) json_array_append_new(list, item);
}

/* A name that anybody may have chosen; NULL: it is not known. */
static json_t *name_to_json(const char *name)
{
        _cleanup_free_ char *copy = name ? strdup(name) : NULL;

        if (!copy)
                return json_null();
        string_make_utf8(copy);
        return json_string(copy);
}

void transaction_report_add_denial(TransactionReport *report, const AuditIntegrity *denial)
{
        json_t *list = json_object_get(report->json, "denials"), *item;

        if (!json_is_array(list) || (denial->file && strstr(denial->file, APPRAISAL_PROBE_PREFIX)))
                return;
        if (json_array_size(list) >= TRANSACTION_REPORT_FILES_MAX) {
                transaction_report_lose_denials(report);
                return;
        }
        item = json_pack("{s:o, s:o, s:o, s:i}", "path", name_to_json(denial->file), "error",
                        name_to_json(denial->cause), "process", name_to_json(denial->process),
                        "pid", (int) denial->pid);
        if (item && json_set_time(item, "time_usec", denial->time_usec) >= 0)
                (void) json_array_append(list, item);
        json_decref(item);
}

void transaction_report_lose_denials(TransactionReport *report)
{
        (void) json_object_set_new(report->json, "denials_lost", json_true());
}

/* Takes the file out of those that nobody vouches for; its last entry, or NULL. */
static json_t *take_unknown(const TransactionReport *report, const char *path)
{
        json_t *list = json_object_get(report->json, "unknown"), *last = NULL;

        for (size_t i = json_array_size(list); i > 0; i--) {
                json_t *item = json_array_get(list, i - 1);

                if (!string_equal(json_string_value(json_object_get(item, "path")), path))
                        continue;
                last = last ?: json_incref(item);
                (void) json_array_remove(list, i - 1);
        }
        return last;
}

int transaction_report_add_vouched(TransactionReport *report, const Record *record)
{
        bool is_vouched = record->kind == RECORD_VOUCHED;
        const char *path = strchr(record->text, ' ');
        _cleanup_free_ char *name = path ? strdup(path + 1) : NULL;
        _cleanup_json_ json_t *writer = NULL;
        json_t *item, *list;

        if (!path || (!is_vouched && record->size >= VOUCH_VERDICT_MAX))
                return -EBADMSG;
        if (!name)
                return -ENOMEM;
        string_make_utf8(name);
        list = json_object_get(report->json, is_vouched ? "vouched" : "skipped");
        if (json_array_size(list) >= TRANSACTION_REPORT_FILES_MAX)
                return 0;
        item = json_pack("{s:s, s:s%}", "path", name, "rule", record->text,
                        (size_t) (path - record->text));
        writer = is_vouched ? take_unknown(report, name) : NULL;
        if (item && writer)
                (void) json_object_update_missing(item, writer);
        if (item && !is_vouched)
                (void) json_object_set_new(item, "error",
                                json_string(vouch_verdict_describe((VouchVerdict) record->size)));
        return item && json_array_append_new(list, item) >= 0 ? 0 : -ENOMEM;
}

static void count_files(const LabelTable *table, json_int_t *ret_labelled, json_int_t *ret_left)
{
        for (LabelNumber i = 1; i <= label_table_get_count(table); i++) {
                *ret_labelled += label_table_get_files(table, i);
                *ret_left += label_table_get_files(table, i) == 0;
        }
}

void transaction_report_finish(TransactionReport *report, const TransactionOutcome *outcome)
{
        const Board *board = &outcome->board;
        json_int_t labelled = 0, left = 0;
        json_t *gate;

        count_files(outcome->table, &labelled, &left);
        gate = json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "started",
                        (int) outcome->status.gates, "killed", (int) outcome->status.killed,
                        "opens", (json_int_t) board->opens, "asked", (json_int_t) board->asked,
                        "late", (json_int_t) board->late, "unasked", (json_int_t) board->unasked,
                        "held_usec", (json_int_t) board->held_usec, "longest_usec",
                        (json_int_t) board->longest_usec);
        if (!report->json)
                return;
        (void) json_object_set_new(report->json, "gate", gate);
        (void) json_object_set_new(report->json, "labelled", json_integer(labelled));
        (void) json_object_set_new(report->json, "not_unpacked", json_integer(left));
}

int transaction_report_store(const TransactionReport *report, int root_fd)
{
        uint64_t number;
        int r = report->json ? json_set_time(report->json, "end_usec", time_now(CLOCK_REALTIME))
                             : -ENOMEM;

        return r < 0 ? r : transaction_store_add(root_fd, report->json, &number);
}
