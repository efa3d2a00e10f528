/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel that a policy is compiled for. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/policy/kconfig.h"

#define TARGET_VERSION_PARTS 3

typedef struct Target {
        char *release;                          /* "6.1.0-30-amd64" */
        uint32_t version[TARGET_VERSION_PARTS]; /* 6, 1, 0 */
        const Kconfig *config;                  /* borrowed; NULL: not known */
} Target;

/* The configuration may be NULL and must outlive the target. -EINVAL when release has no version.
 */
int target_new(const char *release, const Kconfig *config, Target **ret_target);
Target *target_free(Target *target);
DEFINE_CLEANUP_FUNC(Target *, target_free)

/*
 * Parses the one to three numbers at the start of text; the rest goes to *ret_rest, which may be
 * NULL: nothing may follow then. Returns how many numbers there were, or -EINVAL.
 */
int target_parse_version(const char *text, uint32_t ret_version[static TARGET_VERSION_PARTS],
                const char **ret_rest);

/* Compares as many numbers as are given: below 0, 0, above 0 as the target is older, equal, newer.
 */
int target_compare_version(const Target *target, const uint32_t *version, size_t parts);

/* 1 when the option is on, 0 when it is off, -ENODATA when the configuration is not known. */
int target_has_config(const Target *target, const char *name);
