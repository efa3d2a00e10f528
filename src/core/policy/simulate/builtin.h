/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules that a kernel has before anybody loads a policy: those that its command line asks for,
 * those of its configuration, those of the platform's secure boot; and which of them stay.
 * Source: ima_init_policy() in security/integrity/ima/ima_policy.c, ima_efi.c.
 */
#pragma once

#include "base/digest.h"
#include "core/policy/simulate/simulate.h"

/* ima_appraise: how it was set, and what appraise rules for some hooks add until the next boot. */
typedef enum AppraiseMode {
        APPRAISE_MODE_ENFORCE = 0x01,
        APPRAISE_MODE_FIX = 0x02,
        APPRAISE_MODE_LOG = 0x04,
        APPRAISE_MODE_MODULES = 0x08,
        APPRAISE_MODE_FIRMWARE = 0x10,
        APPRAISE_MODE_POLICY = 0x20,
        APPRAISE_MODE_KEXEC = 0x40,
} AppraiseMode;

typedef enum BuiltinMeasurement {
        BUILTIN_MEASUREMENT_NONE,
        BUILTIN_MEASUREMENT_ORIGINAL, /* ima_tcb */
        BUILTIN_MEASUREMENT_TCB,      /* ima_policy=tcb */
} BuiltinMeasurement;

typedef struct Builtin {
        BuiltinMeasurement measurement;
        bool appraise_tcb;
        bool secure_boot;
        bool critical_data;
        bool fail_securely;
        bool platform_secured;   /* UEFI secure boot is on: arch rules count, ima_appraise= not */
        unsigned appraise_mode;  /* AppraiseMode as ima_appraise= sets it */
        HashAlgorithm algorithm; /* ima_hash= or the configured default */
} Builtin;

/* Reads what a command line asks for; the target may be NULL. -ENOMEM. */
int builtin_parse(const char *command_line, const Target *target, bool platform_secured,
                Builtin *ret_builtin);

/*
 * Appends the built-in rules to a list: all of them, or those that come before a custom policy.
 * The texts of origins are static. -ENOMEM.
 */
int builtin_add_rules(
                const Builtin *builtin, const Target *target, bool is_custom, Simulator *simulator);

/* The bits of AppraiseMode that the built-in rules have set; a custom policy leaves them. -ENOMEM.
 */
int builtin_get_sticky_bits(const Builtin *builtin, const Target *target, unsigned *ret_bits);

/* The bits that the rules of this list set when it becomes active. */
unsigned builtin_get_appraise_bits(const Simulator *simulator);

/* "enforce", "fix", "log" or "off". */
const char *builtin_appraise_mode_to_string(unsigned mode);
