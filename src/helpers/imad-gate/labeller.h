/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaches the signatures of the table to files with matching bytes: to files that were written, as
 * soon as their writer closes them, and first to those that somebody waits to open. Reads files
 * through descriptors of events, which no policy measures or denies, and sets labels by file handle
 * on the file system's own mount, which raises no event and works whatever mount a file was opened
 * through. Several processes do so side by side.
 */
#pragma once

#include "base/digest.h"
#include "helpers/imad-gate/board.h"
#include "helpers/imad-gate/host-mounts.h"
#include "helpers/imad-gate/label-table.h"

typedef struct Labeller Labeller;

/* Everything is borrowed. */
typedef struct LabellerSetup {
        const HostMounts *mounts;
        LabelTable *table;
        Board *board;
        size_t slot;     /* of this one on the board, below BOARD_LABELLERS_MAX */
        int root_fd;     /* of the host */
        int requests_fd; /* from the gate */
        int verdicts_fd; /* to the gate */
        int reports_fd;  /* SOCK_SEQPACKET, to the supervisor; what it has no room for is lost */
        int closes_fd;   /* a group of FAN_CLOSE_WRITE, from labeller_watch_closes() */
        int life_fd;     /* a pipe whose other end is closed when the supervisor has gone */
} LabellerSetup;

/* A notification group: nobody waits for it, so all labellers share it. */
int labeller_watch_closes(const HostMounts *mounts);

int labeller_new(const LabellerSetup *setup, Labeller **ret_labeller);
Labeller *labeller_free(Labeller *labeller);

typedef enum LabellerResult {
        LABELLER_IRRELEVANT, /* the bytes are not in the table */
        LABELLER_LABELLED,   /* with the table's signature, now or before */
        LABELLER_KEPT,       /* the bytes are in the table, but another key has signed the file */
        LABELLER_FOREIGN, /* the bytes are in the table, but the file is none of the host's paths */
        LABELLER_UNSIGNED, /* there is no signature yet */
        LABELLER_RESULT_MAX,
        LABELLER_RESULT_INVALID = -EINVAL,
} LabellerResult;

/*
 * Looks at an open regular file and labels it. A signature that is not made yet is waited for until
 * the deadline (CLOCK_MONOTONIC; 0: not at all). with_content: bytes are read even where the file
 * carries a label of the table already. Negative errno when the file cannot be read or labelled.
 */
LabellerResult labeller_label(Labeller *labeller, int fd, bool with_content, usec_t deadline);

/* Serves gate and writers, until the supervisor has gone. */
void labeller_run(Labeller *labeller);

/*
 * Looks at every path of the table from entry `first` on, and labels what was missed. Its opens
 * raise events: the process must be on the board.
 */
int labeller_sweep(Labeller *labeller, LabelNumber first);

DEFINE_CLEANUP_FUNC(Labeller *, labeller_free)
#define _cleanup_labeller_ _cleanup_(labeller_freep)
