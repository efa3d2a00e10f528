/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad.conf and its drop-ins, as daemon and helpers read them. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/time.h"

/* What becomes of a boot without the policy that it should have. */
typedef enum PolicyFailure {
        POLICY_FAILURE_BOOT,      /* goes on without, and says so */
        POLICY_FAILURE_EMERGENCY, /* ends at emergency.target */
        POLICY_FAILURE_HALT,
        POLICY_FAILURE_MAX,
} PolicyFailure;

typedef struct Settings {
        char *tpm_tcti; /* TPMTcti=: where the TPM is asked when sysfs does not show the PCRs */
        int log_level;  /* LogLevel=: syslog priority, the highest that is logged */
        usec_t boot_timeout_usec;  /* BootTimeoutSec=: from the load to the blessing of a boot */
        uint64_t keep_generations; /* KeepGenerations= */
        uint64_t minimum_coverage; /* MinimumCoverage=: percent, before a trial */
        PolicyFailure on_policy_failure; /* OnPolicyFailure= */
        bool allow_kernel_override;      /* AllowKernelOverride=: imad.policy= is obeyed */
        bool in_initrd;                  /* BootPlacement=initrd */
        usec_t archive_usec;             /* ArchiveIntervalSec=: 0: the daemon archives nothing */
        uint64_t keep_archives;          /* KeepArchives=: of earlier boots */
        char *signing_key;               /* SigningKey=: as system/key-source.h names it, or NULL */
        char *signing_certificate;       /* SigningCertificate=, or NULL */
        bool proceed_uncovered;          /* OnUncoveredTransaction=proceed */
        bool sign_unverified;            /* UnverifiedArchives=sign */
} Settings;

void settings_done(Settings *settings);

/* Everything has a default; what is wrong in a file is a warning in diags. -ENOMEM. */
int settings_load(int root_fd, Settings *ret_settings, DiagList *diags);

#define _cleanup_settings_ _cleanup_(settings_done)
