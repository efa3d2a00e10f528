/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/attributes.h"

#include "base/strings.h"
#include "base/time.h"
#include "imad/manager.h"

typedef struct Attribute {
        const char *id;
        const char *name;
        const char *description;
        const char *expected;
        const char *(*get_result)(const Manager *manager);
} Attribute;

static const char *get_policy(const Manager *manager)
{
        return policy_state_to_string(manager->state.policy);
}

static const char *get_enforcement(const Manager *manager)
{
        return enforcement_to_string(manager->state.enforcement);
}

static const char *get_measurements(const Manager *manager)
{
        return verdict_to_string(tail_get_state(manager->tail)->verdict);
}

static const Attribute attributes[] = {
        {
         "org.imad1.Policy", "Integrity policy",
         "The policy that an administrator intends for this machine is in force, so "
                        "that "
                        "files are measured or checked before they are used.", "loaded",
         get_policy, },
        {
         "org.imad1.Enforcement",                 "Signed programs only",
         "Files that the integrity policy covers are refused unless they carry a "
                        "valid "
                        "signature or digest.",                                              "enforce",
         get_enforcement, },
        {
         "org.imad1.Measurements",         "Measured files match the TPM",
         "The list of all measured files reproduces the value that the TPM holds, "
                        "so nobody "
                        "has changed it afterwards.",                                                  "match",
         get_measurements, },
};

static json_t *make_attribute(const Manager *manager, const Attribute *a)
{
        const char *result = a->get_result(manager);
        json_t *flags = string_equal(result, a->expected) ? json_pack("[s]", "success")
                                                          : json_array();

        return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:o}", "AppstreamId", a->id,
                        "Created", (json_int_t) (time_now(CLOCK_REALTIME) / USEC_PER_SEC),
                        "HsiResult", result, "HsiResultSuccess", a->expected, "Name", a->name,
                        "Title", a->name, "Description", a->description, "Flags", flags);
}

json_t *attributes_make(const Manager *manager)
{
        json_t *array = json_array();

        for (size_t i = 0; array && i < ELEMENTSOF(attributes); i++)
                if (json_array_append_new(array, make_attribute(manager, &attributes[i])) < 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}
