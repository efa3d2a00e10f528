/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that are forked from this one and run nothing else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the child does. It calls process_ready() once, and does not return. */
typedef void ProcessRun(void *userdata, int ready_fd);

/*
 * In the child: hands the result of its preparations to the parent. When nobody reads it SIGPIPE
 * ends the child; false where that is ignored.
 */
bool process_ready(int ready_fd, int result);

/*
 * Forks, and returns what the child says of itself when it is ready. With a negative result,
 * -ECHILD when it ended before, the child is gone.
 */
int process_start(ProcessRun *run, void *userdata, pid_t *ret_pid);

/* Kills a child of this process and waits for its end; 0 is none. */
void process_end(pid_t pid);

/*
 * When the process was started, in ticks since the boot: with it a number is told from the same one
 * of another process (field 22 of /proc/PID/stat, proc(5)). -ESRCH.
 */
int process_read_start(int root_fd, pid_t pid, uint64_t *ret_ticks);
