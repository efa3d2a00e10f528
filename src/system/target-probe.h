/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets from what a machine says of itself. */
#pragma once

#include "core/policy/target/target.h"

/* When the policy meets the kernel. */
typedef enum TargetProbeTime {
        TARGET_PROBE_NOW,
        TARGET_PROBE_AT_BOOT, /* by imad-load: no custom policy and no AppArmor profile is there yet
                               */
} TargetProbeTime;

/*
 * Describes the kernel of this release, installed below the root: by its configuration, which may
 * be NULL and must outlive the target, and by its modules. Of the running kernel also everything
 * that /proc and securityfs tell: security module and labels, hashes, whether a policy was loaded.
 * What cannot be read is not known. -EINVAL when the release has no version, -ENOMEM.
 */
int target_probe(int root_fd, const char *release, const Kconfig *config, TargetProbeTime time,
                Target **ret_target);
