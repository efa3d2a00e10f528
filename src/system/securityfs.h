/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IMA's files in securityfs: policy, measurement lists, counters; security/integrity/ima/ima_fs.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/digest.h"

#define SECURITYFS_PATH "/sys/kernel/security"
#define SECURITYFS_IMA_PATH SECURITYFS_PATH "/ima"
/* The measurement list with SHA-1 template digests, which every kernel has. */
#define SECURITYFS_LIST_PATH SECURITYFS_IMA_PATH "/binary_runtime_measurements"
#define SECURITYFS_POLICY_PATH SECURITYFS_IMA_PATH "/policy"

/* A link to integrity/evm/evm. */
#define SECURITYFS_EVM_PATH SECURITYFS_PATH "/evm"

/* The firmware's event log; drivers/char/tpm/eventlog/common.c. */
#define SECURITYFS_EVENT_LOG_PATH SECURITYFS_PATH "/tpm0/binary_bios_measurements"

typedef enum ImaState {
        IMA_STATE_PRESENT,
        IMA_STATE_ABSENT,        /* securityfs is there, IMA is not */
        IMA_STATE_NO_SECURITYFS, /* not mounted, or not in this kernel */
        IMA_STATE_MAX,
} ImaState;

/* EVM's activation, without bit 31, which the kernel hides. -ENOENT without EVM, -EBADMSG. */
int securityfs_read_evm(int root_fd, uint64_t *ret_bits);

ImaState securityfs_get_ima_state(int root_fd);

typedef enum ImaPolicyState {
        IMA_POLICY_STATE_LOADABLE,
        IMA_POLICY_STATE_CONSUMED,  /* a custom policy is in force and the kernel takes no other */
        IMA_POLICY_STATE_READ_ONLY, /* securityfs is mounted read-only */
        IMA_POLICY_STATE_MAX,
} ImaPolicyState;

/* -ENOENT without IMA. */
int securityfs_get_policy_state(int root_fd, ImaPolicyState *ret_state);

/* The steps of a load that act on the kernel. Tests replace them: no regular file behaves like it.
 */
typedef struct PolicyFileOps {
        int (*open)(int root_fd);
        ssize_t (*write)(int fd, const void *bytes, size_t size);
        int (*close)(int fd);
} PolicyFileOps;

typedef enum PolicyLoadStep {
        POLICY_LOAD_STEP_OPEN,
        POLICY_LOAD_STEP_WRITE,
        POLICY_LOAD_STEP_VERIFY,
} PolicyLoadStep;

/* How much the kernel let us see of the outcome. */
typedef enum PolicyLoadProof {
        POLICY_LOAD_PROOF_GONE,      /* the policy file disappeared, or can no longer be written */
        POLICY_LOAD_PROOF_READ_BACK, /* the policy text that the kernel shows changed */
        POLICY_LOAD_PROOF_NONE,      /* write() succeeded; this kernel shows nothing more */
} PolicyLoadProof;

typedef struct PolicyLoadResult {
        PolicyLoadStep step; /* the last one reached */
        PolicyLoadProof proof;
} PolicyLoadResult;

/*
 * Hands the kernel the path of a policy file, in exactly one write(), so that nothing can commit
 * half a policy; then closes the policy file and looks whether the kernel took it, as close() never
 * says so. `path` is absolute, as seen from inside the root, and names a complete file of rules.
 * `ops` NULL means the kernel's own. *ret_result is written on failure too.
 *
 * -ENOENT in step open: a policy is loaded already. -EBUSY: somebody else has the file open.
 * -EROFS. In step write: the kernel's verdict on file and rules. -EIO in step verify: the write was
 * taken, but the policy in force did not change.
 */
int securityfs_load_policy(int root_fd, const char *path, const PolicyFileOps *ops,
                PolicyLoadResult *ret_result);

/* One of "runtime_measurements_count", "violations". -EBADMSG when it holds no number. */
int securityfs_read_counter(int root_fd, const char *name, uint64_t *ret_value);

/*
 * Opens the binary measurement list whose template digests are of this bank. The list without
 * suffix serves SHA-1: kernels before 6.7 have only that one. -ENOENT when there is none.
 */
int securityfs_open_list(int root_fd, HashAlgorithm bank, int *ret_fd);
