/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fragments to generation through the bus, with the real imad-worker. */
#include "fixture-bus.h"
#include "system/generation.h"

#define MANAGER BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER
#define FRAGMENT "/etc/imad/policy.d/50-programs.yaml"
#define GOOD                                                                                       \
        "policy: 1\n"                                                                              \
        "description: Programs are measured\n"                                                     \
        "rules:\n"                                                                                 \
        "  - id: programs\n"                                                                       \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHECK\n"
#define REFUSES                                                                                    \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - {id: a, action: appraise, func: BPRM_CHECK, appraise_type: imasig}\n"
#define BROKEN                                                                                     \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - id: programs\n"                                                                       \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHEK\n"

static FixtureBus *new_daemon(const char *fragment)
{
        _cleanup_buffer_ Buffer list = { 0 };
        FixtureBus *f = fixture_bus_new();

        fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        if (fragment)
                fixture_root_write(&f->root, FRAGMENT, fragment);
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        return f;
}

static json_t *run_job(FixtureBus *f, const char *member, bool dry_run, const char *state)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *job = NULL;
        int r = fixture_bus_call_policy(f->bus, member, dry_run, false, &error, &job);

        cr_assert_eq(r, 0, "%s", error.message);
        return fixture_bus_wait_job(f, job, state);
}

static void expect_pending(FixtureBus *f, bool changed)
{
        _cleanup_json_ json_t *pending = NULL;

        for (unsigned i = 0; i < 150; i++) {
                json_decref(pending);
                pending = fixture_bus_get(f, MANAGER, "Pending");
                if (json_is_true(json_object_get(pending, "changed")) == changed)
                        return;
                (void) usleep(100000);
        }
        cr_assert_fail("Pending.changed does not become %d", changed);
}

Test(policy, apply_makes_the_intended_generation)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);
        _cleanup_json_ json_t *result = NULL, *pending = NULL;
        _cleanup_free_ char *text = NULL;

        expect_pending(f, true);
        result = run_job(f, "Apply", false, "done");
        cr_expect(json_is_true(json_object_get(result, "changed")));
        /* Whoever sees the end of the job sees the new state as well. */
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "1");
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"next-boot\"");
        pending = fixture_bus_get(f, MANAGER, "Pending");
        cr_expect(json_is_false(json_object_get(pending, "changed")));
        cr_assert_eq(fs_read_file(f->root.fd, GENERATION_DIRECTORY "/1/policy/6.12.0-test.policy",
                                     4096, &text, NULL),
                        0);
        cr_expect_str_eq(text, "measure func=BPRM_CHECK\n");
}

Test(policy, second_apply_changes_nothing)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);
        _cleanup_json_ json_t *first = run_job(f, "Apply", false, "done");
        _cleanup_json_ json_t *second = run_job(f, "Apply", false, "done");

        cr_expect(json_is_true(json_object_get(first, "changed")));
        cr_expect(json_is_false(json_object_get(second, "changed")));
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "1");
}

Test(policy, dry_run_changes_nothing)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);
        _cleanup_json_ json_t *result = run_job(f, "Apply", true, "done");

        cr_expect(json_is_true(json_object_get(result, "changed")));
        cr_expect_not(fs_exists(f->root.fd, GENERATION_DIRECTORY "/1"));
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "0");
}

Test(policy, observed_policy_is_applied_without_trial)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(REFUSES);
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *result = NULL;
        const char *job;

        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_POLICY, BUS_INTERFACE_POLICY,
                                      "Apply", &error, &reply, "a{sv}", 1, "observe", "b", 1),
                        0, "%s", error.message);
        cr_assert_geq(sd_bus_message_read(reply, "o", &job), 0);
        result = fixture_bus_wait_job(f, job, "done");
        cr_expect_str_eq(json_string_value(json_object_get(result, "state")), "observed");
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "1");
        expect_pending(f, false);
}

Test(policy, off_intends_none)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);

        json_decref(run_job(f, "Apply", false, "done"));
        json_decref(run_job(f, "Off", false, "done"));
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "0");
        fixture_bus_expect(f, MANAGER, "PolicyState", "\"none\"");
}

Test(policy, error_in_a_fragment_keeps_the_old_generation)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);
        _cleanup_json_ json_t *result = NULL;
        const json_t *diagnostic;

        json_decref(run_job(f, "Apply", false, "done"));
        fixture_root_write(&f->root, FRAGMENT, BROKEN);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MANAGER, "PropertiesChanged",
                                      "\"line\":5", 10 * USEC_PER_SEC),
                        0, "Pending carries the diagnostic");
        result = run_job(f, "Apply", false, "failed");
        cr_expect_str_eq(json_string_value(
                                         json_object_get(json_object_get(result, "error"), "name")),
                        BUS_ERROR_POLICY_INVALID);
        diagnostic = json_array_get(json_object_get(result, "diagnostics"), 0);
        cr_expect_eq(json_integer_value(json_object_get(diagnostic, "line")), 5);
        cr_expect_str_eq(json_string_value(json_object_get(diagnostic, "source")), FRAGMENT);
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "1");
}

Test(policy, daemon_that_was_restarted_goes_on)
{
        _cleanup_fixture_bus_ FixtureBus *f = new_daemon(GOOD);

        json_decref(run_job(f, "Apply", false, "done"));
        cr_assert_eq(fixture_bus_stop_daemon(f, NULL), 0);
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "1");
        expect_pending(f, false);
        json_decref(run_job(f, "Off", false, "done"));
        fixture_bus_expect(f, MANAGER, "IntendedGeneration", "0");
}
