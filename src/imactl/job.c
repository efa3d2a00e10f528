/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/job.h"

#include <signal.h>
#include <systemd/sd-event.h>

#include "bus/error.h"
#include "bus/names.h"
#include "imactl/progress.h"
#include "imactl/verbs.h"

#define JOB_EXIT_INTERRUPTED (128 + SIGINT)

typedef struct Job {
        const Arguments *args;
        sd_bus *bus;
        sd_event *event;
        char *path;
        char *state;
        char *text;
        char *result;
        double fraction;
        Progress progress;
        bool gone;        /* removed, or imad is away */
        bool cancelled;   /* Ctrl-C was seen */
        bool interrupted; /* twice */
} Job;

static void job_done(Job *job)
{
        progress_done(&job->progress);
        sd_event_unref(job->event);
        free(job->path);
        free(job->state);
        free(job->text);
        free(job->result);
}

static bool job_is_running(const Job *job)
{
        return !job->gone && !job->interrupted &&
               (!job->state || string_equal(job->state, "running"));
}

static int replace_string(char **location, const char *value)
{
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*location);
        *location = copy;
        return 0;
}

/* Reads one property out of a dictionary entry whose key has been read. */
static int read_property(Job *job, sd_bus_message *m, const char *key)
{
        static const struct {
                const char *key;
                size_t offset;
        } strings[] = {
                {"State",         offsetof(Job, state) },
                { "ProgressText", offsetof(Job, text)  },
                { "Result",       offsetof(Job, result)},
        };
        const char *value;

        if (string_equal(key, "Progress"))
                return sd_bus_message_read(m, "v", "d", &job->fraction);
        for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
                if (!string_equal(key, strings[i].key))
                        continue;
                if (sd_bus_message_read(m, "v", "s", &value) < 0)
                        return -EBADMSG;
                return replace_string((char **) ((char *) job + strings[i].offset), value);
        }
        return sd_bus_message_skip(m, "v");
}

static int read_properties(Job *job, sd_bus_message *m)
{
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key;

                r = sd_bus_message_read(m, "s", &key);
                if (r >= 0)
                        r = read_property(job, m, key);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r < 0)
                return r;
        progress_update(&job->progress, job->fraction, job->text);
        return sd_bus_message_exit_container(m);
}

static int on_properties_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Job *job = userdata;
        const char *interface;

        if (!string_equal(sd_bus_message_get_path(m), job->path) ||
                        sd_bus_message_read(m, "s", &interface) < 0 ||
                        !string_equal(interface, BUS_INTERFACE_JOB))
                return 0;
        (void) read_properties(job, m);
        return 0;
}

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Job *job = userdata;
        const char *path;

        if (sd_bus_message_read(m, "o", &path) >= 0 && string_equal(path, job->path))
                job->gone = true;
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Job *job = userdata;

        job->gone = true;
        return 0;
}

static int on_interrupt(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        Job *job = userdata;

        if (job->cancelled) {
                job->interrupted = true;
                return 0;
        }
        job->cancelled = true;
        progress_done(&job->progress);
        fputs("cancelling, press Ctrl-C again to leave the job running\n", stderr);
        return sd_bus_call_method_async(job->bus, NULL, BUS_NAME, job->path, BUS_INTERFACE_JOB,
                        "Cancel", NULL, NULL, "");
}

/* Listens before the job exists, so that nothing it says is missed. */
static int job_subscribe(Job *job)
{
        int r = sd_bus_match_signal(job->bus, NULL, BUS_NAME, NULL,
                        "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        on_properties_changed, job);

        if (r >= 0)
                r = sd_bus_match_signal(job->bus, NULL, BUS_NAME, BUS_PATH_MANAGER,
                                BUS_INTERFACE_MANAGER, "JobRemoved", on_job_removed, job);
        if (r >= 0)
                r = sd_bus_add_match(job->bus, NULL,
                                "type='signal',sender='org.freedesktop.DBus',"
                                "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                "arg0='" BUS_NAME "'",
                                on_owner_changed, job);
        return r;
}

static int job_get_properties(Job *job)
{
        _cleanup_bus_message_ sd_bus_message *reply = NULL;
        int r = sd_bus_call_method(job->bus, BUS_NAME, job->path, "org.freedesktop.DBus.Properties",
                        "GetAll", NULL, &reply, "s", BUS_INTERFACE_JOB);

        return r < 0 ? r : read_properties(job, reply);
}

static int job_wait(Job *job)
{
        sigset_t mask;
        int r = sd_event_new(&job->event);

        if (r < 0)
                return r;
        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGINT);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        r = sd_event_add_signal(job->event, NULL, SIGINT, on_interrupt, job);
        if (r >= 0)
                r = sd_bus_attach_event(job->bus, job->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = job_get_properties(job);
        while (r >= 0 && job_is_running(job))
                r = sd_event_run(job->event, UINT64_MAX);
        if (r >= 0 && !job->interrupted)
                (void) job_get_properties(job); /* the job may be gone; then what is known counts */
        (void) sd_bus_detach_event(job->bus);
        return r < 0 ? r : 0;
}

/* A result about files, some of which are not as they should be: the worker said nothing else. */
static bool is_answer(const Arguments *args, const json_t *result)
{
        return (args->verb->flags & VERB_VERDICT) && json_object_get(result, "results") &&
               result_get_bool(json_object_get(result, "error"), "generated");
}

static ExitCode report_job(const Job *job, Renderer renderer)
{
        _cleanup_json_ json_t *result = NULL;
        bool done = string_equal(job->state, "done");

        if (job->interrupted) {
                fprintf(stderr, "imactl: the job goes on as %s\n", job->path);
                return (ExitCode) JOB_EXIT_INTERRUPTED;
        }
        if (!job->state || string_equal(job->state, "running"))
                return report_error(job->args, EXIT_CODE_NO_DAEMON,
                                "'imactl status' shows what is in force",
                                "imad went away before the job was done");
        if (string_equal(job->state, "cancelled"))
                return report_error(job->args, EXIT_CODE_FAILURE, NULL, "the job was cancelled");
        if (json_parse(job->result ?: "", strlen(job->result ?: ""), &result) < 0 ||
                        !json_is_object(result))
                return client_report_bad_answer(
                                job->args, "the result of the job is no JSON object");
        if (!done && is_answer(job->args, result)) {
                ExitCode code = bus_error_to_exit_code(
                                result_get_string(json_object_get(result, "error"), "name"));

                (void) json_object_del(result, "error");
                return report_result(job->args, result, code, renderer);
        }
        if (!done && !json_is_object(json_object_get(result, "error")))
                return report_result(job->args, result,
                                json_array_size(json_object_get(result, "diagnostics")) > 0
                                                ? EXIT_CODE_INVALID_INPUT
                                                : EXIT_CODE_FAILURE,
                                renderer);
        return report_result(job->args, result, EXIT_CODE_OK, renderer);
}

ExitCode job_run(const Arguments *args, sd_bus *bus, sd_bus_message *call, Renderer renderer)
{
        _cleanup_(job_done) Job job = {
                .args = args,
                .bus = bus,
                .fraction = -1,
                .progress = progress_new(args),
        };
        _cleanup_bus_message_ sd_bus_message *reply = NULL;
        const char *path;
        ExitCode code;
        int r = job_subscribe(&job);

        if (r < 0)
                return client_report(args, NULL, r);
        code = client_call(args, bus, call, &reply);
        if (code != EXIT_CODE_OK)
                return code;
        if (sd_bus_message_read(reply, "o", &path) < 0 || replace_string(&job.path, path) < 0)
                return client_report_bad_answer(args, "no path of a job");
        r = job_wait(&job);
        progress_done(&job.progress);
        return r < 0 ? client_report(args, NULL, r) : report_job(&job, renderer);
}
