/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-bus.h"

#define MEASUREMENTS BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS

static FixtureBus *f;
static Buffer list; /* the kernel's */

static void setup(void)
{
        f = fixture_bus_new();
}

static void teardown(void)
{
        fixture_bus_freep(&f);
        buffer_done(&list);
}

TestSuite(measurements, .init = setup, .fini = teardown);

/* A daemon over the list as it is; without entries that of a boot in which nothing was measured. */
static void start(void)
{
        if (list.size == 0)
                fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
}

static void start_matching(void)
{
        start();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
}

/* Another file is measured. */
static void measure(const char *name)
{
        fixture_append_ng(&list, 10, name);
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_write_list(f, &list);
}

static void verify(void)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(
                        f->bus, BUS_NAME, MEASUREMENTS, "Verify", &error, NULL, "a{sv}", 0);

        cr_assert_geq(r, 0, "%s", error.message);
}

Test(measurements, recorded_list_matches_recorded_pcrs)
{
        _cleanup_fixture_list_ FixtureList recorded =
                        fixture_list_load("6.12-ima-sig-tpm_sha1_sha256.txt");
        const Buffer bytes = { .data = (char *) recorded.binaries[0].bytes,
                .size = recorded.binaries[0].size };
        _cleanup_json_ json_t *banks = NULL;
        char path[128], text[2 * DIGEST_SIZE_MAX + 1];

        fixture_bus_write_kernel(f, &bytes);
        for (size_t i = 0; i < recorded.n_pcrs; i++) {
                const Digest *value = &recorded.pcrs[i].value;

                (void) snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%u",
                                hash_algorithm_to_string(value->algorithm), recorded.pcrs[i].pcr);
                hex_encode(value->bytes, value->size, text);
                fixture_root_write(&f->root, path, text);
        }
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        fixture_bus_expect(f, MEASUREMENTS, "Count", "15");
        fixture_bus_expect(f, MEASUREMENTS, "Violations", "2");
        banks = fixture_bus_get(f, MEASUREMENTS, "Banks");
        cr_assert_eq(json_array_size(banks), 2);
        for (size_t i = 0; i < 2; i++) {
                const json_t *bank = json_array_get(banks, i);

                cr_expect_str_eq(json_string_value(json_object_get(bank, "value")),
                                json_string_value(json_object_get(bank, "replayed")));
                cr_expect_eq(json_integer_value(json_object_get(bank, "pcr")), 10);
        }
}

Test(measurements, growth_is_announced)
{
        start_matching();
        fixture_append_ng(&list, 10, "/usr/bin/a");
        fixture_append_ng(&list, 10, "/usr/bin/b");
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_write_list(f, &list);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "EntriesAdded", "[2,2]",
                                      15 * USEC_PER_SEC),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "PropertiesChanged",
                                      "\"Count\":3", USEC_PER_SEC),
                        0);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
}

/* However often somebody asks for a round: growth is told once a second at most. */
Test(measurements, growth_is_told_once_a_second)
{
        unsigned signals = 0, entries = 0;
        usec_t begin, usec;

        start_matching();
        begin = time_now(CLOCK_MONOTONIC);
        for (unsigned i = 0; i < 8; i++) {
                measure("/usr/bin/a");
                verify();
        }
        while (entries < 8) {
                entries = 0;
                signals = 0;
                (void) fixture_bus_wait_signal(f, NULL, "None", NULL, USEC_PER_SEC / 5);
                for (size_t i = 0; i < f->n_signals; i++)
                        if (string_equal(f->signals[i].member, "EntriesAdded")) {
                                signals++;
                                entries += (unsigned) json_integer_value(
                                                json_array_get(f->signals[i].arguments, 1));
                        }
                cr_assert_lt(time_now(CLOCK_MONOTONIC), begin + 20 * USEC_PER_SEC);
        }
        usec = time_now(CLOCK_MONOTONIC) - begin;
        cr_expect_eq(entries, 8);
        cr_expect_leq(signals, usec / USEC_PER_SEC + 1);
        cr_expect_lt(signals, 8);
}

Test(measurements, list_ahead_of_the_tpm_settles_to_match)
{
        fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        fixture_append_ng(&list, 10, "/usr/bin/a");
        fixture_bus_write_list(f, &list);
        fixture_bus_start_daemon(f);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "PropertiesChanged",
                                      "\"Status\":\"list-ahead\"", 5 * USEC_PER_SEC),
                        0);
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
}

Test(measurements, changed_pcr_diverges)
{
        _cleanup_buffer_ Buffer other = { 0 };
        _cleanup_json_ json_t *banks = NULL;

        fixture_append_boot(&list);
        fixture_append_ng(&other, 10, "something else");
        start_matching();
        fixture_bus_write_pcrs(f, &other);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"diverged\"");
        banks = fixture_bus_get(f, MEASUREMENTS, "Banks");
        cr_expect_eq(json_integer_value(json_object_get(json_array_get(banks, 0), "confirmed")), 1,
                        "where they agreed before");
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "PropertiesChanged",
                                      "\"Status\":\"diverged\"", USEC_PER_SEC),
                        0);
}

Test(measurements, a_list_of_another_boot_is_no_tampering)
{
        _cleanup_buffer_ Buffer other = { 0 };

        fixture_append_boot(&list);
        fixture_append_ng(&other, 10, "something else");
        fixture_append_ng(&other, 4, "another boot loader");
        fixture_bus_write_kernel(f, &list);
        fixture_bus_write_pcrs(f, &other);
        fixture_bus_start_daemon(f);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"other-boot\"");
}

/* The driver of the TPM is a module, which comes when IMA has started. */
Test(measurements, a_tpm_that_came_too_late_is_none)
{
        _cleanup_buffer_ Buffer data = { 0 }, none = { 0 };
        const char zeros[8 + 32] = "sha256:";

        fixture_append_field(&data, zeros, sizeof(zeros), false);
        fixture_append_field(&data, "boot_aggregate", 15, false);
        fixture_append_entry(&list, 10, HASH_SHA1, "ima-ng", &data, false);
        fixture_append_ng(&list, 10, "/usr/bin/a");
        fixture_bus_write_kernel(f, &list);
        fixture_bus_write_pcrs(f, &none);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"no-tpm\"");
}

Test(measurements, without_tpm)
{
        _cleanup_json_ json_t *description = NULL;

        fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/class/tpm"), 0);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"no-tpm\"");
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        description = fixture_bus_describe(f);
        cr_expect(json_is_false(json_object_get(json_object_get(description, "tpm"), "present")));
}

Test(measurements, list_of_another_boot_is_read_anew)
{
        _cleanup_buffer_ Buffer other = { 0 };

        fixture_append_boot(&list);
        fixture_append_ng(&list, 10, "/usr/bin/a");
        fixture_append_ng(&other, 10, "boot aggregate of another boot");
        start();
        fixture_bus_expect(f, MEASUREMENTS, "Count", "2");
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/kernel/security/ima/"
                                                "binary_runtime_measurements"),
                        0);
        fixture_bus_write_kernel(f, &other);
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"list-replaced\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
}

/* Each fault is a state of its own, and goes with its cause. */
Test(measurements, tpm_that_goes_and_comes_back)
{
        start_matching();
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/class/tpm"), 0);
        verify();
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"tpm-absent\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"no-tpm\"");
        fixture_bus_write_pcrs(f, &list);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
}

Test(measurements, tpm_that_fails_for_a_while)
{
        start_matching();
        /* What sysfs gives out while the TPM returns an error. */
        fixture_root_write(&f->root, "/sys/class/tpm/tpm0/pcr-sha1/10", "\n");
        fixture_root_write(&f->root, "/sys/class/tpm/tpm0/pcr-sha256/10", "\n");
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"tpm-failed\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"unknown\"");
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        fixture_bus_write_pcrs(f, &list);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
}

Test(measurements, bank_that_is_not_allocated_any_more)
{
        _cleanup_json_ json_t *banks = NULL;

        start_matching();
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/class/tpm/tpm0/pcr-sha256"), 0);
        verify();
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "PropertiesChanged",
                                      "\"Condition\":\"bank-missing\"", 5 * USEC_PER_SEC),
                        0);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
        banks = fixture_bus_get(f, MEASUREMENTS, "Banks");
        cr_expect_eq(json_array_size(banks), 1, "what remains is replayed anew");
}

Test(measurements, list_that_comes_late)
{
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"list-absent\"");
        fixture_append_ng(&list, 10, "boot_aggregate");
        fixture_bus_write_kernel(f, &list);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
}

Test(measurements, news_are_told_by_kind)
{
        _cleanup_buffer_ Buffer data = { 0 };

        fixture_append_ng(&list, 10, "boot_aggregate");
        fixture_bus_write_kernel(f, &list);
        fixture_root_write(&f->root, "/proc/keys",
                        "1a2b3c4d I------     1 perm 1f030000     0     0 asymmetri K: 0a: "
                        "X509.rsa "
                        "01020304 []\n");
        fixture_bus_start_daemon(f);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "VerdictChanged",
                                      "[\"match\",\"unknown\",1]", 5 * USEC_PER_SEC),
                        0);
        fixture_append_keyed(&list, "/usr/bin/signed", 0x01020304);
        fixture_append_keyed(&list, "/usr/bin/unsigned", 0);
        fixture_append_keyed(&list, "critical-data", 0);
        fixture_append_keyed(&list, "/usr/bin/unsigned2", 0);
        fixture_append_keyed(&list, "/usr/bin/foreign", 0x0a0b0c0d);
        fixture_append_header(&list, 10, HASH_SHA1, "ima-ng", NULL, false);
        fixture_append_field(&data, "sha256:\0", 8, false);
        fixture_append_field(&data, "/var/log/x", sizeof("/var/log/x"), false);
        fixture_append_field(&list, data.data, data.size, false);
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_write_list(f, &list);
        verify();
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "EntriesAdded", "[2,6]",
                                      5 * USEC_PER_SEC),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "ViolationsAdded", "[7,1]",
                                      5 * USEC_PER_SEC),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "UnsignedAdded", "[3,2]",
                                      5 * USEC_PER_SEC),
                        0);
        cr_expect_geq(fixture_bus_wait_signal(f, BUS_PATH_MEASUREMENTS, "UnknownKeyAdded", "[6,1]",
                                      5 * USEC_PER_SEC),
                        0);
}

static size_t count_calls(const char *verb)
{
        _cleanup_free_ char *calls = NULL;
        const char *at;
        size_t n = 0;

        cr_assert_eq(fs_read_file(f->root.fd, "/fake/calls", 65536, &calls, NULL), 0);
        for (at = calls; (at = strstr(at, verb)); at += strlen(verb))
                n++;
        return n;
}

static void wait_for_calls(const char *verb, size_t n)
{
        for (unsigned i = 0; count_calls(verb) < n; i++) {
                cr_assert_lt(i, 300, "%s is not called %zu times", verb, n);
                (void) fixture_bus_wait_signal(f, NULL, "None", NULL, USEC_PER_SEC / 10);
        }
}

Test(measurements, the_list_is_archived_as_it_grows)
{
        fixture_root_write(
                        &f->root, "/etc/imad/imad.conf", "[Measurements]\nArchiveIntervalSec=1s\n");
        start();
        wait_for_calls("measurements-archive", 1);
        measure("/usr/bin/a");
        verify();
        wait_for_calls("measurements-archive", 2);
}

Test(measurements, nothing_is_archived_unless_it_is_asked_for)
{
        start_matching();
        wait_for_calls("policy-pending", 1);
        verify();
        cr_expect_eq(count_calls("measurements-archive"), 0);
}

/* A number in /proc/PID/status. */
static uint64_t read_status(pid_t pid, const char *name)
{
        _cleanup_close_ int fd = fs_open_root(NULL);
        _cleanup_free_ char *text = NULL;
        char path[64];
        const char *line;

        (void) snprintf(path, sizeof(path), "/proc/%d/status", (int) pid);
        cr_assert_eq(fs_read_file(fd, path, 65536, &text, NULL), 0);
        line = strstr(text, name);
        cr_assert_not_null(line);
        return strtoull(line + strlen(name), NULL, 10);
}

/* How often a process has gone to sleep, which is how often it was woken. */
static uint64_t count_wakeups(pid_t pid)
{
        return read_status(pid, "\nvoluntary_ctxt_switches:");
}

#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
/* 50,000 entries have 7 MB. */
Test(measurements, memory_does_not_grow_with_the_list)
{
        uint64_t before, after;

        start();
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        before = read_status(f->daemon_pid, "\nRssAnon:");
        for (unsigned i = 1; i < 50000; i++)
                fixture_append_ng(&list, 10, "/usr/lib/x86_64-linux-gnu/libexample.so");
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_write_list(f, &list);
        verify();
        fixture_bus_expect(f, MEASUREMENTS, "Count", "50000");
        after = read_status(f->daemon_pid, "\nRssAnon:");
        cr_expect_leq(after, before + 1024);
        cr_expect_lt(read_status(f->daemon_pid, "\nVmRSS:"), 10 * 1000 * 1000 / 1024);
}
#endif

/* A look at the counter is a wake-up; reading the files of the fake kernel does not sleep. */
Test(measurements, idle_daemon_sleeps)
{
        uint64_t before, wakeups;
        usec_t begin;

        start_matching();
        (void) fixture_bus_wait_signal(f, NULL, "None", NULL, 3 * USEC_PER_SEC);
        begin = time_now(CLOCK_MONOTONIC);
        before = count_wakeups(f->daemon_pid);
        (void) sleep(8);
        wakeups = count_wakeups(f->daemon_pid) - before;
        cr_expect_leq(wakeups, (time_now(CLOCK_MONOTONIC) - begin) / USEC_PER_SEC + 1);
}

Test(measurements, unreadable_list_is_a_state)
{
        _cleanup_json_ json_t *description = NULL;
        const json_t *measurements;

        fixture_append_boot(&list);
        list.data[24] = 0x7f; /* no template name is that long */
        list.data[27] = 0x7f;
        fixture_bus_write_kernel(f, &list);
        fixture_root_write(&f->root, "/sys/kernel/security/ima/runtime_measurements_count", "1\n");
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"unknown\"");
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"list-malformed\"");
        description = fixture_bus_describe(f);
        measurements = json_object_get(description, "measurements");
        cr_assert(json_is_string(json_object_get(measurements, "problem")));
        cr_expect_not_null(strstr(
                        json_string_value(json_object_get(measurements, "problem")), "malformed"));
}

Test(measurements, unknown_option_is_refused)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        fixture_bus_start_daemon(f);
        r = sd_bus_call_method(f->bus, BUS_NAME, MEASUREMENTS, "Verify", &error, NULL, "a{sv}", 1,
                        "quickly", "b", true);
        cr_expect_lt(r, 0);
        cr_expect_str_eq(error.name, BUS_ERROR_INVALID_OPTION);
        cr_expect_not_null(strstr(error.message, "quickly"));
}
