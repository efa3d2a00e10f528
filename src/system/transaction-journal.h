/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of the package transaction that runs: who its owner is, and what is attached to which
 * file (core/signature/attachment.h). It lies there until the transaction has ended; one that is
 * found later was cut short, and says what is left to do. Doing so needs no key: bytes that match
 * get the signature that was made for them, all others stay as they are.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/strings.h"
#include "base/time.h"
#include "core/signature/attachment.h"

#define TRANSACTION_JOURNAL_PATH "/var/lib/imad/transaction.journal"

typedef struct TransactionJournal {
        pid_t owner;
        uint64_t owner_start; /* process_read_start() */
        char owner_name[16];
        usec_t begin_usec;   /* of the transaction, CLOCK_REALTIME; 0: not known */
        StringList packages; /* "NAME OLD-VERSION VERSION PATH" of each archive */
        StringList allowed;  /* those of them that root alone vouches for */
        Attachment *items;   /* the last record of each path and digest */
        size_t count;
        char *text; /* what the items borrow from */
} TransactionJournal;

void transaction_journal_done(TransactionJournal *journal);

/* Creates it anew, with its head on the disk, and returns a descriptor that stands at its end. */
int transaction_journal_create(int root_fd, pid_t owner, const char *owner_name, usec_t begin_usec);

/*
 * Appends to records what an archive brings: "NAME OLD-VERSION VERSION PATH"; is_allowed: by root,
 * as nobody else vouches for it.
 */
int transaction_journal_add_package(Buffer *records, const char *text, bool is_allowed);

/*
 * Reads it; records that a power cut has spoilt are left out. -ENOENT; -EBADMSG for what is none,
 * -EPERM when others than root and the caller can write to it.
 */
int transaction_journal_load(int root_fd, TransactionJournal *ret_journal);

/* Whether the package manager still runs. */
bool transaction_journal_owner_lives(int root_fd, const TransactionJournal *journal);

typedef struct TransactionReplay {
        size_t labelled; /* now */
        size_t right;    /* had theirs */
        size_t missing;  /* have the bytes, but there is no signature for them yet */
        size_t failed;
        int error; /* the first one; negative errno */
} TransactionReplay;

/*
 * Attaches what the journal has to every file that has the bytes and lacks the label, whatever name
 * dpkg has left it under. The files are synced.
 */
int transaction_journal_replay(
                int root_fd, const TransactionJournal *journal, TransactionReplay *ret_replay);

/* -ENOENT is no error. */
int transaction_journal_remove(int root_fd);

#define _cleanup_transaction_journal_ _cleanup_(transaction_journal_done)
