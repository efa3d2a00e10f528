/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/file-report.h"

#include <inttypes.h>

#include "base/json.h"
#include "system/label-file.h"

#define LIST_MAX 50000U

int file_report_new(FileReport *ret_report)
{
        *ret_report = (FileReport){ .list = json_array() };
        return ret_report->list ? 0 : -ENOMEM;
}

void file_report_done(FileReport *report)
{
        json_decref(report->list);
}

static int set_outcome(json_t *json, const FileOutcome *o, LabelFileReason reason)
{
        char key_id[2 * sizeof(o->key_id) + 1];

        (void) snprintf(key_id, sizeof(key_id), "%08" PRIx32, o->key_id);
        if (reason.reason && json_object_set_new(json, "reason", json_string(reason.reason)) < 0)
                return -ENOMEM;
        if (reason.hint && json_object_set_new(json, "hint", json_string(reason.hint)) < 0)
                return -ENOMEM;
        if (o->source && json_object_set_new(json, "source", json_string(o->source)) < 0)
                return -ENOMEM;
        if (o->cause && json_object_set_new(json, "cause", json_string(o->cause)) < 0)
                return -ENOMEM;
        if (o->evm && json_object_set_new(json, "evm", json_string(o->evm)) < 0)
                return -ENOMEM;
        if (o->signer && json_object_set_new(json, "signer", json_string(o->signer)) < 0)
                return -ENOMEM;
        if (o->chain_now &&
                        (json_object_set_new(json, "chain_then", json_string(o->chain_then)) < 0 ||
                                        json_object_set_new(json, "chain_now",
                                                        json_string(o->chain_now)) < 0))
                return -ENOMEM;
        if (o->has_key_id && json_object_set_new(json, "key_id", json_string(key_id)) < 0)
                return -ENOMEM;
        return 0;
}

static int list_file(FileReport *report, const char *path, int fd, const FileOutcome *o)
{
        _cleanup_free_ char *text = strdup(path);
        LabelFileReason reason = { NULL, NULL };
        json_t *json;

        if (!text)
                return -ENOMEM;
        string_make_utf8(text);
        json = json_pack("{s:s, s:s}", "path", text, "result", o->result ?: "failed");
        if (!o->result)
                reason = label_file_explain(fd, o->error);
        if (!json || json_array_append_new(report->list, json) < 0)
                return -ENOMEM;
        return set_outcome(json, o, reason);
}

static void count_result(FileReport *report, const char *result)
{
        size_t i = 0;

        while (i < FILE_REPORT_RESULTS_MAX - 1 && report->results[i] &&
                        !string_equal(report->results[i], result))
                i++;
        report->results[i] = result;
        report->counts[i]++;
}

int file_report_add(FileReport *report, const Worker *worker, const char *path, int fd,
                const FileOutcome *outcome)
{
        report->files++;
        report->failed += outcome->is_failure;
        count_result(report, outcome->result ?: "failed");
        if (!outcome->result && report->error == EXIT_CODE_OK)
                report->error = exit_code_from_errno(outcome->error);
        report->has_failure |= outcome->result && outcome->is_failure;
        if (!outcome->is_failure && !worker->details)
                return 0;
        if (json_array_size(report->list) < LIST_MAX)
                return list_file(report, path, fd, outcome);
        report->unlisted++;
        return 0;
}

size_t file_report_count(const FileReport *report, const char *result)
{
        for (size_t i = 0; i < FILE_REPORT_RESULTS_MAX && report->results[i]; i++)
                if (string_equal(report->results[i], result))
                        return report->counts[i];
        return 0;
}

int file_report_set(const FileReport *report, Worker *worker, usec_t start_usec)
{
        double seconds = (double) (time_now(CLOCK_MONOTONIC) - start_usec) / 1e6;
        json_t *results = json_object();
        int r = results ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < FILE_REPORT_RESULTS_MAX && report->results[i]; i++)
                r = json_object_set_new(results, report->results[i],
                                    json_integer((json_int_t) report->counts[i])) < 0
                                    ? -ENOMEM
                                    : 0;
        if (worker_set(worker, "results", results) < 0 || r < 0)
                return -ENOMEM;
        return json_object_update_new(worker->result,
                               json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:b, s:O}", "files",
                                               (json_int_t) report->files, "failed",
                                               (json_int_t) report->failed, "links",
                                               (json_int_t) report->links, "skipped_mounts",
                                               (json_int_t) report->tree.skipped_mounts,
                                               "unreadable", (json_int_t) report->tree.unreadable,
                                               "unlisted", (json_int_t) report->unlisted, "seconds",
                                               seconds, "dry_run", worker->dry_run, "list",
                                               report->list)) < 0
                               ? -ENOMEM
                               : 0;
}
