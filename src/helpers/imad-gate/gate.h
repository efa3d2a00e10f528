/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that alone holds the group of permission events: it lets every open go on, at once or
 * when a labeller has looked at the file, after GATE_HOLD_USEC at the latest. It opens nothing,
 * reads no file, sets no label and waits for nobody, since whatever it waited for could wait for
 * it. Sources: fs/notify/fanotify/fanotify_user.c, fanotify(7).
 */
#pragma once

#include "helpers/imad-gate/board.h"
#include "helpers/imad-gate/host-mounts.h"
#include "helpers/imad-gate/label-table.h"

#define GATE_HOLD_USEC ((usec_t) 450000)
#define GATE_DESCRIPTORS 65536U

/* Everything is borrowed. */
typedef struct GateSetup {
        const HostMounts *mounts;
        const LabelTable *table;
        Board *board;
        int requests_fd; /* SOCK_SEQPACKET, to the labellers */
        int verdicts_fd; /* SOCK_SEQPACKET, from the labellers */
        int life_fd;     /* a pipe whose other end is closed when the supervisor has gone */
} GateSetup;

/*
 * In a process of its own, which holds nothing else. Returns when the supervisor has gone, 0, or
 * when it cannot begin, negative errno.
 */
int gate_run(const GateSetup *setup);
