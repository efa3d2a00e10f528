/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/policy-oracle.h"

#include <errno.h>
#include <unistd.h>

#include "base/fs.h"
#include "system/securityfs.h"

static const char *const state_names[POLICY_ORACLE_STATE_MAX] = {
        [POLICY_ORACLE_STATE_AVAILABLE] = "available",
        [POLICY_ORACLE_STATE_CONSUMED] = "consumed",
        [POLICY_ORACLE_STATE_BUSY] = "busy",
        [POLICY_ORACLE_STATE_SIGNED] = "signatures-required",
        [POLICY_ORACLE_STATE_READ_ONLY] = "read-only",
        [POLICY_ORACLE_STATE_NOT_PERMITTED] = "not-permitted",
        [POLICY_ORACLE_STATE_NO_IMA] = "no-ima",
        [POLICY_ORACLE_STATE_FAILED] = "failed",
};

/* O_CLOEXEC: a child that holds the descriptor would keep the kernel busy. */
static int open_policy(int root_fd)
{
        return fs_open(root_fd, SECURITYFS_POLICY_PATH, O_WRONLY | O_NOCTTY | O_CLOEXEC, 0);
}

static const PolicyOracleOps kernel_ops = {
        .open = open_policy,
        .pwrite = pwrite,
        .write = write,
        .close = close,
};

const char *policy_oracle_state_to_string(PolicyOracleState state)
{
        return state_names[state];
}

static PolicyOracleState state_of_open(int root_fd, int error)
{
        switch (-error) {
        case ENOENT:
                return securityfs_get_ima_state(root_fd) == IMA_STATE_PRESENT
                                       ? POLICY_ORACLE_STATE_CONSUMED
                                       : POLICY_ORACLE_STATE_NO_IMA;
        case EBUSY:
                return POLICY_ORACLE_STATE_BUSY;
        case EROFS:
                return POLICY_ORACLE_STATE_READ_ONLY;
        case EACCES:
        case EPERM:
                return POLICY_ORACLE_STATE_NOT_PERMITTED;
        default:
                return POLICY_ORACLE_STATE_FAILED;
        }
}

/* The position must be 0; where the kernel does not insist, the descriptor is not spoilt. */
static PolicyOracleState spoil(const PolicyOracle *oracle)
{
        ssize_t n;

        errno = 0;
        n = oracle->ops->pwrite(oracle->fd, "x", 1, 1);
        return n < 0 && errno == EINVAL ? POLICY_ORACLE_STATE_AVAILABLE
                                        : POLICY_ORACLE_STATE_FAILED;
}

/* A comment is taken, unless no line is. */
static PolicyOracleState probe(const PolicyOracle *oracle)
{
        static const char comment[] = "# imad\n";
        ssize_t n = policy_oracle_write(oracle, comment, strlen(comment));

        if (n == -EACCES)
                return POLICY_ORACLE_STATE_SIGNED;
        return n == (ssize_t) strlen(comment) ? POLICY_ORACLE_STATE_AVAILABLE
                                              : POLICY_ORACLE_STATE_FAILED;
}

PolicyOracleState policy_oracle_open(
                int root_fd, const PolicyOracleOps *ops, PolicyOracle *ret_oracle)
{
        _cleanup_policy_oracle_ PolicyOracle oracle = { -1, ops ?: &kernel_ops };
        PolicyOracleState state;

        *ret_oracle = (PolicyOracle) POLICY_ORACLE_CLOSED;
        oracle.fd = oracle.ops->open(root_fd);
        if (oracle.fd < 0)
                return state_of_open(root_fd, oracle.fd);
        state = spoil(&oracle);
        if (state == POLICY_ORACLE_STATE_AVAILABLE)
                state = probe(&oracle);
        if (state == POLICY_ORACLE_STATE_AVAILABLE) {
                *ret_oracle = oracle;
                oracle.fd = -1;
        }
        return state;
}

ssize_t policy_oracle_write(const PolicyOracle *oracle, const void *payload, size_t size)
{
        ssize_t n = oracle->ops->write(oracle->fd, payload, size);

        return n < 0 ? -errno : n;
}

int policy_oracle_ask(const PolicyOracle *oracle, const char *rule, size_t size)
{
        _cleanup_free_ char *line = malloc(size + 1);
        ssize_t n;

        if (!line)
                return -ENOMEM;
        memcpy(line, rule, size);
        line[size] = '\n';
        n = policy_oracle_write(oracle, line, size + 1);
        if (n < 0)
                return (int) n;
        return (size_t) n == size + 1 ? 0 : -EMSGSIZE;
}

void policy_oracle_done(PolicyOracle *oracle)
{
        if (oracle->fd >= 0)
                (void) oracle->ops->close(oracle->fd);
        oracle->fd = -1;
}
