/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.imad1.Job on /org/imad1/job/N */
#include "base/strings.h"
#include "bus/names.h"
#include "imad/bus-object.h"
#include "imad/manager.h"

void job_emit_changed(Job *job)
{
        (void) sd_bus_emit_properties_changed(job->manager->bus, job->path, BUS_INTERFACE_JOB,
                        "State", "Progress", "ProgressText", "Result", NULL);
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error)
{
        const Job *job = userdata;

        return sd_bus_message_append(reply, "s", job_state_to_string(job->state));
}

/* Whoever started a job may end it; anybody else needs to be authorised. */
static int method_cancel(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        Job *job = userdata;
        uid_t uid;
        int r = polkit_get_uid(m, &uid);

        if (r < 0 || uid != job->uid) {
                r = polkit_check(&job->manager->polkit, m, reterr_error);
                if (r <= 0)
                        return r < 0 ? r : 1;
        }
        job_cancel(job);
        return sd_bus_reply_method_return(m, "");
}

static int find_object(sd_bus *bus, const char *path, const char *interface, void *userdata,
                void **ret_found, sd_bus_error *reterr_error)
{
        Manager *manager = userdata;
        const char *text = string_after(path, BUS_PATH_JOB "/");
        uint64_t id;
        Job *job;

        if (!text || parse_u64(text, UINT64_MAX, &id) < 0)
                return 0;
        job = job_find(&manager->jobs, id);
        /* "007" is no name of job 7. */
        if (!job || !string_equal(job->path, path))
                return 0;
        *ret_found = job;
        return 1;
}

static int enumerate_objects(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                sd_bus_error *reterr_error)
{
        const JobTable *table = &((Manager *) userdata)->jobs;
        char **nodes = calloc(table->count + 1, sizeof(*nodes));

        if (!nodes)
                return -ENOMEM;
        for (size_t i = 0; i < table->count; i++) {
                nodes[i] = strdup(table->items[i]->path);
                if (!nodes[i]) {
                        while (i-- > 0)
                                free(nodes[i]);
                        free(nodes);
                        return -ENOMEM;
                }
        }
        *ret_nodes = nodes;
        return 1;
}

static const sd_bus_vtable job_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "t", NULL, offsetof(Job, id), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Kind", "s", NULL, offsetof(Job, verb), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Progress", "d", NULL, offsetof(Job, progress),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ProgressText", "s", NULL, offsetof(Job, progress_text),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Result", "s", NULL, offsetof(Job, result),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD("Cancel", "", "", method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int bus_job_add(Manager *manager)
{
        int r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_JOB, BUS_INTERFACE_JOB,
                        job_vtable, find_object, manager);

        if (r < 0)
                return r;
        return sd_bus_add_node_enumerator(
                        manager->bus, NULL, BUS_PATH_JOB, enumerate_objects, manager);
}
