/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-polkit.h"

static int method_check(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        const FixturePolkit *answer = userdata;
        const char *kind, *key, *name, *action;
        uint32_t flags;
        bool interactive;
        int r;

        r = sd_bus_message_read(
                        m, "(sa{sv})sa{ss}u", &kind, 1, &key, "s", &name, &action, 0, &flags);
        /* A question that polkit would not understand gets no answer that helps. */
        if (r < 0 || !string_equal(kind, "system-bus-name") || !string_equal(key, "name") ||
                        name[0] != ':' || !string_after(action, "org.imad1."))
                return sd_bus_error_set(reterr_error, "org.freedesktop.PolicyKit1.Error.Failed",
                                "malformed question");
        interactive = flags & 1;
        if (*answer == FIXTURE_POLKIT_NEVER)
                return 1;
        return sd_bus_reply_method_return(m, "(bba{ss})",
                        *answer == FIXTURE_POLKIT_YES ||
                                        (*answer == FIXTURE_POLKIT_CHALLENGE && interactive),
                        *answer == FIXTURE_POLKIT_CHALLENGE && !interactive, 0);
}

static const sd_bus_vtable authority_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", method_check,
                        SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int fixture_polkit_run(const char *address, FixturePolkit answer)
{
        sd_bus *bus = NULL;
        int r = sd_bus_new(&bus);

        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/PolicyKit1/Authority",
                                "org.freedesktop.PolicyKit1.Authority", authority_vtable, &answer);
        if (r >= 0)
                r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
        while (r >= 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
        }
        return r;
}
