/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision of imad-load: which policy, whether it can be loaded, and what came of it. */
#pragma once

#include "helpers/imad-load/boot-keys.h"
#include "system/boot-record.h"
#include "system/guardian.h"
#include "system/securityfs.h"

/* What the tests put in the place of kernel and guardian. */
typedef struct LoadOps {
        const PolicyFileOps *policy; /* NULL: the kernel's own */
        int (*start_guardian)(int root_fd, const GuardianPlan *plan);
        int (*stop_guardian)(int root_fd);
        int (*expire_guardian)(int root_fd);
        int (*load_keys)(int root_fd, BootKeys *ret_keys);
        int (*find_triggers)(int root_fd, const char *prefix, const BootKeys *keys,
                        const char *text, size_t size, TriggerList *ret_triggers);
        int (*claim_keys)(const TriggerList *triggers, KeyClaim *ret_claim);
        void (*end_claim)(KeyClaim *claim);
        int (*prove_keys)(const TriggerList *triggers);
        char *argv0; /* GuardianPlan.argv0 */
} LoadOps;

extern const LoadOps load_kernel_ops;

/*
 * Loads the intended generation's policy for the running kernel, at most once; one that appraises
 * only when the try is on disk, a guardian runs and the kernel has its keys, and not right after a
 * boot under it that did not come up. Every outcome, the failed ones included, fills the record
 * with message and hint; times are left to the caller. Returns 1 when this boot's policy was loaded
 * before and nothing was done
 * (*ret_record then tells of that load), 0 otherwise, -ENOMEM.
 */
int load_policy(int root_fd, const LoadOps *ops, BootRecord *ret_record);

/*
 * The same in an initrd, before the real root, mounted at `sysroot`, takes over: from the initrd's
 * copies, when they are what the real root has, and with the real root's state. What would fail,
 * cannot be counted, or would refuse the initrd's own programs is deferred to the real root.
 */
int load_policy_in_initrd(
                int root_fd, const char *sysroot, const LoadOps *ops, BootRecord *ret_record);

/* The machine is shut down in order: what this boot tried has not failed, and the guardian ends. */
int load_shut_down(int root_fd);
