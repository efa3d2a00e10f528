/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One transaction of a package manager: from the archives that come, over the files that get labels
 * while they are unpacked, to the report of what became of it.
 */
#pragma once

#include "base/buffer.h"
#include "base/strings.h"
#include "system/package-manager.h"
#include "system/settings.h"
#include "system/transaction-journal.h"

typedef struct Transaction Transaction;

/* Everything is borrowed, as long as the transaction lives. */
typedef struct TransactionSetup {
        int root_fd; /* of the host */
        const Settings *settings;
} TransactionSetup;

/* The owner is taken over. -ENOMEM. */
int transaction_new(const TransactionSetup *setup, PackageManager *owner,
                Transaction **ret_transaction);
Transaction *transaction_free(Transaction *transaction);

const PackageManager *transaction_get_owner(const Transaction *transaction);

/*
 * Makes sure that what is in the archives gets its labels: when it returns the file systems are
 * watched, and control scripts are signed. Archives that it knows are left out. Negative errno when
 * that cannot be: one line for each reason is added to *reasons, with what to do. With
 * OnUncoveredTransaction=proceed archives that nobody vouches for do not keep the others from being
 * covered.
 */
int transaction_cover(Transaction *transaction, const StringList *archives, Buffer *reasons);

/* Notes in the report that the package manager goes on without, and why. */
void transaction_leave_uncovered(Transaction *transaction, const char *reasons);

/*
 * Goes on with what the journal of an imad-gate before tells: its entries are signed and attached.
 * The owner of one that has ended has no descriptor; transaction_end() then does the rest.
 */
int transaction_resume(const TransactionSetup *setup, const TransactionJournal *journal,
                Transaction **ret_transaction);

/* Looks after the processes and takes their reports; to be called all the time. */
void transaction_check(Transaction *transaction);

/* Readable when there is something to take. Negative: nothing is covered yet. */
int transaction_get_fd(const Transaction *transaction);

/* Labels the rest, ends the processes and writes the report. */
int transaction_end(Transaction *transaction);

DEFINE_CLEANUP_FUNC(Transaction *, transaction_free)
#define _cleanup_transaction_ _cleanup_(transaction_freep)
