/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/retention.h"

#include "base/json.h"
#include "base/log.h"
#include "imad/manager.h"

#define RUN_USEC_MAX (600 * USEC_PER_SEC)

static void on_progress(void *userdata, double fraction, const char *text)
{
}

static int arm(Manager *manager)
{
        sd_event_source *timer = manager->retention.timer;
        int r = sd_event_source_set_time_relative(timer, manager->settings.archive_usec);

        return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void on_exit_of_worker(void *userdata, ExitCode code, json_t *result)
{
        Manager *manager = userdata;
        const char *message = json_string_value(
                        json_object_get(json_object_get(result, "error"), "message"));

        if (code != EXIT_CODE_OK && code != EXIT_CODE_CHANGED)
                log_warning("measurement list is not archived: %s; see \"imactl measurements "
                            "archive\"",
                                message ?: exit_code_describe(code));
        manager->retention.worker = worker_free(manager->retention.worker);
        (void) arm(manager);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Manager *manager = userdata;
        Retention *retention = &manager->retention;
        const WorkerSetup setup = {
                .libexec = manager->libexec,
                .root = manager->root,
                .verb = "measurements-archive",
                .timeout_usec = RUN_USEC_MAX,
        };
        int r;

        if (manager->settings.archive_usec == 0 || manager->stopping || retention->worker ||
                        retention->count == retention->archived)
                return 0;
        retention->archived = retention->count;
        r = worker_start(manager->event, &setup, on_progress, on_exit_of_worker, manager,
                        &retention->worker);
        if (r < 0)
                log_warning("measurement list is not archived: imad-worker cannot be started: %s",
                                strerror(-r));
        return 0;
}

void retention_look(Manager *manager, uint64_t count)
{
        Retention *retention = &manager->retention;
        int enabled = SD_EVENT_OFF;

        retention->count = count;
        if (manager->settings.archive_usec == 0 || count == retention->archived ||
                        retention->worker)
                return;
        /* The first run is at once; the next ones keep their distance. */
        if (!retention->timer)
                (void) sd_event_add_time_relative(manager->event, &retention->timer,
                                CLOCK_MONOTONIC, 0, 0, on_timer, manager);
        else if (sd_event_source_get_enabled(retention->timer, &enabled) >= 0 &&
                        enabled == SD_EVENT_OFF)
                (void) arm(manager);
}

void retention_done(Retention *retention)
{
        retention->worker = worker_free(retention->worker);
        retention->timer = sd_event_source_disable_unref(retention->timer);
}
