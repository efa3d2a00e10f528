/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What imad-load did at this boot: /run/imad/boot.json. */
#pragma once

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/time.h"

#define BOOT_RECORD_DIRECTORY "/run/imad"
#define BOOT_RECORD_PATH BOOT_RECORD_DIRECTORY "/boot.json"
/* Exists exactly when the intended policy was loaded; imad-policy.target asserts it. */
#define BOOT_RECORD_LOADED_PATH BOOT_RECORD_DIRECTORY "/policy-loaded"

typedef enum BootOutcome {
        BOOT_OUTCOME_LOADED,
        BOOT_OUTCOME_NONE_INTENDED,
        BOOT_OUTCOME_DISABLED,
        BOOT_OUTCOME_NO_IMA,
        BOOT_OUTCOME_NO_SECURITYFS,
        BOOT_OUTCOME_READ_ONLY,
        BOOT_OUTCOME_ALREADY_LOADED,
        BOOT_OUTCOME_BUSY,
        BOOT_OUTCOME_REFUSED,
        BOOT_OUTCOME_NO_POLICY_FOR_KERNEL,
        BOOT_OUTCOME_CORRUPT_GENERATION,
        BOOT_OUTCOME_LAST_BOOT_FAILED,
        BOOT_OUTCOME_UNGUARDED,
        BOOT_OUTCOME_KEYS_REFUSED,
        BOOT_OUTCOME_NO_TRIGGER,
        BOOT_OUTCOME_DEFERRED, /* by the initrd, to the real root */
        BOOT_OUTCOME_UNPROVED, /* in force, and the machine reboots at once */
        BOOT_OUTCOME_MAX,
        BOOT_OUTCOME_INVALID = -EINVAL,
} BootOutcome;

typedef struct BootRecord {
        BootOutcome outcome;
        uint64_t generation; /* 0: none was intended, or none could be told */
        char *release;       /* running kernel, or NULL */
        uint64_t rules;
        int error; /* the kernel's verdict as positive errno; 0: none */
        char *message;
        char *hint;     /* next step, or NULL */
        bool in_initrd; /* written there */
        char *initrd;   /* what the initrd left to the real root, and why; NULL: nothing */
        usec_t loaded_usec;
        usec_t duration_usec; /* imad-load's own time */
} BootRecord;

void boot_record_done(BootRecord *record);

/* "loaded", "none-intended", …; NULL for no outcome. */
const char *boot_outcome_to_string(BootOutcome outcome);
BootOutcome boot_outcome_from_string(const char *string);

/* True for outcomes that fail imad-load.service: a policy was intended and should be in force. */
bool boot_outcome_is_failure(BootOutcome outcome);

json_t *boot_record_to_json(const BootRecord *record);

/* -ENOENT when imad-load did not run at this boot; -EBADMSG when the file is malformed. */
int boot_record_load(int root_fd, BootRecord *ret_record);

/* Writes boot.json, and policy-loaded or removes it. */
int boot_record_store(int root_fd, const BootRecord *record);

#define _cleanup_boot_record_ _cleanup_(boot_record_done)
