/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/settings.h"

#include <syslog.h>

#include "base/conf.h"
#include "base/strings.h"
#include "system/tpm.h"

#define BOOT_TIMEOUT_MIN (30 * USEC_PER_SEC)
#define BOOT_TIMEOUT_MAX (86400 * USEC_PER_SEC)
#define BOOT_TIMEOUT_DEFAULT (600 * USEC_PER_SEC)
#define KEEP_GENERATIONS_MAX 60 /* below GENERATION_ENTRIES_MAX */
#define KEEP_GENERATIONS_DEFAULT 10
#define MINIMUM_COVERAGE_DEFAULT 90
#define ARCHIVE_INTERVAL_MAX (86400 * USEC_PER_SEC)
#define KEEP_ARCHIVES_MAX 1000
#define KEEP_ARCHIVES_DEFAULT 10

static int parse_log_level(const char *text, void *target)
{
        /* The index is the priority; syslog(3). */
        static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice",
                "info", "debug" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (string_equal(names[i], text)) {
                        *(int *) target = (int) i;
                        return 0;
                }
        return -EINVAL;
}

/* As tpm_new() takes them, which has the reason. */
static int parse_tcti(const char *text, void *target)
{
        const char *device = string_after(text, "device:"), *swtpm = string_after(text, "swtpm:");

        if ((!device || *device != '/') && (!swtpm || *swtpm == '\0'))
                return -EINVAL;
        return conf_text_parse_string(text, target);
}

/* Less would not see any machine come up, and more would not be a guard. */
static int parse_boot_timeout(const char *text, void *target)
{
        usec_t usec;
        int r = time_parse_span(text, &usec);

        if (r < 0 || usec < BOOT_TIMEOUT_MIN || usec > BOOT_TIMEOUT_MAX)
                return -EINVAL;
        *(usec_t *) target = usec;
        return 0;
}

static int parse_keep(const char *text, void *target)
{
        return parse_u64(text, KEEP_GENERATIONS_MAX, target);
}

static int parse_archive_interval(const char *text, void *target)
{
        usec_t usec;
        int r = time_parse_span(text, &usec);

        if (r < 0 || (usec > 0 && usec < USEC_PER_SEC) || usec > ARCHIVE_INTERVAL_MAX)
                return -EINVAL;
        *(usec_t *) target = usec;
        return 0;
}

static int parse_keep_archives(const char *text, void *target)
{
        return parse_u64(text, KEEP_ARCHIVES_MAX, target);
}

/* True for the word that is not the default. */
static int parse_choice(const char *text, const char *usual, const char *other, bool *ret_other)
{
        if (!string_equal(text, usual) && !string_equal(text, other))
                return -EINVAL;
        *ret_other = string_equal(text, other);
        return 0;
}

static int parse_uncovered(const char *text, void *target)
{
        return parse_choice(text, "refuse", "proceed", target);
}

static int parse_unverified(const char *text, void *target)
{
        return parse_choice(text, "refuse", "sign", target);
}

static int parse_path(const char *text, void *target)
{
        return *text == '/' ? conf_text_parse_string(text, target) : -EINVAL;
}

static int parse_percent(const char *text, void *target)
{
        return parse_u64(text, 100, target);
}

static int parse_policy_failure(const char *text, void *target)
{
        static const char *const names[POLICY_FAILURE_MAX] = {
                [POLICY_FAILURE_BOOT] = "boot",
                [POLICY_FAILURE_EMERGENCY] = "emergency",
                [POLICY_FAILURE_HALT] = "halt",
        };

        for (int i = 0; i < POLICY_FAILURE_MAX; i++)
                if (string_equal(names[i], text)) {
                        *(PolicyFailure *) target = (PolicyFailure) i;
                        return 0;
                }
        return -EINVAL;
}

static int parse_override(const char *text, void *target)
{
        return parse_choice(text, "no", "yes", target);
}

static int parse_placement(const char *text, void *target)
{
        return parse_choice(text, "root", "initrd", target);
}

/* Not the key of imad-signer, which this is. */
static int parse_signing_key(const char *text, void *target)
{
        if (string_after(text, "handle:") || string_after(text, "pkcs11:"))
                return conf_text_parse_string(text, target);
        return parse_path(text, target);
}

/* clang-format off */
static const ConfItem items[] = {
        { "Manager", "TPMTcti", parse_tcti, offsetof(Settings, tpm_tcti),
          "a TCTI with its device, like device:/dev/tpmrm0" },
        { "Manager", "LogLevel", parse_log_level, offsetof(Settings, log_level),
          "one of emerg, alert, crit, err, warning, notice, info and debug" },
        { "Policy", "BootTimeoutSec", parse_boot_timeout, offsetof(Settings, boot_timeout_usec),
          "a time between 30s and 1d, like 10min" },
        { "Policy", "KeepGenerations", parse_keep, offsetof(Settings, keep_generations),
          "a number up to 60" },
        { "Policy", "MinimumCoverage", parse_percent, offsetof(Settings, minimum_coverage),
          "a percentage up to 100, without the sign" },
        { "Policy", "OnPolicyFailure", parse_policy_failure, offsetof(Settings, on_policy_failure),
          "boot, emergency or halt" },
        { "Policy", "AllowKernelOverride", parse_override,
          offsetof(Settings, allow_kernel_override), "yes or no" },
        { "Policy", "BootPlacement", parse_placement, offsetof(Settings, in_initrd),
          "root or initrd" },
        { "Measurements", "ArchiveIntervalSec", parse_archive_interval,
          offsetof(Settings, archive_usec), "0, or a time between 1s and 1d, like 10min" },
        { "Measurements", "KeepArchives", parse_keep_archives, offsetof(Settings, keep_archives),
          "a number up to 1000" },
        { "Signing", "SigningKey", parse_signing_key, offsetof(Settings, signing_key),
          "a file, handle:0x81… or pkcs11:…" },
        { "Signing", "SigningCertificate", parse_path, offsetof(Settings, signing_certificate),
          "an absolute path" },
        { "Transactions", "OnUncoveredTransaction", parse_uncovered,
          offsetof(Settings, proceed_uncovered), "refuse or proceed" },
        { "Transactions", "UnverifiedArchives", parse_unverified,
          offsetof(Settings, sign_unverified), "refuse or sign" },
};
/* clang-format on */

void settings_done(Settings *settings)
{
        free(settings->tpm_tcti);
        free(settings->signing_key);
        free(settings->signing_certificate);
        *settings = (Settings){ 0 };
}

int settings_load(int root_fd, Settings *ret_settings, DiagList *diags)
{
        _cleanup_settings_ Settings settings = {
                .log_level = LOG_INFO,
                .boot_timeout_usec = BOOT_TIMEOUT_DEFAULT,
                .keep_generations = KEEP_GENERATIONS_DEFAULT,
                .minimum_coverage = MINIMUM_COVERAGE_DEFAULT,
                .allow_kernel_override = true,
                .keep_archives = KEEP_ARCHIVES_DEFAULT,
        };
        int r;

        settings.tpm_tcti = strdup(TPM_TCTI);
        if (!settings.tpm_tcti)
                return -ENOMEM;
        r = conf_load(root_fd, "imad.conf", items, ELEMENTSOF(items), &settings, diags);
        if (r < 0)
                return r;
        *ret_settings = TAKE_STRUCT(settings);
        return 0;
}
