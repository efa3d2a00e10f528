/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of one run that changes labels (system/label-journal.h): made before the first
 * change, so that a run which changes nothing leaves none. Labels are journaled unless nothing is
 * changed (--dry-run) or the caller is not root, who cannot label files of the host. Sidecars are
 * replaced whole, by renaming, and need no journal.
 */
#pragma once

#include "helpers/imad-worker/worker.h"
#include "system/label-change.h"
#include "system/label-journal.h"

typedef struct LabelRun {
        Worker *worker;
        char *directory; /* NULL: nothing is journaled */
        LabelJournal *journal;
        size_t changed; /* files in the journal */
} LabelRun;

/*
 * Finds the directory of journals, and looks after runs that were killed: no file of theirs is left
 * half way. Sets "recovered": [{journal, labelled, restored, different, missing, failed, undone}].
 */
ExitCode label_run_begin(Worker *worker, LabelRun *ret_run);
void label_run_done(LabelRun *run);

/* Adds a change as label_change_describe() does; it may be made after label_run_commit(). */
int label_run_add(LabelRun *run, const LabelChange *change, const char *path, const char *source);
int label_run_commit(LabelRun *run);

/* Writes the end and sets "journal" to the number of the journal, when there is one. */
int label_run_end(LabelRun *run, LabelOutcome outcome, size_t files, size_t failed);

/* Fails the run for a journal that cannot be read or written. */
ExitCode label_run_fail(Worker *worker, int error, const char *directory);

/* The journal that --undo= or --resume= names by its number, or as "last". */
ExitCode label_run_find(
                Worker *worker, const char *which, const char *directory, uint64_t *ret_number);

/* Where journals are: --journal=, or the default. malloc()ed. */
int label_run_get_directory(const Worker *worker, char **ret_directory);

/* Takes a run back: --undo=; with --dry-run only says what that would do. */
ExitCode label_run_undo(Worker *worker);

/*
 * Runs the program anew as it was called by the run of --resume=, with the options of this call
 * behind: returns only when that fails.
 */
ExitCode label_run_resume(Worker *worker);

#define _cleanup_label_run_ _cleanup_(label_run_done)
