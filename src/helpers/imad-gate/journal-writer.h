/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that keeps the journal of a transaction in step with the table, so that nobody else has
 * to write to a disk that may be full, or frozen.
 */
#pragma once

#include "base/strings.h"
#include "helpers/imad-gate/label-table.h"
#include "system/package-manager.h"

typedef struct JournalWriter {
        pid_t pid;   /* 0: none */
        int life_fd; /* whose end tells it that the supervisor has gone */
} JournalWriter;

/*
 * Creates the journal with all that the table has, on the disk when this returns, and follows the
 * table from then on. To be called before anybody watches the file systems.
 */
int journal_writer_start(LabelTable *table, int root_fd, const PackageManager *owner,
                const StringList *packages, JournalWriter *ret_writer);

/* Ends it; the journal stays. */
void journal_writer_done(JournalWriter *writer);
