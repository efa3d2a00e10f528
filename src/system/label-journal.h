/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journals of runs that change labels: one file of records (core/signature/label-record.h) for each
 * run, named by its number. What the labels of a file were is in the journal, on the disk, before
 * they are changed; so a run can be taken back, and one that was killed leaves no file half way.
 * A journal is locked as long as the process that writes it lives.
 */
#pragma once

#include <sys/types.h>

#include "base/cleanup.h"
#include "core/signature/label-record.h"

#define LABEL_JOURNAL_DIRECTORY "/var/lib/imad/journal"
#define LABEL_JOURNALS_MAX 4096U
/* Journals of ended runs that are kept; the oldest makes room. */
#define LABEL_JOURNALS_KEPT 20U

typedef struct LabelJournal LabelJournal;

/*
 * Starts the journal of a run with these words, each ending in a NUL, in a directory below the root
 * that is made where it is missing. Removes the oldest journals of runs that have ended.
 */
int label_journal_create(int root_fd, const char *directory, uint64_t time_usec, const char *words,
                size_t words_size, LabelJournal **ret_journal);

/*
 * Opens a journal to write behind its last whole record; what a kill has torn off is cut off.
 * -EBUSY when its run still lives, -ENOENT, -EPERM when others than root and the caller can write
 * to it, -EBADMSG when it is none.
 */
int label_journal_open(
                int root_fd, const char *directory, uint64_t number, LabelJournal **ret_journal);

/* Closes it; what was not committed is lost. */
LabelJournal *label_journal_free(LabelJournal *journal);

uint64_t label_journal_get_number(const LabelJournal *journal);

/* Adds a record; it is on the disk after label_journal_commit() only. */
int label_journal_add(LabelJournal *journal, const LabelRecord *record);
int label_journal_commit(LabelJournal *journal);

/* Adds a begin or an end and commits. */
int label_journal_mark(LabelJournal *journal, const LabelRecord *record);

/* Calls visit with each record of files, the last first. A negative result ends it. */
typedef int (*LabelJournalVisitor)(void *userdata, const LabelRecord *record);
int label_journal_visit_back(LabelJournal *journal, LabelJournalVisitor visit, void *userdata);

typedef enum LabelJournalState {
        LABEL_JOURNAL_RUNNING,
        LABEL_JOURNAL_OPEN, /* killed, and nobody has looked at it since */
        LABEL_JOURNAL_ENDED,
        LABEL_JOURNAL_DAMAGED, /* no journal, or not one of imad's making */
        LABEL_JOURNAL_STATE_MAX,
} LabelJournalState;

typedef struct LabelJournalInfo {
        uint64_t number;
        LabelJournalState state;
        LabelOutcome outcome; /* of an ended one; of an open one: undoing, or finished for none */
        uint64_t time_usec;   /* of its begin */
        uint64_t changed;     /* files */
        char *words;          /* as they were asked for */
        size_t words_size;
} LabelJournalInfo;

typedef struct LabelJournalList {
        LabelJournalInfo *items; /* the oldest first */
        size_t count;
} LabelJournalList;

/* Reads what the journals say of themselves. No directory is an empty list. */
int label_journal_list(int root_fd, const char *directory, LabelJournalList *ret_list);
void label_journal_list_done(LabelJournalList *list);

DEFINE_CLEANUP_FUNC(LabelJournal *, label_journal_free)
#define _cleanup_label_journal_ _cleanup_(label_journal_freep)
#define _cleanup_label_journals_ _cleanup_(label_journal_list_done)
