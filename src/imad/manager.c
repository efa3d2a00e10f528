/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/strings.h"
#include "bus/names.h"
#include "config.h"
#include "system/boot-record.h"
#include "system/generation.h"
#include "system/transaction-store.h"

/* A stop must be over before anybody gets impatient; jobs get SIGTERM, then SIGKILL. */
#define STOP_USEC (4 * USEC_PER_SEC)
/* Twice the time after which a job is ended for not moving: then not even SIGKILL helped. */
#define JOB_STUCK_USEC (1200 * USEC_PER_SEC)

static const char *const watched_directories[] = {
        "/usr/lib/imad/policy.d",
        "/run/imad/policy.d",
        "/etc/imad/policy.d",
        GENERATION_STORE_PATH,
        BOOT_RECORD_DIRECTORY,
        TRANSACTION_STORE_DIRECTORY,
        NULL,
};

Manager *manager_free(Manager *manager)
{
        if (manager) {
                job_table_done(&manager->jobs);
                pending_done(&manager->pending);
                polkit_done(&manager->polkit);
                watch_done(&manager->watch);
                denials_free(manager->denials);
                entries_done(&manager->entries);
                snapshot_table_done(&manager->snapshots);
                transaction_table_done(&manager->transactions);
                unrecorded_done(&manager->unrecorded);
                retention_done(&manager->retention);
                bus_measurements_done(manager);
                tail_free(manager->tail);
                state_done(&manager->state);
                settings_done(&manager->settings);
                sd_event_source_disable_unref(manager->watchdog);
                sd_event_source_disable_unref(manager->stop_timer);
                sd_bus_flush_close_unref(manager->bus);
                sd_event_unref(manager->event);
                cleanup_closep(&manager->root_fd);
                free(manager);
        }
        return NULL;
}

/* Diagnostics of damaged state files are said once, when they appear. */
static int read_state(Manager *manager, State *ret_state)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = state_read(manager->root_fd, ret_state, &diags);

        if (diags.errors != manager->state_errors)
                log_diags(&diags);
        manager->state_errors = diags.errors;
        return r;
}

void manager_refresh(Manager *manager)
{
        State old = manager->state, now;
        char *names[7] = { NULL };
        size_t n = 0;

        if (read_state(manager, &now) < 0)
                return;
        manager->state = now;
        if (now.supported != old.supported)
                names[n++] = (char *) "Supported";
        if (now.enforcement != old.enforcement)
                names[n++] = (char *) "Enforcement";
        if (now.policy != old.policy)
                names[n++] = (char *) "PolicyState";
        if (now.generation != old.generation)
                names[n++] = (char *) "Generation";
        if (now.intended != old.intended)
                names[n++] = (char *) "IntendedGeneration";
        if (!json_equal(now.boot, old.boot) && (now.boot || old.boot))
                names[n++] = (char *) "BootResult";
        state_done(&old);
        if (n > 0)
                (void) sd_bus_emit_properties_changed_strv(
                                manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, names);
}

static void tell_status(const Manager *manager)
{
        const TailState *tail = tail_get_state(manager->tail);

        (void) sd_notifyf(/* unset_environment= */ false,
                        "STATUS=Policy %s, generation %" PRIu64 "; %" PRIu64 " measurements, %s",
                        policy_state_to_string(manager->state.policy), manager->state.generation,
                        tail->count, verdict_to_string(tail->verdict));
}

static void on_files_changed(void *userdata)
{
        Manager *manager = userdata;

        manager_refresh(manager);
        pending_refresh(manager);
        bus_transaction_refresh(manager, /* is_new= */ true);
        tell_status(manager);
}

static void on_tail_changed(void *userdata, const TailState *state, const TailChange *change)
{
        Manager *manager = userdata;

        if (change->counts)
                timeline_add(&manager->timeline, state->count, time_now(CLOCK_REALTIME));
        bus_measurements_changed(manager, state, change);
        if (change->counts)
                retention_look(manager, state->count);
        if (change->counts || change->verdict)
                tell_status(manager);
}

static int apply_settings(Manager *manager, bool first)
{
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_(tail_freep) Tail *tail = NULL;
        bool same;
        int r = settings_load(manager->root_fd, &settings, &diags);

        log_diags(&diags);
        if (r < 0)
                return r;
        same = !first && string_equal(settings.tpm_tcti, manager->settings.tpm_tcti);
        if (!same) {
                r = tail_new(manager->event, manager->root_fd, settings.tpm_tcti, on_tail_changed,
                                manager, &tail);
                if (r < 0)
                        return r;
                tail_free(manager->tail);
                manager->tail = TAKE_PTR(tail);
        }
        log_set_max_priority(settings.log_level);
        settings_done(&manager->settings);
        manager->settings = TAKE_STRUCT(settings);
        return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Manager *manager = userdata;
        int r;

        (void) sd_notifyf(/* unset_environment= */ false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                        time_now(CLOCK_MONOTONIC));
        r = apply_settings(manager, /* first= */ false);
        if (r < 0)
                log_error("configuration cannot be reloaded, keeping the old one: %s",
                                strerror(-r));
        retention_look(manager, tail_get_state(manager->tail)->count);
        on_files_changed(manager);
        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        return 0;
}

static int on_stop_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        Manager *manager = userdata;

        log_warning("%zu jobs do not end, leaving them behind", job_count_running(&manager->jobs));
        return sd_event_exit(manager->event, 0);
}

void manager_job_ended(Manager *manager)
{
        if (manager->stopping && job_count_running(&manager->jobs) == 0)
                (void) sd_event_exit(manager->event, 0);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Manager *manager = userdata;

        if (manager->stopping)
                return 0;
        manager->stopping = true;
        (void) sd_notify(/* unset_environment= */ false, "STOPPING=1");
        for (size_t i = 0; i < manager->jobs.count; i++)
                job_cancel(manager->jobs.items[i]);
        manager_job_ended(manager);
        return sd_event_add_time_relative(manager->event, &manager->stop_timer, CLOCK_MONOTONIC,
                        STOP_USEC, 0, on_stop_timeout, manager);
}

/* Fed while the loop turns and every job moves: a job that not even SIGKILL ended stops it. */
static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
        Manager *manager = userdata;
        usec_t moved = job_get_oldest_movement(&manager->jobs);
        int r;

        if (moved == 0 || time_now(CLOCK_MONOTONIC) < moved + JOB_STUCK_USEC)
                (void) sd_notify(/* unset_environment= */ false, "WATCHDOG=1");
        r = sd_event_source_set_time_relative(source, manager->watchdog_usec / 2);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int add_watchdog(Manager *manager)
{
        if (sd_watchdog_enabled(/* unset_environment= */ true, &manager->watchdog_usec) <= 0)
                return 0;
        return sd_event_add_time_relative(manager->event, &manager->watchdog, CLOCK_MONOTONIC, 0, 0,
                        on_watchdog, manager);
}

static int add_signals(Manager *manager)
{
        sigset_t signals;
        int r;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGCHLD);
        (void) sigaddset(&signals, SIGTERM);
        (void) sigaddset(&signals, SIGINT);
        (void) sigaddset(&signals, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;
        r = sd_event_add_signal(manager->event, NULL, SIGTERM, on_stop, manager);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGINT, on_stop, manager);
        return r < 0 ? r : sd_event_add_signal(manager->event, NULL, SIGHUP, on_reload, manager);
}

int manager_new(const char *root, const char *libexec, Manager **ret_manager)
{
        _cleanup_(manager_freep) Manager *manager = calloc(1, sizeof(*manager));
        int r;

        if (!manager)
                return -ENOMEM;
        manager->root = root;
        manager->libexec = libexec;
        manager->root_fd = fs_open_root(root);
        if (manager->root_fd < 0)
                return manager->root_fd;
        r = sd_event_new(&manager->event);
        if (r >= 0)
                r = add_signals(manager);
        if (r >= 0)
                r = pending_init(&manager->pending);
        if (r >= 0)
                r = apply_settings(manager, /* first= */ true);
        if (r >= 0)
                r = read_state(manager, &manager->state);
        if (r < 0)
                return r;
        *ret_manager = TAKE_PTR(manager);
        return 0;
}

/* Audit is this kernel's, whatever the root directory is; without it nothing else is worse. */
static void follow_denials(Manager *manager)
{
        int r;

        if (!string_equal(manager->root, "/"))
                return;
        r = denials_new(manager->event, &manager->denials);
        if (r < 0)
                log_notice("audit records cannot be followed, so denials are not told: %s",
                                strerror(-r));
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Manager *manager = userdata;

        log_error("connection to the bus was lost");
        return sd_event_exit(manager->event, -ECONNRESET);
}

static int add_objects(Manager *manager)
{
        static int (*const add[])(Manager * manager) = {
                bus_manager_add,
                bus_policy_add,
                bus_measurements_add,
                bus_signing_add,
                bus_job_add,
                bus_transaction_add,
        };

        for (size_t i = 0; i < ELEMENTSOF(add); i++) {
                int r = add[i](manager);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_name(Manager *manager)
{
        int r = sd_bus_request_name(manager->bus, BUS_NAME, 0);

        if (r == -EEXIST)
                log_error("another imad already has the name " BUS_NAME " on the bus; see "
                          "\"systemctl status imad.service\"");
        else if (r < 0)
                log_error("bus refuses the name " BUS_NAME ": %s; check the bus policy "
                          "org.imad1.conf",
                                strerror(-r));
        return r;
}

int manager_start(Manager *manager)
{
        int r = sd_bus_open_system(&manager->bus);

        if (r < 0) {
                log_error("system bus cannot be reached: %s", strerror(-r));
                return r;
        }
        r = sd_bus_attach_event(manager->bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_match_signal_async(manager->bus, NULL, "org.freedesktop.DBus.Local",
                                "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                "Disconnected", on_disconnected, NULL, manager);
        if (r >= 0)
                r = add_objects(manager);
        if (r >= 0)
                r = watch_start(&manager->watch, manager->event, manager->root_fd,
                                watched_directories, on_files_changed, manager);
        if (r >= 0)
                bus_transaction_refresh(manager, /* is_new= */ false);
        if (r >= 0)
                r = unrecorded_start(manager);
        if (r >= 0)
                r = take_name(manager);
        if (r >= 0)
                r = add_watchdog(manager);
        if (r < 0)
                return r;
        follow_denials(manager);
        pending_refresh(manager);
        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        tell_status(manager);
        bus_signing_recover(manager);
        return 0;
}

int manager_run(Manager *manager)
{
        return sd_event_loop(manager->event);
}
