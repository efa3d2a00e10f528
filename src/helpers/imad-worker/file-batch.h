/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does the same to every file that the words of a run name, and to those below directories, on all
 * processors. A file with several names is done once; symbolic links are refused where they are
 * named and passed over below.
 */
#pragma once

#include "helpers/imad-worker/worker.h"

/* What became of one file. Strings are static. */
typedef struct FileOutcome {
        const char *result; /* "signed", "good", … ; NULL: it failed by `error` */
        bool is_failure;
        int error;
        const char *evm; /* the verdict on security.evm, or NULL */
        bool has_key_id;
        uint32_t key_id;
} FileOutcome;

typedef struct FileBatch {
        /* Called in thread 0 … PARALLEL_THREADS_MAX - 1; path is that below the root. */
        void (*work)(void *userdata, const char *path, int path_fd, size_t thread,
                        FileOutcome *ret_outcome);
        void *userdata;
        const char *skipped_suffix; /* names below directories to pass over, or NULL */
} FileBatch;

/*
 * Sets in the result {files, results: {NAME: COUNT}, failed, links, skipped_mounts, unreadable,
 * seconds, list: [{path, result, reason, hint, evm, key_id}], unlisted}; the list has all files
 * with --details, else those that failed, up to a limit. The exit code is `failure` when a file
 * failed otherwise than by an error, and that of the first error.
 */
ExitCode file_batch_run(Worker *worker, const FileBatch *batch, ExitCode failure);
