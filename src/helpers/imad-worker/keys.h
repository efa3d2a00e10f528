/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs about keys know of the machine, and how they tell of a certificate. */
#pragma once

#include "core/signature/certificate-check.h"
#include "helpers/imad-worker/worker-target.h"
#include "system/settings.h"

#define KEYS_DIRECTORY "/etc/imad/keys"

typedef struct Keys {
        Settings settings;
        WorkerTargets targets; /* the one kernel that keys are for */
        const Target *target;
        CertificateDemands demands;
        KeyTrust trust;
        bool is_running; /* this kernel can be asked itself */
} Keys;

void keys_done(Keys *keys);

/* Reads imad.conf, and describes the running kernel where --target= or --kernel= name no other. */
ExitCode keys_load(Worker *worker, Keys *ret_keys);

/*
 * {"subject", "issuer", "key_id", "type", "expires", "expires_usec", "usable", "findings":
 * [{"name", "refusal", "reason", "hint"}]}; NULL without memory. What is no certificate has no
 * names.
 */
json_t *keys_describe(const Keys *keys, const Certificate *certificate);

#define _cleanup_keys_ _cleanup_(keys_done)
