/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps one gate and some labellers running, as long as files are to be labelled. All are forked
 * from this process, locked in memory and not dumpable, so that nothing that a transaction replaces
 * has to be executed or mapped to go on. A gate that shows no heartbeat is killed, whereupon the
 * kernel lets pass what it held; the next one is started at once, and a sweep labels what was
 * missed in between. While a gate runs this process must open nothing on the file systems that are
 * watched.
 */
#pragma once

#include "helpers/imad-gate/board.h"
#include "helpers/imad-gate/host-mounts.h"
#include "helpers/imad-gate/label-table.h"

#define SUPERVISOR_SILENCE_USEC (2 * USEC_PER_SEC)
#define SUPERVISOR_PERIOD_MSEC 250

typedef struct Supervisor Supervisor;

/* Borrowed, as long as the supervisor lives. */
typedef struct SupervisorSetup {
        const HostMounts *mounts;
        LabelTable *table;
        int root_fd; /* of the host */
} SupervisorSetup;

/*
 * Starts all processes; the file systems are watched when it returns. -EPERM without CAP_SYS_ADMIN,
 * -ENOSYS where the kernel has no permission events, -ETIMEDOUT.
 */
int supervisor_start(const SupervisorSetup *setup, Supervisor **ret_supervisor);

/* Ends all of them. */
Supervisor *supervisor_stop(Supervisor *supervisor);

/*
 * Looks after the processes; to be called every SUPERVISOR_PERIOD_MSEC. Ended ones are started
 * anew. Negative errno when that fails: it is tried again by the next call.
 */
int supervisor_check(Supervisor *supervisor);

/* Returns when files of entries that were added are held, too, which had been of no interest. */
int supervisor_refresh(Supervisor *supervisor);

/* 1 and the next report of a labeller, or 0. */
int supervisor_take_report(Supervisor *supervisor, BoardReport *ret_report);

/* Readable when there are reports. */
int supervisor_get_reports_fd(const Supervisor *supervisor);

/*
 * Labels what the entries from `first` on have on the host and nobody has labelled. Returns when it
 * is done; meanwhile the processes are looked after. -ETIMEDOUT, or the first error of a file.
 */
int supervisor_sweep(Supervisor *supervisor, LabelNumber first, usec_t timeout_usec);

typedef struct SupervisorStatus {
        pid_t gate_pid;
        unsigned gates;  /* started so far; more than 1: some have ended early */
        unsigned killed; /* for want of a heartbeat */
} SupervisorStatus;

SupervisorStatus supervisor_get_status(const Supervisor *supervisor);
const Board *supervisor_get_board(const Supervisor *supervisor);

DEFINE_CLEANUP_FUNC(Supervisor *, supervisor_stop)
#define _cleanup_supervisor_ _cleanup_(supervisor_stopp)
