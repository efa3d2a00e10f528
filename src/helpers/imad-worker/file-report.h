/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of many files: counts, and a list of those that somebody wants to know of. */
#pragma once

#include "base/time.h"
#include "helpers/imad-worker/worker.h"
#include "system/tree.h"

#define FILE_REPORT_RESULTS_MAX 20U

/* What became of one file. Strings are static, or borrowed until it is reported. */
typedef struct FileOutcome {
        const char *result; /* "signed", "good", … ; NULL: it failed by `error` */
        bool is_failure;
        int error;
        const char *source; /* what vouches for it, or NULL */
        const char *cause;  /* why a policy would deny it, in the kernel's words, or NULL */
        const char *evm;    /* the verdict on security.evm, or NULL */
        bool has_key_id;
        uint32_t key_id;
        const char *signer;     /* subject of the certificate; or NULL */
        const char *chain_then; /* verdicts on its chain, when the label was set and now; or NULL */
        const char *chain_now;
} FileOutcome;

typedef struct FileReport {
        TreeStatistics tree;
        size_t files, failed, links, unlisted;
        const char *results[FILE_REPORT_RESULTS_MAX];
        size_t counts[FILE_REPORT_RESULTS_MAX];
        json_t *list;
        ExitCode error; /* of the first file that failed by an error */
        bool has_failure;
} FileReport;

int file_report_new(FileReport *ret_report);
void file_report_done(FileReport *report);

/*
 * Adds a file; fd is open on it, or negative. Listed are those that failed, and with --details all,
 * up to a limit. -ENOMEM.
 */
int file_report_add(FileReport *report, const Worker *worker, const char *path, int fd,
                const FileOutcome *outcome);

size_t file_report_count(const FileReport *report, const char *result);

/*
 * Sets in the result {files, results: {NAME: COUNT}, failed, links, skipped_mounts, unreadable,
 * seconds, dry_run, list: [{path, result, reason, hint, source, cause, evm, key_id, signer,
 * chain_then, chain_now}], unlisted}.
 */
int file_report_set(const FileReport *report, Worker *worker, usec_t start_usec);
