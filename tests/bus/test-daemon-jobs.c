/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/wait.h>

#include "fixture-bus.h"
#include "imad/limits.h"

#define MANAGER BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER

static char *apply(FixtureBus *f, bool dry_run)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        char *job = NULL;
        int r = fixture_bus_call_policy(f->bus, "Apply", dry_run, false, &error, &job);

        cr_assert_eq(r, 0, "%s", error.message);
        return job;
}

static const char *get_error_name(const json_t *result)
{
        return json_string_value(json_object_get(json_object_get(result, "error"), "name"));
}

static const char *get_error_message(const json_t *result)
{
        return json_string_value(json_object_get(json_object_get(result, "error"), "message"));
}

Test(jobs, result_and_signals_in_order)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;
        int added, new, removed;

        fixture_bus_write_worker(f, "policy-apply", "echo '{\"changed\":true,\"generation\":7}'");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        removed = fixture_bus_wait_signal(f, NULL, "JobRemoved", "\"done\"", 5 * USEC_PER_SEC);
        added = fixture_bus_wait_signal(f, NULL, "InterfacesAdded", NULL, 0);
        new = fixture_bus_wait_signal(f, NULL, "JobNew", job, 0);
        cr_assert_geq(added, 0);
        cr_expect_lt(added, new);
        cr_expect_lt(new, removed);
        result = fixture_bus_wait_job(f, job, "done");
        cr_expect_eq(json_integer_value(json_object_get(result, "generation")), 7);
}

/* The reply that names the job is sent before the signal that ends it: cookies count up. */
Test(jobs, reply_precedes_removal)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint64_t cookie;
        int removed;

        fixture_bus_start_daemon(f);
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, BUS_PATH_POLICY, BUS_INTERFACE_POLICY,
                                      "Apply", NULL, &reply, "a{sv}", 0),
                        0);
        cr_assert_geq(sd_bus_message_get_cookie(reply, &cookie), 0);
        removed = fixture_bus_wait_signal(f, NULL, "JobRemoved", NULL, 5 * USEC_PER_SEC);
        cr_assert_geq(removed, 0);
        cr_expect_lt(cookie, f->signals[removed].cookie);
}

Test(jobs, late_reader_finds_the_result)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;

        fixture_bus_write_worker(f, "policy-apply", "echo '{\"changed\":false}'");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        cr_assert_geq(fixture_bus_wait_signal(f, NULL, "JobRemoved", job, 5 * USEC_PER_SEC), 0);
        (void) sleep(2);
        result = fixture_bus_wait_job(f, job, "done");
        cr_expect(json_is_false(json_object_get(result, "changed")));
}

Test(jobs, progress_is_announced)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;

        fixture_bus_write_worker(f, "policy-apply",
                        "echo '{\"progress\":0.25,\"text\":\"compiling\"}' >&3\nsleep 1\n"
                        "echo 'no JSON' >&3\necho '{}'");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        cr_expect_geq(fixture_bus_wait_signal(f, job, "PropertiesChanged", "\"Progress\":0.25",
                                      5 * USEC_PER_SEC),
                        0);
        fixture_bus_expect(f, job, BUS_INTERFACE_JOB, "ProgressText", "\"compiling\"");
        json_decref(fixture_bus_wait_job(f, job, "done"));
        fixture_bus_expect(f, job, BUS_INTERFACE_JOB, "Progress", "1.0");
}

Test(jobs, cancel)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;

        fixture_bus_write_worker(f, "policy-apply", "exec sleep 100");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, job, BUS_INTERFACE_JOB, "Cancel", NULL,
                                      NULL, ""),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(
                                      f, NULL, "JobRemoved", "\"cancelled\"", 2 * USEC_PER_SEC),
                        0);
        result = fixture_bus_wait_job(f, job, "cancelled");
        cr_expect_str_eq(get_error_message(result), "the job was cancelled");
}

Test(jobs, deaf_worker_is_killed)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;

        fixture_bus_write_worker(f, "policy-apply",
                        "trap '' TERM\necho '{\"progress\":0.5}' >&3\n"
                        "while :; do sleep 0.2; done");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        cr_assert_geq(fixture_bus_wait_signal(f, job, "PropertiesChanged", "\"Progress\":0.5",
                                      5 * USEC_PER_SEC),
                        0);
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, job, BUS_INTERFACE_JOB, "Cancel", NULL,
                                      NULL, ""),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(
                                      f, NULL, "JobRemoved", "\"cancelled\"", 10 * USEC_PER_SEC),
                        0);
}

Test(jobs, only_who_started_it_cancels_unasked)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_bus_ sd_bus *other = NULL;
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *job = NULL;
        int r;

        fixture_bus_write_worker(f, "policy-apply", "exec sleep 100");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        fixture_bus_start_polkit(f, FIXTURE_POLKIT_NO);
        other = fixture_bus_connect_unprivileged(f);
        r = sd_bus_call_method(other, BUS_NAME, job, BUS_INTERFACE_JOB, "Cancel", &error, NULL, "");
        if (geteuid() == 0)
                cr_expect_str_eq(error.name, BUS_ERROR_AUTHORIZATION_FAILED);
        else
                cr_expect_geq(r, 0, "one's own job");
}

Test(jobs, policy_errors_keep_their_diagnostics)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;

        fixture_bus_write_worker(f, "policy-apply",
                        "echo '{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"E101\","
                        "\"message\":\"unknown key\"}]}'\nexit 4");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        result = fixture_bus_wait_job(f, job, "failed");
        cr_expect_str_eq(get_error_name(result), BUS_ERROR_POLICY_INVALID);
        cr_expect_eq(json_array_size(json_object_get(result, "diagnostics")), 1);
}

Test(jobs, crash_of_the_worker_is_a_result)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;

        fixture_bus_write_worker(f, "policy-apply", "kill -SEGV $$");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        result = fixture_bus_wait_job(f, job, "failed");
        cr_expect_str_eq(get_error_name(result), BUS_ERROR_FAILED);
        cr_expect_not_null(strstr(get_error_message(result), "signal 11"));
}

Test(jobs, output_that_is_no_json_is_a_failure)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;

        fixture_bus_write_worker(f, "policy-apply", "echo done");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        json_decref(fixture_bus_wait_job(f, job, "failed"));
}

Test(jobs, missing_worker_is_named)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL;
        _cleanup_json_ json_t *result = NULL;

        fixture_bus_start_daemon_with(f, "/nonexistent");
        job = apply(f, false);
        result = fixture_bus_wait_job(f, job, "failed");
        cr_expect_not_null(strstr(get_error_message(result), "reinstall"));
}

Test(jobs, one_change_at_a_time)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *job = NULL;

        fixture_bus_write_worker(f, "policy-apply", "exec sleep 100");
        fixture_bus_start_daemon(f);
        job = apply(f, false);
        cr_expect_lt(fixture_bus_call_policy(f->bus, "Off", false, false, &error, NULL), 0);
        cr_expect_str_eq(error.name, BUS_ERROR_BUSY);
}

Test(jobs, limit_of_one_user)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        fixture_bus_write_worker(f, "policy-apply", "exec sleep 100");
        fixture_bus_start_daemon(f);
        for (unsigned i = 0; i < limit_get_per_uid(LIMIT_JOBS); i++)
                free(apply(f, true));
        cr_expect_lt(fixture_bus_call_policy(f->bus, "Apply", true, false, &error, NULL), 0);
        cr_expect_str_eq(error.name, BUS_ERROR_LIMIT_EXCEEDED);
}

Test(jobs, kept_results_are_limited)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ json_t *jobs = NULL;

        fixture_bus_start_daemon(f);
        for (unsigned i = 0; i < LIMIT_JOBS_FINISHED + 2; i++) {
                _cleanup_free_ char *job = apply(f, true);

                json_decref(fixture_bus_wait_job(f, job, "done"));
        }
        cr_assert_geq(sd_bus_call_method(f->bus, BUS_NAME, MANAGER, "ListJobs", NULL, &reply, ""),
                        0);
        cr_assert_eq(bus_read_value(reply, &jobs), 1);
        cr_expect_eq(json_array_size(jobs), LIMIT_JOBS_FINISHED);
}

Test(jobs, daemon_stops_with_a_job_under_way)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        usec_t usec;
        int status;

        fixture_bus_write_worker(f, "policy-apply", "trap '' TERM\nwhile :; do sleep 0.2; done");
        fixture_bus_start_daemon(f);
        free(apply(f, false));
        (void) usleep(300000);
        status = fixture_bus_stop_daemon(f, &usec);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        cr_expect_lt(usec, 5 * USEC_PER_SEC);
}
