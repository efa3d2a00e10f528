/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/polkit.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/strings.h"
#include "base/time.h"
#include "bus/names.h"
#include "imad/limits.h"

/* Long enough for somebody to find a password. */
#define QUERY_TIMEOUT_USEC (300 * USEC_PER_SEC)

#define POLKIT_FLAG_ALLOW_USER_INTERACTION UINT32_C(1)

static const PolkitAction actions[] = {
        {BUS_INTERFACE_MANAGER,       "Describe",              NULL                         },
        { BUS_INTERFACE_MANAGER,      "GetSecurityAttributes", NULL                         },
        { BUS_INTERFACE_MANAGER,      "ListJobs",              NULL                         },
        { BUS_INTERFACE_POLICY,       "Apply",                 "org.imad1.manage-policy"    },
        { BUS_INTERFACE_POLICY,       "Confirm",               "org.imad1.confirm-policy"   },
        { BUS_INTERFACE_POLICY,       "RollBack",              "org.imad1.manage-policy"    },
        { BUS_INTERFACE_POLICY,       "Off",                   "org.imad1.manage-policy"    },
        { BUS_INTERFACE_MEASUREMENTS, "Verify",                NULL                         },
        { BUS_INTERFACE_MEASUREMENTS, "GetEntries",            "org.imad1.read-measurements"},
        { BUS_INTERFACE_MEASUREMENTS, "GetList",               "org.imad1.read-measurements"},
        { BUS_INTERFACE_SIGNING,      "Sign",                  "org.imad1.sign-files"       },
        { BUS_INTERFACE_SIGNING,      "Verify",                "org.imad1.verify-files"     },
        { BUS_INTERFACE_SIGNING,      "Unsign",                "org.imad1.sign-files"       },
        { BUS_INTERFACE_JOB,          "Cancel",                "org.imad1.cancel-job"       },
};

typedef enum Answer {
        ANSWER_WAITING,
        ANSWER_ALLOWED,
        ANSWER_DENIED,
        ANSWER_CHALLENGE, /* somebody would have to be asked, and must not be */
        ANSWER_ABSENT,    /* there is no polkit */
} Answer;

struct PolkitQuery {
        PolkitQuery *next;
        Polkit *polkit;
        sd_bus_message *request;
        sd_bus_slot *slot;
        const char *action;
        uid_t uid;
        Answer answer;
};

const PolkitAction *polkit_list_actions(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(actions);
        return actions;
}

static const PolkitAction *find_action(sd_bus_message *m)
{
        const char *interface = sd_bus_message_get_interface(m);
        const char *member = sd_bus_message_get_member(m);

        for (size_t i = 0; i < ELEMENTSOF(actions); i++) {
                /* A call may leave the interface out; members are unique among ours. */
                if (interface && !string_equal(actions[i].interface, interface))
                        continue;
                if (string_equal(actions[i].member, member))
                        return &actions[i];
        }
        return NULL;
}

static PolkitQuery *query_free(PolkitQuery *query)
{
        if (query) {
                sd_bus_slot_unref(query->slot);
                sd_bus_message_unref(query->request);
                free(query);
        }
        return NULL;
}
DEFINE_CLEANUP_FUNC(PolkitQuery *, query_free)

static Answer parse_answer(sd_bus_message *m)
{
        int authorized = false, challenge = false;

        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                        sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return ANSWER_ABSENT;
        if (sd_bus_message_is_method_error(m, NULL))
                return ANSWER_DENIED;
        if (sd_bus_message_enter_container(m, 'r', "bba{ss}") < 0 ||
                        sd_bus_message_read(m, "bb", &authorized, &challenge) < 0)
                return ANSWER_DENIED;
        if (authorized)
                return ANSWER_ALLOWED;
        return challenge ? ANSWER_CHALLENGE : ANSWER_DENIED;
}

static PolkitQuery **find_query(Polkit *polkit, sd_bus_message *m)
{
        PolkitQuery **place = &polkit->queries;

        while (*place && (*place)->request != m)
                place = &(*place)->next;
        return place;
}

static void remove_query(Polkit *polkit, sd_bus_message *m)
{
        PolkitQuery **place = find_query(polkit, m), *query = *place;

        *place = query->next;
        query_free(query);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        PolkitQuery *query = userdata;
        int r;

        query->answer = parse_answer(m);
        r = sd_bus_enqueue_for_read(sd_bus_message_get_bus(query->request), query->request);
        if (r < 0) {
                (void) sd_bus_reply_method_errnof(
                                query->request, r, "the call cannot be taken up again");
                remove_query(query->polkit, query->request);
        }
        return 1;
}

static int send_query(PolkitQuery *query, bool interactive)
{
        sd_bus *bus = sd_bus_message_get_bus(query->request);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.PolicyKit1",
                        "/org/freedesktop/PolicyKit1/Authority",
                        "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (r < 0)
                return r;
        /* The subject comes from the bus, never from an argument; a bus name is never reused. */
        r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                        sd_bus_message_get_sender(query->request), query->action, 0,
                        interactive ? POLKIT_FLAG_ALLOW_USER_INTERACTION : 0, "");
        if (r < 0)
                return r;
        return sd_bus_call_async(bus, &query->slot, m, on_answer, query, QUERY_TIMEOUT_USEC);
}

static void count_queries(
                const Polkit *polkit, uid_t uid, unsigned *ret_of_uid, unsigned *ret_total)
{
        *ret_of_uid = *ret_total = 0;
        for (const PolkitQuery *q = polkit->queries; q; q = q->next) {
                *ret_of_uid += q->uid == uid;
                (*ret_total)++;
        }
}

static int start_query(Polkit *polkit, sd_bus_message *m, const char *action, uid_t uid,
                sd_bus_error *reterr_error)
{
        _cleanup_(query_freep) PolkitQuery *query = NULL;
        unsigned of_uid, total;
        int r;

        count_queries(polkit, uid, &of_uid, &total);
        r = limit_check(LIMIT_AUTHORIZATIONS, of_uid, total, reterr_error);
        if (r < 0)
                return r;
        query = calloc(1, sizeof(*query));
        if (!query)
                return -ENOMEM;
        query->polkit = polkit;
        query->request = sd_bus_message_ref(m);
        query->action = action;
        query->uid = uid;
        r = send_query(query, sd_bus_message_get_allow_interactive_authorization(m) > 0);
        if (r < 0)
                return r;
        query->next = polkit->queries;
        polkit->queries = TAKE_PTR(query);
        return 0;
}

static int conclude(Answer answer, const char *action, sd_bus_error *reterr_error)
{
        switch (answer) {
        case ANSWER_ALLOWED:
                return 1;
        case ANSWER_CHALLENGE:
                return sd_bus_error_setf(reterr_error, BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                "%s needs interactive authorisation; repeat the call with "
                                "interaction allowed, or as root",
                                action);
        case ANSWER_ABSENT:
                return sd_bus_error_setf(reterr_error, BUS_ERROR_AUTHORIZATION_FAILED,
                                "%s is for root only, since polkit is not available; run the "
                                "command as root",
                                action);
        default:
                return sd_bus_error_setf(reterr_error, BUS_ERROR_AUTHORIZATION_FAILED,
                                "polkit denies %s; ask an administrator", action);
        }
}

int polkit_get_uid(sd_bus_message *m, uid_t *ret_uid)
{
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        int r = sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds);

        return r < 0 ? r : sd_bus_creds_get_euid(creds, ret_uid);
}

int polkit_check(Polkit *polkit, sd_bus_message *m, sd_bus_error *reterr_error)
{
        const PolkitAction *action = find_action(m);
        const PolkitQuery *query = *find_query(polkit, m);
        uid_t uid;
        int r;

        if (!action)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_AUTHORIZATION_FAILED,
                                "method %s has no polkit action, so nobody may call it",
                                sd_bus_message_get_member(m));
        if (query) {
                Answer answer = query->answer;

                remove_query(polkit, m);
                return conclude(answer, action->action, reterr_error);
        }
        if (!action->action)
                return 1;
        r = polkit_get_uid(m, &uid);
        if (r < 0)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_AUTHORIZATION_FAILED,
                                "the caller cannot be identified: %s", strerror(-r));
        if (uid == 0)
                return 1;
        return start_query(polkit, m, action->action, uid, reterr_error);
}

int polkit_authorize(Polkit *polkit, sd_bus_message *m, uid_t *ret_uid, sd_bus_error *reterr_error)
{
        int r = polkit_check(polkit, m, reterr_error);

        if (r > 0) {
                int q = polkit_get_uid(m, ret_uid);

                r = q < 0 ? q : 1;
        }
        return r;
}

void polkit_done(Polkit *polkit)
{
        while (polkit->queries) {
                PolkitQuery *query = polkit->queries;

                polkit->queries = query->next;
                query_free(query);
        }
}
