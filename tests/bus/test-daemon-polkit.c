/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-bus.h"
#include "imad/limits.h"

typedef struct Case {
        FixtureBus *f;
        sd_bus *bus; /* unprivileged */
} Case;

static void case_done(Case *c)
{
        sd_bus_flush_close_unref(c->bus);
        fixture_bus_free(c->f);
}

static Case case_new(FixturePolkit answer)
{
        Case c = { .f = fixture_bus_new() };

        fixture_bus_start_polkit(c.f, answer);
        fixture_bus_start_daemon(c.f);
        c.bus = fixture_bus_connect_unprivileged(c.f);
        return c;
}

#define _cleanup_case_ _cleanup_(case_done)

static void expect_refusal(sd_bus *bus, bool interactive, const char *name)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        cr_expect_lt(fixture_bus_call_policy(bus, "Apply", false, interactive, &error, NULL), 0);
        cr_expect_str_eq(error.name, name);
}

Test(polkit, denied)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_NO);

        expect_refusal(c.bus, true, BUS_ERROR_AUTHORIZATION_FAILED);
}

Test(polkit, allowed)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_YES);
        _cleanup_free_ char *job = NULL;

        cr_assert_eq(fixture_bus_call_policy(c.bus, "Apply", false, false, NULL, &job), 0);
        json_decref(fixture_bus_wait_job(c.f, job, "done"));
}

Test(polkit, challenge_needs_interaction)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_CHALLENGE);

        expect_refusal(c.bus, false, BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED);
        cr_expect_eq(fixture_bus_call_policy(c.bus, "Apply", true, true, NULL, NULL), 0);
}

Test(polkit, absent_means_no)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_ABSENT);

        expect_refusal(c.bus, true, BUS_ERROR_AUTHORIZATION_FAILED);
}

/* Ordinary users cannot become root: for them the question does not arise. */
Test(polkit, root_needs_none)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_ABSENT);

        if (geteuid() == 0)
                cr_expect_eq(fixture_bus_call_policy(c.f->bus, "Apply", true, false, NULL, NULL),
                                0);
        else
                expect_refusal(c.f->bus, false, BUS_ERROR_AUTHORIZATION_FAILED);
}

Test(polkit, options_are_checked_before_anybody_is_asked)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_NEVER);
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        cr_expect_lt(sd_bus_call_method(c.bus, BUS_NAME, BUS_PATH_POLICY, BUS_INTERFACE_POLICY,
                                     "Off", &error, NULL, "a{sv}", 1, "dry_run", "b", true),
                        0);
        cr_expect_str_eq(error.name, BUS_ERROR_INVALID_OPTION);
        cr_expect_not_null(strstr(error.message, "dry-run"), "the known options are named");
}

Test(polkit, wrong_type_of_an_option_is_refused)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_YES);
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        cr_expect_lt(sd_bus_call_method(c.bus, BUS_NAME, BUS_PATH_POLICY, BUS_INTERFACE_POLICY,
                                     "Apply", &error, NULL, "a{sv}", 1, "dry-run", "s", "yes"),
                        0);
        cr_expect_str_eq(error.name, BUS_ERROR_INVALID_OPTION);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *reterr_error)
{
        unsigned *limited = userdata;

        *limited += sd_bus_message_is_method_error(m, BUS_ERROR_LIMIT_EXCEEDED) > 0;
        return 0;
}

/* While polkit waits for a password the daemon serves everybody else, and keeps a limit. */
Test(polkit, daemon_answers_while_polkit_thinks)
{
        _cleanup_case_ Case c = case_new(FIXTURE_POLKIT_NEVER);
        const unsigned limit = limit_get_per_uid(LIMIT_AUTHORIZATIONS);
        unsigned limited = 0;

        for (unsigned i = 0; i < limit + 3; i++)
                cr_assert_geq(sd_bus_call_method_async(c.bus, NULL, BUS_NAME, BUS_PATH_POLICY,
                                              BUS_INTERFACE_POLICY, "Apply", on_reply, &limited,
                                              "a{sv}", 0),
                                0);
        for (unsigned i = 0; i < 100 && limited < 3; i++) {
                while (sd_bus_process(c.bus, NULL) > 0)
                        ;
                (void) sd_bus_wait(c.bus, USEC_PER_SEC / 10);
        }
        cr_expect_eq(limited, 3);
        json_decref(fixture_bus_describe(c.f));
}
