/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the processes of imad-gate tell each other through shared memory of a fixed size, and the
 * messages that go between them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/time.h"

#define BOARD_PROCESSES_MAX 16
#define BOARD_PATH_MAX 512
#define BOARD_PROCESS_NAME_MAX 16 /* TASK_COMM_LEN of the kernel */
#define BOARD_LABELLERS_MAX 4

/* Written by the gate, but for the processes; read by all. */
typedef struct Board {
        _Atomic usec_t heartbeat_usec; /* CLOCK_MONOTONIC; 0: the gate is not ready */
        _Atomic uint32_t known;        /* entries of the table that the gate's marks allow for */
        /* Processes of imad-gate, whose own opens wait for nobody; 0: free. */
        _Atomic pid_t processes[BOARD_PROCESSES_MAX];
        /* Which file each labeller is reading for its writer, as board_name_file() names it; 0:
         * none. */
        _Atomic uint64_t reading[BOARD_LABELLERS_MAX];
        /* Counts of opens, over all gates of a transaction. */
        _Atomic uint64_t opens;   /* that were held */
        _Atomic uint64_t asked;   /* those of them that a labeller had to look at */
        _Atomic uint64_t late;    /* let go before the labeller had answered */
        _Atomic uint64_t unasked; /* let go because the labellers had no room */
        _Atomic usec_t held_usec; /* all that were asked, together */
        _Atomic usec_t longest_usec;
} Board;

/* -ENOSPC when there are too many. */
int board_add_process(Board *board, pid_t pid);
void board_remove_process(Board *board, pid_t pid);
bool board_has_process(const Board *board, pid_t pid);

/* Files with one name are the same, but for rare accidents. Never 0. */
uint64_t board_name_file(dev_t device, ino_t inode);

/* Gate to labellers, with the event's descriptor. */
typedef struct BoardRequest {
        uint64_t serial;
        usec_t deadline_usec; /* CLOCK_MONOTONIC; nobody waits for it any more then */
} BoardRequest;

/* The answer; one without serial only wakes the gate up. */
typedef struct BoardVerdict {
        uint64_t serial;
        bool is_settled; /* as long as nobody writes to the file it need not be asked for again */
} BoardVerdict;

typedef enum BoardReportKind {
        BOARD_REPORT_LABELLED, /* by its path */
        BOARD_REPORT_UNKNOWN,  /* a program whose bytes nobody vouches for */
        BOARD_REPORT_FOREIGN,  /* bytes that are vouched for, but no file of the host's packages */
        BOARD_REPORT_KEPT,     /* another key has signed it, maybe its vendor's */
        BOARD_REPORT_FAILED,   /* the label could not be set */
        BOARD_REPORT_MAX,
} BoardReportKind;

/* Labellers to supervisor. */
typedef struct BoardReport {
        BoardReportKind kind;
        int error;                            /* negative errno */
        pid_t pid;                            /* of who wrote the file, or 0 */
        char process[BOARD_PROCESS_NAME_MAX]; /* its name, where it still ran */
        char path[BOARD_PATH_MAX]; /* as the kernel told it, a hint; the beginning of a long one */
} BoardReport;
