/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each fault of list and TPM is a state of its own, and goes with its cause: nothing is restarted.
 */
#include "config.h"
#include "fixture-bus.h"
#include "fixture-tpm.h"

#define MEASUREMENTS BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS
#define LIST "/sys/kernel/security/ima/binary_runtime_measurements"

static void verify(FixtureBus *f)
{
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(
                        f->bus, BUS_NAME, MEASUREMENTS, "Verify", &error, NULL, "a{sv}", 0);

        cr_assert_geq(r, 0, "%s", error.message);
}

/* A kernel with a list of one entry. */
static FixtureBus *machine_new(Buffer *list)
{
        FixtureBus *f = fixture_bus_new();

        fixture_append_ng(list, 10, "boot_aggregate");
        fixture_bus_write_kernel(f, list);
        return f;
}

static void expect_recovery(FixtureBus *f, const Buffer *list)
{
        fixture_bus_write_pcrs(f, list);
        verify(f);
        verify(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"none\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"match\"");
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
}

#if HAVE_TPM2
/* This TPM has no PCRs in sysfs and answers so; then the kernel shows some. */
static void expect_condition(uint32_t code, const char *condition)
{
        _cleanup_fixture_bus_ FixtureBus *f = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        FixtureTpm tpm = fixture_tpm_start(code);
        char conf[128], expected[64];

        f = machine_new(&list);
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/class/tpm"), 0);
        (void) snprintf(conf, sizeof(conf), "[Manager]\nTPMTcti=%s\n", tpm.tcti);
        fixture_root_write(&f->root, "/etc/imad/imad.conf", conf);
        (void) snprintf(expected, sizeof(expected), "\"%s\"", condition);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", expected);
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"unknown\"");
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        expect_recovery(f, &list);
        fixture_tpm_stop(&tpm);
}

Test(faults, tpm_busy)
{
        expect_condition(0x922, "tpm-busy"); /* TPM2_RC_RETRY */
}

Test(faults, tpm_resetting)
{
        expect_condition(0x100, "tpm-resetting"); /* TPM2_RC_INITIALIZE */
}

Test(faults, tpm_locked_out)
{
        expect_condition(0x921, "tpm-locked-out"); /* TPM2_RC_LOCKOUT */
}

Test(faults, tpm_failed)
{
        expect_condition(0x101, "tpm-failed"); /* TPM2_RC_FAILURE */
}

/* Root is not kept from it. */
Test(faults, tpm_without_permission)
{
        _cleanup_fixture_bus_ FixtureBus *f = NULL;
        _cleanup_buffer_ Buffer list = { 0 };

        if (geteuid() == 0)
                cr_skip_test("needs an ordinary user");
        f = machine_new(&list);
        cr_assert_eq(fs_remove_tree(f->root.fd, "/sys/class/tpm"), 0);
        fixture_root_write(&f->root, "/dev/tpmrm0", "");
        cr_assert_eq(fchmodat(f->root.fd, "dev", 0, 0), 0);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"tpm-denied\"");
        cr_assert_eq(fchmodat(f->root.fd, "dev", 0700, 0), 0);
        expect_recovery(f, &list);
}
#endif

Test(faults, list_without_permission)
{
        _cleanup_fixture_bus_ FixtureBus *f = NULL;
        _cleanup_buffer_ Buffer list = { 0 };

        if (geteuid() == 0)
                cr_skip_test("needs an ordinary user");
        f = machine_new(&list);
        cr_assert_eq(fchmodat(f->root.fd, (LIST) + 1, 0, 0), 0);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"list-denied\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"unknown\"");
        cr_assert_eq(fchmodat(f->root.fd, (LIST) + 1, 0600, 0), 0);
        expect_recovery(f, &list);
}

Test(faults, list_that_cannot_be_read)
{
        _cleanup_fixture_bus_ FixtureBus *f = NULL;
        _cleanup_buffer_ Buffer list = { 0 };

        f = machine_new(&list);
        cr_assert_eq(fs_remove_tree(f->root.fd, LIST), 0);
        cr_assert_eq(fs_make_directories(f->root.fd, LIST, 0755), 0);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Condition", "\"list-unreadable\"");
        fixture_bus_expect(f, MEASUREMENTS, "Status", "\"unknown\"");
        cr_assert_eq(fs_remove_tree(f->root.fd, LIST), 0);
        fixture_bus_write_list(f, &list);
        expect_recovery(f, &list);
}
