/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of a transaction, kept as JSON. */
#pragma once

#include <jansson.h>

#include "helpers/imad-gate/record-reader.h"
#include "helpers/imad-gate/supervisor.h"
#include "system/audit.h"
#include "system/package-manager.h"

#define TRANSACTION_REPORT_FILES_MAX 10000U

typedef struct TransactionReport {
        json_t *json; /* NULL: for want of memory there is none */
} TransactionReport;

/* What the processes leave behind. */
typedef struct TransactionOutcome {
        SupervisorStatus status;
        Board board;
        const LabelTable *table;
} TransactionOutcome;

/* hears_denials: the kernel tells them; else the report says that they are not known. */
int transaction_report_begin(TransactionReport *report, const PackageManager *owner,
                usec_t begin_usec, bool hears_denials);
void transaction_report_done(TransactionReport *report);

/* Of RECORD_PACKAGE; an archive that is there already is left out. -EBADMSG. */
int transaction_report_add_package(TransactionReport *report, const Record *record);

/* Why it is not covered, though the package manager goes on: a line for each reason. */
void transaction_report_set_uncovered(TransactionReport *report, const char *reasons);

/* It was cut short, by a kill of imad-gate or a power cut, and done to its end later. */
void transaction_report_set_interrupted(TransactionReport *report);

/* What labellers say of one file; above the limit files are counted only. */
void transaction_report_add(TransactionReport *report, const BoardReport *file);

/* Above the limit they are lost; imad's own question to the kernel is none. */
void transaction_report_add_denial(TransactionReport *report, const AuditIntegrity *denial);

/* The kernel told more than could be read. */
void transaction_report_lose_denials(TransactionReport *report);

/*
 * A file that a rule covers, or why not: RECORD_VOUCHED, RECORD_SKIPPED. Who wrote it, as far as a
 * labeller has told, goes with it, and it is no longer one that nobody vouches for. -EBADMSG.
 */
int transaction_report_add_vouched(TransactionReport *report, const Record *record);

void transaction_report_finish(TransactionReport *report, const TransactionOutcome *outcome);

/* Among the others of the host. */
int transaction_report_store(const TransactionReport *report, int root_fd);
