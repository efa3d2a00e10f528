/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-worker/label-run.h"

#include <inttypes.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/time.h"
#include "helpers/imad-worker/file-report.h"
#include "helpers/imad-worker/label-words.h"
#include "system/label-undo.h"

void label_run_done(LabelRun *run)
{
        label_journal_freep(&run->journal);
        free(run->directory);
        *run = (LabelRun){ 0 };
}

ExitCode label_run_fail(Worker *worker, int error, const char *directory)
{
        if (error == -EPERM)
                return worker_fail(worker, EXIT_CODE_NOT_PERMITTED,
                                "it must belong to root, and nobody else may write to it",
                                "the journal in %s may have been written by others", directory);
        if (error == -EBUSY)
                return worker_fail(worker, EXIT_CODE_FAILURE, "wait until it has ended",
                                "the run of this journal in %s is still at work", directory);
        return worker_fail(worker, exit_code_from_errno(error),
                        "make room or repair it, or name another place with --journal=",
                        "the journal in %s cannot be used: %s", directory, strerror(-error));
}

int label_run_get_directory(const Worker *worker, char **ret_directory)
{
        const char *name = worker->options[WORKER_OPTION_JOURNAL];

        if (name)
                return worker_resolve_path(worker, name, ret_directory);
        *ret_directory = strdup(LABEL_JOURNAL_DIRECTORY);
        return *ret_directory ? 0 : -ENOMEM;
}

/* What undoing or repairing one journal came to. */
typedef struct Undo {
        int root_fd;
        LabelUndoMode mode;
        Worker *worker;
        FileReport *report;
} Undo;

static bool is_failure(LabelUndoResult result)
{
        return result == LABEL_UNDO_DIFFERENT || result == LABEL_UNDO_MISSING;
}

static int undo_file(void *userdata, const LabelRecord *record)
{
        Undo *undo = userdata;
        _cleanup_free_ char *path = strndup(record->file.path, record->file.path_size),
                            *source = strndup(record->file.source, record->file.source_size);
        LabelUndoResult result;
        FileOutcome outcome;
        int r = path && source ? label_undo_file(undo->root_fd, record, undo->mode, &result)
                               : -ENOMEM;

        if (r == -ENOMEM)
                return r;
        outcome = r < 0 ? (FileOutcome){ .is_failure = true, .error = r }
                        : (FileOutcome){ .result = label_undo_result_to_string(result),
                                  .is_failure = is_failure(result) };
        outcome.source = *source ? source : NULL;
        return file_report_add(undo->report, undo->worker, path, -EBADF, &outcome);
}

static int mark_end(LabelJournal *journal, LabelOutcome outcome, size_t files, size_t changed,
                size_t failed)
{
        const LabelRecord end = {
                .kind = LABEL_RECORD_END, .end = {outcome, files, changed, failed}
        };

        return label_journal_mark(journal, &end);
}

/* A repair of what was killed, an undoing or the rest of one that was, or what it would do. */
static int undo_journal(
                Worker *worker, LabelJournal *journal, LabelUndoMode mode, FileReport *report)
{
        const bool repair = mode == LABEL_UNDO_REPAIR;
        Undo undo = { worker->root_fd, mode, worker, report };
        int r = mode == LABEL_UNDO_BACK ? mark_end(journal, LABEL_OUTCOME_UNDOING, 0, 0, 0) : 0;

        if (r >= 0)
                r = label_journal_visit_back(journal, undo_file, &undo);
        if (r < 0 || mode == LABEL_UNDO_DRY_RUN)
                return r;
        return mark_end(journal, repair ? LABEL_OUTCOME_INTERRUPTED : LABEL_OUTCOME_UNDONE,
                        report->files,
                        repair ? file_report_count(report, "labelled") : report->failed,
                        report->failed);
}

static int recover(Worker *worker, const char *directory, const LabelJournalInfo *info,
                json_t *recovered)
{
        _cleanup_(file_report_done) FileReport report = { 0 };
        _cleanup_label_journal_ LabelJournal *journal = NULL;
        const bool undoing = info->outcome == LABEL_OUTCOME_UNDOING;
        json_t *json;
        int r = file_report_new(&report);

        if (r >= 0)
                r = label_journal_open(worker->root_fd, directory, info->number, &journal);
        /* Somebody else was quicker. */
        if (r == -EBUSY || r == -ENOENT)
                return 0;
        if (r >= 0)
                r = undo_journal(worker, journal, undoing ? LABEL_UNDO_BACK : LABEL_UNDO_REPAIR,
                                &report);
        if (r < 0)
                return r;
        json = json_pack("{s:I, s:b, s:I}", "journal", (json_int_t) info->number, "undone", undoing,
                        "failed", (json_int_t) report.failed);
        for (int i = 0; json && i < LABEL_UNDO_RESULT_MAX; i++) {
                const char *name = label_undo_result_to_string((LabelUndoResult) i);

                (void) json_object_set_new(json, name,
                                json_integer((json_int_t) file_report_count(&report, name)));
        }
        return json_array_append_new(recovered, json) < 0 ? -ENOMEM : 0;
}

static int recover_all(Worker *worker, const char *directory)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        _cleanup_json_ json_t *recovered = json_array();
        int r = recovered ? label_journal_list(worker->root_fd, directory, &list) : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < list.count; i++)
                if (list.items[i].state == LABEL_JOURNAL_OPEN)
                        r = recover(worker, directory, &list.items[i], recovered);
        if (r < 0 || json_array_size(recovered) == 0)
                return r;
        return worker_set(worker, "recovered", json_incref(recovered));
}

static ExitCode reopen(LabelRun *run, const char *which)
{
        const uint64_t now = time_now(CLOCK_REALTIME);
        _cleanup_free_ char *words = NULL;
        LabelRecord begin = { .kind = LABEL_RECORD_BEGIN };
        uint64_t number = 0;
        size_t size;
        ExitCode code = label_run_find(run->worker, which, run->directory, &number);
        int r;

        if (code != EXIT_CODE_OK)
                return code;
        r = label_journal_open(run->worker->root_fd, run->directory, number, &run->journal);
        if (r >= 0)
                r = label_words_format(run->worker, &words, &size);
        if (r >= 0) {
                begin.begin.time_usec = now;
                begin.begin.words = words;
                begin.begin.words_size = size;
                r = label_journal_mark(run->journal, &begin);
        }
        return r < 0 ? label_run_fail(run->worker, r, run->directory) : EXIT_CODE_OK;
}

/* Who cannot label files of the host fails anyway, and had no place for a journal either. */
static bool may_label(const Worker *worker)
{
        return geteuid() == 0 || worker->options[WORKER_OPTION_JOURNAL] ||
               !fs_root_is_host(worker->root_fd);
}

ExitCode label_run_begin(Worker *worker, LabelRun *ret_run)
{
        _cleanup_label_run_ LabelRun run = { .worker = worker };
        const char *resumed = worker->options[WORKER_OPTION_RESUME];
        ExitCode code = EXIT_CODE_OK;
        int r = 0;

        if (!worker->dry_run && may_label(worker)) {
                r = label_run_get_directory(worker, &run.directory);
                if (r >= 0)
                        r = recover_all(worker, run.directory);
                if (r < 0)
                        return label_run_fail(worker, r, run.directory ?: "");
        }
        if (run.directory && resumed)
                code = reopen(&run, resumed);
        if (code != EXIT_CODE_OK)
                return code;
        *ret_run = run;
        run = (LabelRun){ 0 };
        return EXIT_CODE_OK;
}

int label_run_add(LabelRun *run, const LabelChange *change, const char *path, const char *source)
{
        LabelRecord record;
        int r;

        if (!run->directory)
                return 0;
        if (!run->journal) {
                _cleanup_free_ char *words = NULL;
                size_t size;

                r = label_words_format(run->worker, &words, &size);
                if (r >= 0)
                        r = label_journal_create(run->worker->root_fd, run->directory,
                                        time_now(CLOCK_REALTIME), words, size, &run->journal);
                if (r < 0)
                        return r;
        }
        r = label_change_describe(change, path, source, &record);
        if (r >= 0)
                r = label_journal_add(run->journal, &record);
        run->changed += r >= 0;
        return r;
}

int label_run_commit(LabelRun *run)
{
        return run->journal ? label_journal_commit(run->journal) : 0;
}

int label_run_end(LabelRun *run, LabelOutcome outcome, size_t files, size_t failed)
{
        if (!run->journal)
                return 0;
        if (worker_set(run->worker, "journal",
                            json_integer((json_int_t) label_journal_get_number(run->journal))) < 0)
                return -ENOMEM;
        return mark_end(run->journal, outcome, files, run->changed, failed);
}

ExitCode label_run_find(
                Worker *worker, const char *which, const char *directory, uint64_t *ret_number)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        uint64_t number = 0;
        int r;

        if (!string_equal(which, "last") && parse_u64(which, UINT64_MAX / 2, &number) < 0)
                return worker_fail(worker, EXIT_CODE_USAGE, "give its number, or last",
                                "%s names no journal", which);
        r = label_journal_list(worker->root_fd, directory, &list);
        if (r < 0)
                return label_run_fail(worker, r, directory);
        for (size_t i = list.count; i-- > 0;)
                if (number == 0 || list.items[i].number == number) {
                        *ret_number = list.items[i].number;
                        return EXIT_CODE_OK;
                }
        return worker_fail(worker, EXIT_CODE_NOT_FOUND, "'imactl doctor' lists them",
                        "there is no journal %s in %s", which, directory);
}

static ExitCode undo_number(Worker *worker, const char *directory, uint64_t number)
{
        _cleanup_(file_report_done) FileReport report = { 0 };
        _cleanup_label_journal_ LabelJournal *journal = NULL;
        const usec_t start = time_now(CLOCK_MONOTONIC);
        int r = file_report_new(&report);

        if (r >= 0)
                r = label_journal_open(worker->root_fd, directory, number, &journal);
        if (r >= 0)
                r = undo_journal(worker, journal,
                                worker->dry_run ? LABEL_UNDO_DRY_RUN : LABEL_UNDO_BACK, &report);
        if (r < 0)
                return label_run_fail(worker, r, directory);
        r = file_report_set(&report, worker, start);
        if (r >= 0)
                r = worker_set(worker, "journal", json_integer((json_int_t) number));
        if (r < 0)
                return worker_fail_errno(worker, r, "files");
        if (report.error != EXIT_CODE_OK)
                return report.error;
        return report.has_failure ? EXIT_CODE_MISMATCH : EXIT_CODE_OK;
}

ExitCode label_run_undo(Worker *worker)
{
        _cleanup_free_ char *directory = NULL;
        uint64_t number = 0;
        ExitCode code;

        if (label_run_get_directory(worker, &directory) < 0)
                return worker_fail_errno(worker, -ENOMEM, "journal");
        code = label_run_find(worker, worker->options[WORKER_OPTION_UNDO], directory, &number);
        return code == EXIT_CODE_OK ? undo_number(worker, directory, number) : code;
}

ExitCode label_run_resume(Worker *worker)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        _cleanup_free_ char *directory = NULL;
        uint64_t number = 0;
        ExitCode code;
        int r;

        if (label_run_get_directory(worker, &directory) < 0)
                return worker_fail_errno(worker, -ENOMEM, "journal");
        code = label_run_find(worker, worker->options[WORKER_OPTION_RESUME], directory, &number);
        if (code != EXIT_CODE_OK)
                return code;
        r = label_journal_list(worker->root_fd, directory, &list);
        if (r < 0)
                return label_run_fail(worker, r, directory);
        r = -ENOENT;
        for (size_t i = 0; i < list.count; i++)
                if (list.items[i].number == number && list.items[i].words)
                        r = label_words_execute(worker, number, list.items[i].words,
                                        list.items[i].words_size);
        return worker_fail(worker, EXIT_CODE_FAILURE, "give its paths and options again",
                        "the run of journal %" PRIu64 " cannot be started again: %s", number,
                        strerror(-r));
}
