/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells the journal what IMA and EVM denied, from the kernel's audit records. A machine that denies
 * everything makes thousands of them: a few are told in full, the rest is counted.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "system/audit.h"

#define DENIALS_PER_INTERVAL 20
#define DENIALS_INTERVAL_USEC (10 * USEC_PER_SEC)

/* How many messages went out since when; all zero to begin with. */
typedef struct DenialLimit {
        usec_t begin_usec; /* CLOCK_MONOTONIC */
        unsigned told;
        uint64_t held_back;
} DenialLimit;

/*
 * May another one be told? When an interval begins *ret_held_back says how many the last one kept
 * to itself, else it is 0.
 */
bool denial_limit_pass(DenialLimit *limit, usec_t now_usec, uint64_t *ret_held_back);

/* "IMA denied bash /usr/bin/x: invalid-signature"; names are escaped. -ENOMEM. */
int denial_format(const AuditIntegrity *record, char **ret_text);

typedef struct Denials Denials;

/* -EPERM without CAP_AUDIT_READ, -EPROTONOSUPPORT in a kernel without audit. */
int denials_new(sd_event *event, Denials **ret_denials);
Denials *denials_free(Denials *denials);
DEFINE_CLEANUP_FUNC(Denials *, denials_free)
