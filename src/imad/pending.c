/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/pending.h"

#include <errno.h>

#include "base/json.h"
#include "base/log.h"
#include "bus/names.h"
#include "imad/manager.h"

static json_t *make_result(bool changed, json_t *diagnostics, const char *error)
{
        return json_pack("{s:b, s:O, s:s}", "changed", changed, "diagnostics", diagnostics, "error",
                        error);
}

static void set_result(Manager *manager, json_t *result)
{
        Pending *pending = &manager->pending;
        bool same = json_equal(pending->result, result);

        json_decref(pending->result);
        pending->result = result;
        if (!same)
                (void) sd_bus_emit_properties_changed(manager->bus, BUS_PATH_MANAGER,
                                BUS_INTERFACE_MANAGER, "Pending", NULL);
}

static const char *get_error(ExitCode code, const json_t *result)
{
        const json_t *error = json_object_get(result, "error");
        const char *message = json_is_object(error)
                                              ? json_string_value(json_object_get(error, "message"))
                                              : json_string_value(error);

        if (message)
                return message;
        return code == EXIT_CODE_OK || code == EXIT_CODE_CHANGED ? "" : exit_code_describe(code);
}

static void on_progress(void *userdata, double fraction, const char *text)
{
}

static void take_result(Manager *manager, ExitCode code, const json_t *result, bool changed)
{
        json_t *diagnostics = json_object_get(result, "diagnostics"), *made;
        _cleanup_json_ json_t *none = json_array();

        made = make_result(changed, json_is_array(diagnostics) ? diagnostics : none,
                        get_error(code, result));
        if (made)
                set_result(manager, made);
}

static void on_worker_exit(void *userdata, ExitCode code, json_t *result)
{
        Manager *manager = userdata;
        Pending *pending = &manager->pending;

        take_result(manager, code, result, json_is_true(json_object_get(result, "changed")));
        pending->worker = worker_free(pending->worker);
        if (pending->stale) {
                pending->stale = false;
                pending_refresh(manager);
        }
}

void pending_learn(Manager *manager, ExitCode code, const json_t *result, bool applied)
{
        bool done = code == EXIT_CODE_OK || code == EXIT_CODE_CHANGED;

        /* Only errors in the fragments say something about them. */
        if (!done && code != EXIT_CODE_INVALID_INPUT)
                return;
        /* A run that began before the job ended knows less. */
        manager->pending.worker = worker_free(manager->pending.worker);
        manager->pending.stale = false;
        take_result(manager, code, result,
                        !done || (!applied && json_is_true(json_object_get(result, "changed"))));
}

void pending_refresh(Manager *manager)
{
        const WorkerSetup setup = {
                .libexec = manager->libexec,
                .root = manager->root,
                .verb = "policy-pending",
                .timeout_usec = 120 * USEC_PER_SEC,
        };
        int r;

        if (manager->stopping)
                return;
        if (manager->pending.worker) {
                manager->pending.stale = true;
                return;
        }
        r = worker_start(manager->event, &setup, on_progress, on_worker_exit, manager,
                        &manager->pending.worker);
        if (r < 0)
                log_warning("imad-worker cannot be started, keeping the last view of pending "
                            "changes: %s",
                                strerror(-r));
}

const json_t *pending_get(const Pending *pending)
{
        return pending->result;
}

int pending_init(Pending *pending)
{
        _cleanup_json_ json_t *none = json_array();

        *pending = (Pending){ .result = make_result(false, none, "") };
        return pending->result ? 0 : -ENOMEM;
}

void pending_done(Pending *pending)
{
        pending->worker = worker_free(pending->worker);
        json_decref(pending->result);
        pending->result = NULL;
}
