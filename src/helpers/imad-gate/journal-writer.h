/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that keeps the journal of a transaction in step with the table, so that nobody else has
 * to write to a disk that may be full, or frozen.
 */
#pragma once

#include "base/buffer.h"
#include "base/time.h"
#include "helpers/imad-gate/label-table.h"
#include "system/package-manager.h"

typedef struct JournalWriter {
        pid_t pid;   /* 0: none */
        int life_fd; /* a socket whose end tells it that the supervisor has gone */
} JournalWriter;

/* Borrowed while it is started. */
typedef struct JournalHead {
        const PackageManager *owner;
        usec_t begin_usec;      /* of the transaction, CLOCK_REALTIME */
        const Buffer *packages; /* by transaction_journal_add_package() */
} JournalHead;

/*
 * Creates the journal with all that the table has, on the disk when this returns, and follows the
 * table from then on. What cannot be written is tried again. To be called before anybody watches
 * the file systems.
 */
int journal_writer_start(
                LabelTable *table, int root_fd, const JournalHead *head, JournalWriter *ret_writer);

/* Records of packages that came later; -EAGAIN when it does not read, as on a frozen disk. */
int journal_writer_add_packages(const JournalWriter *writer, const void *records, size_t size);

/* Ends it; the journal stays. */
void journal_writer_done(JournalWriter *writer);
