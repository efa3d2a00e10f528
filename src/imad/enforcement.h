/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does the kernel deny files that are not signed? From command line, configuration and rules. */
#pragma once

#include <errno.h>
#include <stdbool.h>

#include "core/policy/target/kconfig.h"

typedef enum Enforcement {
        ENFORCEMENT_ENFORCE,     /* appraise rules are in force and deny */
        ENFORCEMENT_LOG,         /* they only log: ima_appraise=log */
        ENFORCEMENT_FIX,         /* they write labels: ima_appraise=fix */
        ENFORCEMENT_OFF,         /* switched off: ima_appraise=off */
        ENFORCEMENT_NONE,        /* no appraise rule is in force */
        ENFORCEMENT_UNSUPPORTED, /* this kernel has no appraisal */
        ENFORCEMENT_MAX,
        ENFORCEMENT_INVALID = -EINVAL,
} Enforcement;

typedef struct EnforcementInput {
        bool ima;                 /* the kernel has IMA */
        const char *command_line; /* NULL: not known */
        const Kconfig *config;    /* NULL: not known */
        const char *rules;        /* kernel text of the custom policy in force; NULL: none */
} EnforcementInput;

/* "enforce", "log", "fix", "off", "none", "unsupported". */
const char *enforcement_to_string(Enforcement enforcement);

/*
 * The mode as security/integrity/ima/ima_appraise.c sets it from ima_appraise= (last one wins, by
 * prefix, default enforce), provided that an appraise rule is in force: of the custom policy, else
 * of the lists that ima_policy= asks for, or built in (security/integrity/ima/ima_policy.c).
 */
Enforcement enforcement_determine(const EnforcementInput *input);
