/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the running kernel what it thinks of rules, without loading any. The policy file is opened
 * and at once spoilt by a write that the kernel refuses; from then on nothing that is written to
 * this descriptor can come into force, even if the process is killed, while the kernel still
 * answers for each line (ima_write_policy() and ima_release_policy() in
 * security/integrity/ima/ima_fs.c).
 *
 * It costs: other loaders get EBUSY meanwhile, every rule makes an audit record, modules of hash
 * algorithms may be loaded, and the kernel keeps a little memory of each label= and each repeated
 * fsname=. So it is done only when asked for, and never while a policy may be loading.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

typedef enum PolicyOracleState {
        POLICY_ORACLE_STATE_AVAILABLE,
        POLICY_ORACLE_STATE_CONSUMED,      /* the one policy of this boot was loaded */
        POLICY_ORACLE_STATE_BUSY,          /* somebody has the policy file open for writing */
        POLICY_ORACLE_STATE_SIGNED,        /* the kernel takes signed files only, no lines */
        POLICY_ORACLE_STATE_READ_ONLY,     /* securityfs is mounted read-only */
        POLICY_ORACLE_STATE_NOT_PERMITTED, /* the caller is not root */
        POLICY_ORACLE_STATE_NO_IMA,
        POLICY_ORACLE_STATE_FAILED, /* the kernel did not refuse the spoiling write: nothing is
                                       asked */
        POLICY_ORACLE_STATE_MAX,
} PolicyOracleState;

/* "available", "consumed", …: for programs. */
const char *policy_oracle_state_to_string(PolicyOracleState state);

/* What acts on the kernel; tests replace it. errno is set as by the system calls. */
typedef struct PolicyOracleOps {
        int (*open)(int root_fd); /* a descriptor or negative errno */
        ssize_t (*pwrite)(int fd, const void *bytes, size_t size, off_t offset);
        ssize_t (*write)(int fd, const void *bytes, size_t size);
        int (*close)(int fd);
} PolicyOracleOps;

typedef struct PolicyOracle {
        int fd;
        const PolicyOracleOps *ops;
} PolicyOracle;

#define POLICY_ORACLE_CLOSED                                                                       \
        {                                                                                          \
                .fd = -1                                                                           \
        }

/*
 * Opens and spoils the policy file below the root. `ops` NULL means the kernel's own. Anything but
 * AVAILABLE leaves *ret_oracle closed and the kernel as it was.
 */
PolicyOracleState policy_oracle_open(
                int root_fd, const PolicyOracleOps *ops, PolicyOracle *ret_oracle);

/* One write; what the kernel returns, a negative errno when it refuses. */
ssize_t policy_oracle_write(const PolicyOracle *oracle, const void *payload, size_t size);

/*
 * Asks for one rule without its newline. 0 when the kernel takes it, the kernel's negative errno
 * when not; -EMSGSIZE for a rule that the kernel would not read to its end, -ENOMEM.
 */
int policy_oracle_ask(const PolicyOracle *oracle, const char *rule, size_t size);

void policy_oracle_done(PolicyOracle *oracle);

#define _cleanup_policy_oracle_ _cleanup_(policy_oracle_done)
