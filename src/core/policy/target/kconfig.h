/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's build configuration, and what is known about the names of the options in it that IMA
 * and EVM have (security/integrity/Kconfig, ima/Kconfig, evm/Kconfig).
 * Names are taken with and without the prefix CONFIG_.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

/* A kernel configuration has some 12,000 options; text beyond this many lines is refused. */
#define KCONFIG_OPTIONS_MAX 100000

typedef struct Kconfig Kconfig;

/*
 * Parses the text of /boot/config-* or /proc/config.gz. Lines that are neither CONFIG_X=value, nor
 * comments, nor blank make it -EBADMSG; -E2BIG above the limit.
 */
int kconfig_parse(const char *text, size_t size, Kconfig **ret_config);
Kconfig *kconfig_free(Kconfig *config);
DEFINE_CLEANUP_FUNC(Kconfig *, kconfig_free)

/* "y", "m", "n" (said to be not set), another value without quotes, or NULL when it is absent. */
const char *kconfig_get(const Kconfig *config, const char *name);

/* Built in or a module. */
bool kconfig_is_enabled(const Kconfig *config, const char *name);

typedef enum KconfigName {
        KCONFIG_NAME_REAL,    /* an option that IMA, EVM or what they need really has */
        KCONFIG_NAME_MISTAKE, /* does not exist, though people ask for it */
        KCONFIG_NAME_OTHER,   /* not of the integrity subsystem, nothing known about it */
        KCONFIG_NAME_MAX,
} KconfigName;

/*
 * Says what is known about a name. *ret_hint is what a real option gives, what to use instead of a
 * mistaken name, or NULL. A name that begins like an integrity option but is none is a mistake.
 */
KconfigName kconfig_explain_name(const char *name, const char **ret_hint);

typedef struct KconfigOption {
        const char *name; /* without CONFIG_ */
        const char *gives;
} KconfigOption;

/* The options that really exist, *ret_count of them. */
const KconfigOption *kconfig_list_options(size_t *ret_count);
