/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of files through the bus; the fake root has no key, and its files need none. */
#include "fixture-bus.h"
#include "system/label-journal.h"

#define SIGNING BUS_PATH_SIGNING, BUS_INTERFACE_SIGNING

static int call(FixtureBus *f, const char *member, char **paths, const char *option,
                sd_bus_error *reterr_error, char **ret_job)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *job;
        int r;

        cr_assert_geq(sd_bus_message_new_method_call(f->bus, &m, BUS_NAME, SIGNING, member), 0);
        cr_assert_geq(sd_bus_message_append_strv(m, paths), 0);
        cr_assert_geq(sd_bus_message_open_container(m, 'a', "{sv}"), 0);
        if (option)
                cr_assert_geq(sd_bus_message_append(m, "{sv}", option, "b", 1), 0);
        cr_assert_geq(sd_bus_message_close_container(m), 0);
        r = sd_bus_call(f->bus, m, 10 * USEC_PER_SEC, reterr_error, &reply);
        if (r < 0)
                return r;
        cr_assert_geq(sd_bus_message_read(reply, "o", &job), 0);
        *ret_job = strdup(job);
        return 0;
}

static void expect_refusal(FixtureBus *f, const char *member, char **paths, const char *option,
                const char *name)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        char *job;

        cr_assert_lt(call(f, member, paths, option, &error, &job), 0);
        cr_expect_str_eq(error.name, name, "%s", error.message);
}

Test(signing, worker_gets_paths_that_are_no_options)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_free_ char *job = NULL, *calls = NULL;
        char *paths[] = { (char *) "/usr", (char *) "/--odd", NULL };

        fixture_bus_write_worker(f, "sign", "echo '{\"results\":{\"signed\":2}}'");
        fixture_bus_start_daemon(f);
        cr_assert_eq(call(f, "Sign", paths, "evm", NULL, &job), 0);
        json_decref(fixture_bus_wait_job(f, job, "done"));
        fixture_bus_expect(f, job, BUS_INTERFACE_JOB, "Kind", "\"sign\"");
        cr_assert_eq(fs_read_file(f->root.fd, "/fake/calls", 1 << 16, &calls, NULL), 0);
        cr_expect_not_null(strstr(calls, "sign --key=signer: --evm -- /usr /--odd\n"), "%s", calls);
}

Test(signing, files_below_a_directory_are_stripped)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *result = NULL;
        _cleanup_free_ char *job = NULL;
        char *paths[] = { (char *) "/tree", NULL };

        fixture_root_write(&f->root, "/tree/a", "a");
        fixture_root_write(&f->root, "/tree/b", "b");
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        cr_assert_eq(call(f, "Unsign", paths, "details", NULL, &job), 0);
        result = fixture_bus_wait_job(f, job, "done");
        cr_expect_eq(json_integer_value(json_object_get(result, "files")), 2);
        cr_expect_eq(json_array_size(json_object_get(result, "list")), 2);
}

Test(signing, files_are_verified_with_the_certificate_of_the_settings)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *result = NULL;
        _cleanup_free_ char *job = NULL, *pem = NULL;
        _cleanup_close_ int data_fd = fs_open_root(getenv("TEST_DATA"));
        char *paths[] = { (char *) "/tree", NULL };

        cr_assert_eq(fs_read_file(data_fd, "signatures/cert-rsa.pem", 1 << 16, &pem, NULL), 0);
        fixture_root_write(&f->root, "/etc/imad/keys/signing.pem", pem);
        fixture_root_write(&f->root, "/etc/imad/imad.conf",
                        "[Signing]\nSigningCertificate=/etc/imad/keys/signing.pem\n");
        fixture_root_write(&f->root, "/tree/a", "a");
        fixture_root_write(&f->root, "/tree/b", "b");
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        cr_assert_eq(call(f, "Verify", paths, "details", NULL, &job), 0);
        result = fixture_bus_wait_job(f, job, "failed");
        fixture_bus_expect(f, job, BUS_INTERFACE_JOB, "Kind", "\"verify\"");
        cr_expect_eq(json_integer_value(json_object_get(
                                     json_object_get(result, "results"), "unsigned")),
                        2);
        cr_expect_eq(json_array_size(json_object_get(result, "list")), 2);
}

Test(signing, what_failed_is_in_the_result_too)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *result = NULL;
        _cleanup_free_ char *job = NULL;
        char *paths[] = { (char *) "/none", NULL };

        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        cr_assert_eq(call(f, "Unsign", paths, NULL, NULL, &job), 0);
        result = fixture_bus_wait_job(f, job, "failed");
        cr_expect_eq(json_integer_value(json_object_get(result, "failed")), 1);
        cr_expect_str_eq(json_string_value(
                                         json_object_get(json_object_get(result, "error"), "name")),
                        BUS_ERROR_NOT_FOUND);
}

Test(signing, calls_without_sense_are_refused)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        char *none[] = { NULL }, *relative[] = { (char *) "usr", NULL },
             *good[] = { (char *) "/usr", NULL };
        char *many[1002];

        for (size_t i = 0; i < 1001; i++)
                many[i] = (char *) "/usr";
        many[1001] = NULL;
        fixture_bus_start_daemon(f);
        expect_refusal(f, "Sign", none, NULL, BUS_ERROR_INVALID_OPTION);
        expect_refusal(f, "Sign", relative, NULL, BUS_ERROR_INVALID_OPTION);
        expect_refusal(f, "Sign", many, NULL, BUS_ERROR_LIMIT_EXCEEDED);
        expect_refusal(f, "Unsign", good, "evm", BUS_ERROR_INVALID_OPTION);
        expect_refusal(f, "Verify", good, NULL, BUS_ERROR_NOT_SUPPORTED);
}

/* A journal whose process is gone. */
Test(signing, a_run_that_was_killed_is_looked_after_at_the_start)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        LabelJournal *journal;
        bool ended = false;

        cr_assert_eq(label_journal_create(f->root.fd, LABEL_JOURNAL_DIRECTORY, 1, "/\0sign", 7,
                                     &journal),
                        0);
        label_journal_free(journal);
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        for (unsigned i = 0; i < 150 && !ended; i++) {
                _cleanup_label_journals_ LabelJournalList list = { 0 };

                (void) usleep(100000);
                cr_assert_eq(label_journal_list(f->root.fd, LABEL_JOURNAL_DIRECTORY, &list), 0);
                cr_assert_eq(list.count, 1);
                ended = list.items[0].state == LABEL_JOURNAL_ENDED;
                cr_expect(!ended || list.items[0].outcome == LABEL_OUTCOME_INTERRUPTED);
        }
        cr_expect(ended);
}
