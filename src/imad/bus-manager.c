/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Manager on /org/imad1 */
#include <errno.h>

#include "base/json.h"
#include "bus/names.h"
#include "bus/value.h"
#include "config.h"
#include "imad/attributes.h"
#include "imad/bus-object.h"
#include "imad/describe.h"
#include "imad/manager.h"

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        return sd_bus_message_append(reply, "s", IMAD_VERSION);
}

static int get_supported(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "b", manager->state.supported);
}

static int get_enforcement(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "s", enforcement_to_string(manager->state.enforcement));
}

static int get_policy_state(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return sd_bus_message_append(reply, "s", policy_state_to_string(manager->state.policy));
}

static int get_boot_result(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return bus_append_dict(reply, manager->state.boot);
}

static int get_pending(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Manager *manager = userdata;

        return bus_append_dict(reply, pending_get(&manager->pending));
}

static int get_unrecorded_packages(sd_bus *bus, const char *path, const char *interface,
                const char *property, sd_bus_message *reply, void *userdata,
                sd_bus_error *reterr_error)
{
        const StringList *packages = &((const Manager *) userdata)->unrecorded.packages;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < packages->count; i++)
                r = sd_bus_message_append(reply, "s", packages->items[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int method_describe(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        _cleanup_json_ json_t *value = describe_manager(userdata);
        _cleanup_free_ char *text = NULL;
        int r;

        if (!value)
                return -ENOMEM;
        r = json_format(value, &text);
        return r < 0 ? r : sd_bus_reply_method_return(m, "s", text);
}

static int method_get_security_attributes(
                sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *attributes = attributes_make(userdata);
        int r;

        if (!attributes)
                return -ENOMEM;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = bus_append_dicts(reply, attributes);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list_jobs(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const JobTable *jobs = &((Manager *) userdata)->jobs;
        int r = sd_bus_message_new_method_return(m, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(osst)");
        for (size_t i = 0; r >= 0 && i < jobs->count; i++)
                r = sd_bus_message_append(reply, "(osst)", jobs->items[i]->path,
                                jobs->items[i]->verb, job_state_to_string(jobs->items[i]->state),
                                jobs->items[i]->id);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Supported", "b", get_supported, 0, CHANGES),
        SD_BUS_PROPERTY("Enforcement", "s", get_enforcement, 0, CHANGES),
        SD_BUS_PROPERTY("PolicyState", "s", get_policy_state, 0, CHANGES),
        SD_BUS_PROPERTY("Generation", "t", NULL, offsetof(Manager, state.generation), CHANGES),
        SD_BUS_PROPERTY("IntendedGeneration", "t", NULL, offsetof(Manager, state.intended),
                        CHANGES),
        SD_BUS_PROPERTY("BootResult", "a{sv}", get_boot_result, 0, CHANGES),
        SD_BUS_PROPERTY("Pending", "a{sv}", get_pending, 0, CHANGES),
        SD_BUS_PROPERTY("UnrecordedPackages", "as", get_unrecorded_packages, 0, CHANGES),
        SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json),
                        method_describe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetSecurityAttributes", SD_BUS_NO_ARGS,
                        SD_BUS_RESULT("aa{sv}", attributes), method_get_security_attributes,
                        SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(osst)", jobs),
                        method_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("o", job), 0),
        SD_BUS_SIGNAL_WITH_ARGS("JobRemoved", SD_BUS_ARGS("o", job, "s", result), 0),
        SD_BUS_SIGNAL_WITH_ARGS("TransactionNew", SD_BUS_ARGS("o", transaction), 0),
        SD_BUS_VTABLE_END,
};

int bus_manager_add(Manager *manager)
{
        int r = sd_bus_add_object_manager(manager->bus, NULL, BUS_PATH_MANAGER);

        if (r < 0)
                return r;
        return sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                        manager_vtable, manager);
}
