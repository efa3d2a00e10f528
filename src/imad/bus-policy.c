/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Policy on /org/imad1/policy */
#include <inttypes.h>

#include "base/cleanup.h"
#include "bus/names.h"
#include "imad/bus-object.h"
#include "imad/manager.h"
#include "imad/options.h"

typedef struct PolicyOptions {
        bool dry_run;
        bool trial;
        bool automatic;
        bool observe;
        uint64_t confirm_within_usec; /* UINT64_MAX: not given */
        const char *force;            /* NULL: not given, as reason */
        const char *reason;
} PolicyOptions;

/* The first one is every method's, all are Apply's. */
static const Option policy_options[] = {
        {"dry-run",              'b', offsetof(PolicyOptions, dry_run)            },
        { "trial",               'b', offsetof(PolicyOptions, trial)              },
        { "auto",                'b', offsetof(PolicyOptions, automatic)          },
        { "confirm-within-usec", 't', offsetof(PolicyOptions, confirm_within_usec)},
        { "force",               's', offsetof(PolicyOptions, force)              },
        { "reason",              's', offsetof(PolicyOptions, reason)             },
        { "observe",             'b', offsetof(PolicyOptions, observe)            },
};

/* Where the text is given: an argument in storage of its own. */
static int append_text(const char *option, const char *text, char **storage, const char **arguments,
                size_t *n_arguments)
{
        if (!text)
                return 0;
        if (asprintf(storage, "%s%s", option, text) < 0) {
                *storage = NULL;
                return -ENOMEM;
        }
        arguments[(*n_arguments)++] = *storage;
        return 0;
}

/* All methods: read the options, ask polkit, start the job, tell its path. */
static int start_policy_job(sd_bus_message *m, Manager *manager, const char *verb, size_t n_options,
                sd_bus_error *reterr_error)
{
        PolicyOptions options = { .confirm_within_usec = UINT64_MAX };
        const char *arguments[ELEMENTSOF(policy_options) + 1] = { NULL };
        JobRequest request = { .verb = verb, .arguments = arguments };
        _cleanup_free_ char *force = NULL, *reason = NULL;
        char confirm_within[64];
        size_t n = 0;
        Job *job;
        int r;

        r = options_read(m, policy_options, n_options, &options, reterr_error);
        if (r < 0)
                return r;
        r = polkit_authorize(&manager->polkit, m, &request.uid, reterr_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (options.dry_run)
                arguments[n++] = "--dry-run";
        if (options.trial)
                arguments[n++] = "--trial";
        if (options.automatic)
                arguments[n++] = "--auto";
        if (options.observe)
                arguments[n++] = "--observe";
        if (options.confirm_within_usec != UINT64_MAX) {
                (void) snprintf(confirm_within, sizeof(confirm_within),
                                "--confirm-within=%" PRIu64 "us", options.confirm_within_usec);
                arguments[n++] = confirm_within;
        }
        r = append_text("--force=", options.force, &force, arguments, &n);
        if (r >= 0)
                r = append_text("--reason=", options.reason, &reason, arguments, &n);
        if (r < 0)
                return r;
        request.exclusive = !options.dry_run;
        r = job_start(manager, &request, &job, reterr_error);
        if (r < 0)
                return r;
        return sd_bus_reply_method_return(m, "o", job->path);
}

static int method_apply(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_policy_job(
                        m, userdata, "policy-apply", ELEMENTSOF(policy_options), reterr_error);
}

static int method_confirm(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_policy_job(m, userdata, "policy-confirm", 1, reterr_error);
}

static int method_roll_back(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_policy_job(m, userdata, "policy-rollback", 1, reterr_error);
}

static int method_off(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        return start_policy_job(m, userdata, "policy-off", 1, reterr_error);
}

static const sd_bus_vtable policy_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Apply", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                        method_apply, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Confirm", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                        method_confirm, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RollBack", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                        method_roll_back, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Off", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                        method_off, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int bus_policy_add(Manager *manager)
{
        return sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_POLICY, BUS_INTERFACE_POLICY,
                        policy_vtable, manager);
}
