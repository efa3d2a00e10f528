/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <syslog.h>

#include "fixture-root.h"
#include "system/settings.h"

Test(settings, everything_has_a_default)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
        cr_expect_str_eq(settings.tpm_tcti, "device:/dev/tpmrm0");
        cr_expect_eq(settings.log_level, LOG_INFO);
        cr_expect_eq(diags.count, 0);
}

Test(settings, drop_in_wins_over_the_main_file)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/etc/imad/imad.conf",
                        "[Manager]\nLogLevel=err\nTPMTcti=device:/dev/tpmrm1\n");
        fixture_root_write(&root, "/usr/lib/imad/imad.conf.d/50-a.conf",
                        "[Manager]\nLogLevel=debug\n");
        cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
        cr_expect_eq(settings.log_level, LOG_DEBUG);
        cr_expect_str_eq(settings.tpm_tcti, "device:/dev/tpmrm1");
}

/* The library's own search for a TPM must not come back through the configuration. */
Test(settings, tcti_without_device_is_refused)
{
        static const char *const values[] = { "", "device", "device:", "mssim", "tabrmd",
                "swtpm:", "libtss2-tcti-device.so.0" };

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                _cleanup_root_ FixtureRoot root = fixture_root_new();
                _cleanup_settings_ Settings settings = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };
                char text[128];

                (void) snprintf(text, sizeof(text), "[Manager]\nTPMTcti=%s\n", values[i]);
                fixture_root_write(&root, "/etc/imad/imad.conf", text);
                cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
                cr_expect_str_eq(settings.tpm_tcti, "device:/dev/tpmrm0", "%s", values[i]);
                cr_assert_eq(diags.count, 1, "%s", values[i]);
                cr_expect_eq(diags.items[0].line, 2);
        }
}

Test(settings, unknown_key_warns_with_its_line)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/etc/imad/imad.conf", "[Manager]\n\nTpmTcti=x\n");
        cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
        cr_assert_eq(diags.count, 1);
        cr_expect_str_eq(diags.items[0].source, "/etc/imad/imad.conf");
        cr_expect_eq(diags.items[0].line, 3);
}

Test(settings, failure_of_the_policy_is_obeyed_by_name)
{
        static const struct {
                const char *text;
                PolicyFailure value;
                size_t warnings;
        } cases[] = {
                {"boot",       POLICY_FAILURE_BOOT,      0},
                { "emergency", POLICY_FAILURE_EMERGENCY, 0},
                { "halt",      POLICY_FAILURE_HALT,      0},
                { "poweroff",  POLICY_FAILURE_BOOT,      1},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = fixture_root_new();
                _cleanup_settings_ Settings settings = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };
                char text[128];

                (void) snprintf(text, sizeof(text), "[Policy]\nOnPolicyFailure=%s\n",
                                cases[i].text);
                fixture_root_write(&root, "/etc/imad/imad.conf", text);
                cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
                cr_expect_eq(settings.on_policy_failure, cases[i].value, "%s", cases[i].text);
                cr_expect_eq(diags.count, cases[i].warnings, "%s", cases[i].text);
                cr_expect(settings.allow_kernel_override);
        }
}

Test(settings, kernel_override_can_be_forbidden)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_settings_ Settings settings = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_root_write(&root, "/etc/imad/imad.conf", "[Policy]\nAllowKernelOverride=no\n");
        cr_assert_eq(settings_load(root.fd, &settings, &diags), 0);
        cr_assert_eq(diags.count, 0);
        cr_assert_not(settings.allow_kernel_override);
}
