/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs: long or dangerous work that a client asked for, done by imad-worker. A job is an object on
 * the bus from before the method's reply until 60 s after its end, so that late readers find the
 * result. One user's jobs and all jobs are limited (limits.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "imad/worker.h"

typedef struct Manager Manager;

typedef enum JobState {
        JOB_STATE_RUNNING,
        JOB_STATE_DONE,
        JOB_STATE_FAILED,
        JOB_STATE_CANCELLED,
        JOB_STATE_MAX,
} JobState;

typedef struct Job {
        Manager *manager;
        uint64_t id;
        char *path;
        const char *verb; /* of imad-worker, and the job's Kind */
        bool exclusive;
        uid_t uid; /* who asked for it, and may cancel it */
        JobState state;
        double progress;
        char *progress_text;
        char *result;      /* JSON text, "" while it runs */
        usec_t moved_usec; /* CLOCK_MONOTONIC of the last sign of life */
        bool cancelled;
        Worker *worker;
        sd_event_source *timer; /* running: the next look at it; ended: its removal */
} Job;

#define JOB_TABLE_MAX 64

/* Embedded in the manager; all zero is a valid empty one. */
typedef struct JobTable {
        Job *items[JOB_TABLE_MAX]; /* oldest first */
        size_t count;
        uint64_t last_id;
} JobTable;

typedef struct JobRequest {
        const char *verb;             /* static string */
        const char *const *arguments; /* NULL-terminated, or NULL */
        bool exclusive;               /* changes something: only one such job at a time */
        uid_t uid;
} JobRequest;

const char *job_state_to_string(JobState state);

/* Starts the job and announces it; reterr_error is set when it is refused. */
int job_start(Manager *manager, const JobRequest *request, Job **ret_job,
                sd_bus_error *reterr_error);

Job *job_find(JobTable *table, uint64_t id);

/* SIGTERM, then SIGKILL; an ended job is left alone. */
void job_cancel(Job *job);

size_t job_count_running(const JobTable *table);

/* CLOCK_MONOTONIC of the last movement of the running job that moved least recently; 0: none. */
usec_t job_get_oldest_movement(const JobTable *table);

/* Kills and forgets all jobs without a word on the bus. */
void job_table_done(JobTable *table);

/* Sends PropertiesChanged for all properties that change during a job's life (bus-job.c). */
void job_emit_changed(Job *job);
