/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does the same to every file that the words of a run name, and to those below directories, on all
 * processors. A file with several names is done once; symbolic links are refused where they are
 * named and passed over below.
 */
#pragma once

#include "core/signature/label-cache.h"
#include "helpers/imad-worker/file-report.h"
#include "helpers/imad-worker/label-run.h"

typedef struct FileBatch {
        /*
         * Called in thread 0 … PARALLEL_THREADS_MAX - 1; path is that below the root. A change that
         * it writes is journaled and made, and what it fails by takes the place of the outcome.
         */
        void (*work)(void *userdata, const char *path, int path_fd, size_t thread,
                        LabelChange *ret_change, FileOutcome *ret_outcome);
        void *userdata;
        const char *skipped_suffix; /* names below directories to pass over, or NULL */
        LabelRun *run;              /* NULL: `work` makes no changes */
        LabelCache *cache;          /* files that need not be looked at, or NULL */
        FileOutcome cached;         /* what became of these */
        /* Whether a name stands for the file; others are looked at besides. NULL: every one does.
         */
        bool (*is_known)(void *userdata, const char *path);
        /* Whether what is known of one name of a file, which was worked on by its other, holds for
         * this one too; where not, the outcome is `unlike`. NULL: it does. */
        bool (*is_alike)(void *userdata, const char *path, const char *worked);
        FileOutcome unlike;
        /* Files below the root, instead of the words of the run; one that is not there is
         * "missing". NULL: the words. */
        const StringList *paths;
} FileBatch;

/*
 * Sets in the result what file-report.h says, and "journal". The exit code is `failure` when a file
 * failed otherwise than by an error, and that of the first error. SIGINT and SIGTERM end it between
 * two blocks of files.
 */
ExitCode file_batch_run(Worker *worker, const FileBatch *batch, ExitCode failure);
