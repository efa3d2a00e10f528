/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/job.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/json.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/strings.h"
#include "bus/error.h"
#include "bus/names.h"
#include "imad/limits.h"
#include "imad/manager.h"

#define LATE_RESULT_USEC (60 * USEC_PER_SEC)
#define KILL_USEC (3 * USEC_PER_SEC)
/* A job without any progress for so long hangs. */
#define STALL_USEC (600 * USEC_PER_SEC)
#define STALL_CHECK_USEC (30 * USEC_PER_SEC)

static const char *const state_names[JOB_STATE_MAX] = {
        [JOB_STATE_RUNNING] = "running",
        [JOB_STATE_DONE] = "done",
        [JOB_STATE_FAILED] = "failed",
        [JOB_STATE_CANCELLED] = "cancelled",
};

const char *job_state_to_string(JobState state)
{
        return state_names[state];
}

static Job *job_free(Job *job)
{
        if (job) {
                worker_free(job->worker);
                sd_event_source_disable_unref(job->timer);
                free(job->path);
                free(job->progress_text);
                free(job->result);
                free(job);
        }
        return NULL;
}
DEFINE_CLEANUP_FUNC(Job *, job_free)

Job *job_find(JobTable *table, uint64_t id)
{
        for (size_t i = 0; i < table->count; i++)
                if (table->items[i]->id == id)
                        return table->items[i];
        return NULL;
}

size_t job_count_running(const JobTable *table)
{
        size_t n = 0;

        for (size_t i = 0; i < table->count; i++)
                n += table->items[i]->state == JOB_STATE_RUNNING;
        return n;
}

usec_t job_get_oldest_movement(const JobTable *table)
{
        usec_t oldest = 0;

        for (size_t i = 0; i < table->count; i++) {
                const Job *job = table->items[i];

                if (job->state == JOB_STATE_RUNNING && (oldest == 0 || job->moved_usec < oldest))
                        oldest = job->moved_usec;
        }
        return oldest;
}

void job_table_done(JobTable *table)
{
        while (table->count > 0)
                job_free(table->items[--table->count]);
}

static void take_out(JobTable *table, const Job *job)
{
        size_t i = 0;

        while (table->items[i] != job)
                i++;
        for (; i + 1 < table->count; i++)
                table->items[i] = table->items[i + 1];
        table->count--;
}

static void remove_job(Job *job)
{
        take_out(&job->manager->jobs, job);
        (void) sd_bus_emit_interfaces_removed(
                        job->manager->bus, job->path, BUS_INTERFACE_JOB, NULL);
        job_free(job);
}

/* Finished jobs make room for new results, the one that ended first goes first. */
static void keep_finished(JobTable *table, Job *ended)
{
        take_out(table, ended);
        table->items[table->count++] = ended;
        while (table->count - job_count_running(table) > LIMIT_JOBS_FINISHED) {
                size_t i = 0;

                while (table->items[i]->state == JOB_STATE_RUNNING)
                        i++;
                remove_job(table->items[i]);
        }
}

static int arm_timer(Job *job, usec_t usec)
{
        int r = sd_event_source_set_time_relative(job->timer, usec);

        return r < 0 ? r : sd_event_source_set_enabled(job->timer, SD_EVENT_ONESHOT);
}

/* A running job is killed when it was cancelled or hangs; an ended one is forgotten. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Job *job = userdata;

        if (job->state != JOB_STATE_RUNNING) {
                remove_job(job);
                return 0;
        }
        if (job->cancelled) {
                (void) worker_send_signal(job->worker, SIGKILL);
        } else if (time_now(CLOCK_MONOTONIC) > job->moved_usec + STALL_USEC) {
                log_warning("job %" PRIu64 " (%s) has not moved for ten minutes, ending it",
                                job->id, job->verb);
                job_cancel(job);
                return 0;
        }
        return arm_timer(job, STALL_CHECK_USEC);
}

void job_cancel(Job *job)
{
        if (job->state != JOB_STATE_RUNNING || job->cancelled)
                return;
        job->cancelled = true;
        (void) worker_send_signal(job->worker, SIGTERM);
        (void) arm_timer(job, KILL_USEC);
}

static void on_progress(void *userdata, double fraction, const char *text)
{
        Job *job = userdata;
        char *copy = strdup(text ? text : "");

        job->moved_usec = time_now(CLOCK_MONOTONIC);
        job->progress = fraction;
        if (copy) {
                free(job->progress_text);
                job->progress_text = copy;
        }
        job_emit_changed(job);
}

static const struct {
        const char *verb;
        const char *message_id;
        const char *text;
} success_messages[] = {
        {"policy-apply",     MESSAGE_ID_POLICY_APPLIED,     "policy applied"           },
        { "policy-off",      MESSAGE_ID_POLICY_OFF,         "no policy is intended now"},
        { "policy-confirm",  MESSAGE_ID_POLICY_CONFIRMED,   "policy confirmed"         },
        { "policy-rollback", MESSAGE_ID_POLICY_ROLLED_BACK, "policy rolled back"       },
        { "label-recover",   MESSAGE_ID_LABELS_RECOVERED,
         "labels that an interrupted run had left were looked after"                   },
};

static void log_end(const Job *job, ExitCode code, json_t *result)
{
        const json_t *error = json_object_get(result, "error");

        if (job->state == JOB_STATE_FAILED) {
                const char *message = json_string_value(json_object_get(error, "message"));

                log_event(LOG_WARNING,
                                code == EXIT_CODE_INVALID_INPUT ? MESSAGE_ID_POLICY_INVALID : NULL,
                                NULL, "job %" PRIu64 " (%s) failed: %s", job->id, job->verb,
                                message ? message : exit_code_describe(code));
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(success_messages); i++)
                if (job->state == JOB_STATE_DONE &&
                                json_is_true(json_object_get(result, "changed")) &&
                                !json_is_true(json_object_get(result, "dry_run")) &&
                                string_equal(job->verb, success_messages[i].verb))
                        log_event(LOG_NOTICE, success_messages[i].message_id, NULL, "%s",
                                        success_messages[i].text);
}

static void set_cancelled_error(json_t *result)
{
        (void) json_object_set_new(result, "error",
                        json_pack("{s:s, s:s}", "name", BUS_ERROR_FAILED, "message",
                                        "the job was cancelled"));
}

/* The one place where a job ends. The state that it changed is read before anybody hears of it. */
static void on_worker_exit(void *userdata, ExitCode code, json_t *result)
{
        Job *job = userdata;
        Manager *manager = job->manager;
        _cleanup_free_ char *text = NULL;

        if (code == EXIT_CODE_OK || code == EXIT_CODE_CHANGED)
                job->state = JOB_STATE_DONE;
        else
                job->state = job->cancelled ? JOB_STATE_CANCELLED : JOB_STATE_FAILED;
        if (job->state == JOB_STATE_CANCELLED)
                set_cancelled_error(result);
        else if (job->state == JOB_STATE_DONE)
                job->progress = 1;
        if (json_format(result, &text) >= 0) {
                free(job->result);
                job->result = TAKE_PTR(text);
        }
        job->worker = worker_free(job->worker);
        log_end(job, code, result);
        if (string_equal(job->verb, "policy-apply"))
                pending_learn(manager, code, result, job->exclusive);
        else
                pending_refresh(manager);
        manager_refresh(manager);
        job_emit_changed(job);
        (void) sd_bus_emit_signal(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                        "JobRemoved", "os", job->path, job_state_to_string(job->state));
        (void) arm_timer(job, LATE_RESULT_USEC);
        keep_finished(&manager->jobs, job);
        manager_job_ended(manager);
}

static int check_request(
                const JobTable *table, const JobRequest *request, sd_bus_error *reterr_error)
{
        unsigned of_uid = 0;

        for (size_t i = 0; i < table->count; i++) {
                const Job *job = table->items[i];

                if (job->state != JOB_STATE_RUNNING)
                        continue;
                if (request->exclusive && job->exclusive)
                        return sd_bus_error_setf(reterr_error, BUS_ERROR_BUSY,
                                        "job %" PRIu64 " (%s) changes the policy at the moment; "
                                        "wait for its end or cancel it",
                                        job->id, job->verb);
                of_uid += job->uid == request->uid;
        }
        return limit_check(LIMIT_JOBS, of_uid, (unsigned) job_count_running(table), reterr_error);
}

static int job_new(Manager *manager, const JobRequest *request, Job **ret_job)
{
        _cleanup_(job_freep) Job *job = calloc(1, sizeof(*job));
        int r;

        if (!job)
                return -ENOMEM;
        job->manager = manager;
        job->id = ++manager->jobs.last_id;
        job->verb = request->verb;
        job->exclusive = request->exclusive;
        job->uid = request->uid;
        job->moved_usec = time_now(CLOCK_MONOTONIC);
        job->progress_text = strdup("");
        job->result = strdup("");
        if (!job->progress_text || !job->result ||
                        asprintf(&job->path, BUS_PATH_JOB "/%" PRIu64, job->id) < 0)
                return -ENOMEM;
        r = sd_event_add_time_relative(manager->event, &job->timer, CLOCK_MONOTONIC,
                        STALL_CHECK_USEC, 0, on_timer, job);
        if (r < 0)
                return r;
        *ret_job = TAKE_PTR(job);
        return 0;
}

int job_start(Manager *manager, const JobRequest *request, Job **ret_job,
                sd_bus_error *reterr_error)
{
        const WorkerSetup setup = {
                .libexec = manager->libexec,
                .root = manager->root,
                .verb = request->verb,
                .arguments = request->arguments,
        };
        _cleanup_(job_freep) Job *job = NULL;
        int r = check_request(&manager->jobs, request, reterr_error);

        if (r < 0)
                return r;
        if (manager->stopping)
                return sd_bus_error_set(reterr_error, BUS_ERROR_BUSY, "imad is stopping");
        r = job_new(manager, request, &job);
        if (r < 0)
                return r;
        r = worker_start(manager->event, &setup, on_progress, on_worker_exit, job, &job->worker);
        if (r < 0)
                return sd_bus_error_setf(reterr_error, bus_error_from_errno(r),
                                "imad-worker cannot be started: %s", strerror(-r));
        *ret_job = manager->jobs.items[manager->jobs.count++] = TAKE_PTR(job);
        (void) sd_bus_emit_interfaces_added(
                        manager->bus, (*ret_job)->path, BUS_INTERFACE_JOB, NULL);
        (void) sd_bus_emit_signal(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "JobNew",
                        "o", (*ret_job)->path);
        return 0;
}
