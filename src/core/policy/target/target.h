/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel that a policy is compiled for: everything that its verdict on a rule depends on. What
 * is not known is not checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/strings.h"
#include "core/policy/target/kconfig.h"

#define TARGET_VERSION_PARTS 3
#define TARGET_ID_RANGES_MAX 340 /* as in user_namespaces(7) */

/* The major security module, whose labels the conditions subj_* and obj_* name. */
typedef enum TargetLsm {
        TARGET_LSM_UNKNOWN,
        TARGET_LSM_NONE, /* no module with labels */
        TARGET_LSM_APPARMOR,
        TARGET_LSM_SELINUX,
        TARGET_LSM_SELINUX_UNLOADED, /* without a policy: no label resolves */
        TARGET_LSM_SMACK,
        TARGET_LSM_MAX,
        TARGET_LSM_INVALID = -EINVAL,
} TargetLsm;

/* Ids that the user namespace of who loads the policy has. */
typedef struct TargetIdRange {
        uint32_t first;
        uint32_t count;
} TargetIdRange;

typedef struct TargetIds {
        TargetIdRange *ranges;
        size_t count; /* 0: all ids */
} TargetIds;

typedef struct Target {
        char *release;                          /* "6.1.0-30-amd64" */
        char *description;                      /* for people, or NULL */
        uint32_t version[TARGET_VERSION_PARTS]; /* of the release: 6, 1, 0 */
        /* The upstream version whose grammar the kernel has; the highest where it is not known. */
        uint32_t grammar[TARGET_VERSION_PARTS];
        const Kconfig *config; /* borrowed or config_owned; NULL: not known */
        Kconfig *config_owned;
        bool config_partial; /* options that the integrity subsystem does not have are not known */
        TargetLsm lsm;
        StringList labels; /* AppArmor profiles that are loaded; SELinux users, roles and types */
        bool hashes_known;
        uint32_t hashes; /* bits by HashAlgorithm, built in or loadable; else by the configuration
                          */
        unsigned word_size;    /* of an unsigned long, in bits */
        unsigned page_size;    /* bytes; one less is read of one write() */
        bool policy_active;    /* a custom policy was loaded: labels need not resolve any more */
        bool policy_signed;    /* only signed policy files are taken, by path */
        char *template_format; /* of ima_template_fmt= on the kernel command line, or NULL */
        TargetIds uids;
        TargetIds gids;
} Target;

/*
 * A 64 bit kernel with pages of 4 KiB of which nothing else is known. The configuration may be NULL
 * and must outlive the target. -EINVAL when release has no version.
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

/* The same for the grammar: whether the kernel knows what upstream has had since version. */
int target_compare_grammar(const Target *target, const uint32_t *version, size_t parts);

/* 1 when the option is on, 0 when it is off, -ENODATA when the configuration is not known. */
int target_has_config(const Target *target, const char *name);

/*
 * Whether the crypto API offers the algorithm, as a module at least: 1, 0, or -ENODATA when neither
 * the algorithms nor the configuration are known. That the kernel knows the name is another matter.
 */
int target_has_hash(const Target *target, HashAlgorithm algorithm);

/* The option that makes the kernel offer the algorithm, or NULL: no kernel offers it. */
const char *target_get_hash_config(HashAlgorithm algorithm);

/* Whether the id exists where the policy is loaded from. */
bool target_ids_contain(const TargetIds *ids, uint64_t id);

/* "apparmor", "selinux", "selinux-unloaded", "smack", "none", "unknown". */
const char *target_lsm_to_string(TargetLsm lsm);
TargetLsm target_lsm_from_string(const char *name);
