/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/policy-oracle.h"
#include "system/securityfs.h"

#define FD 1000

/* A kernel that answers as it is told, and remembers in which order it was asked. */
static struct {
        int open_error;
        int spoil_error;
        int comment_error;
        int rule_error;
        size_t limit; /* what it reads of one write; 0: all */
        char log[256];
} kernel;

static void note(const char *what)
{
        strncat(kernel.log, what, sizeof(kernel.log) - strlen(kernel.log) - 1);
}

static int fake_open(int root_fd)
{
        note("open ");
        return kernel.open_error != 0 ? -kernel.open_error : FD;
}

static ssize_t fake_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
        cr_expect_eq(fd, FD);
        cr_expect_eq(offset, 1);
        note("spoil ");
        errno = kernel.spoil_error;
        return kernel.spoil_error != 0 ? -1 : (ssize_t) size;
}

static ssize_t fake_write(int fd, const void *bytes, size_t size)
{
        bool comment = *(const char *) bytes == '#';

        note(comment ? "comment " : "rule ");
        cr_expect_eq(((const char *) bytes)[size - 1], '\n');
        errno = comment ? kernel.comment_error : kernel.rule_error;
        if (errno != 0)
                return -1;
        return (ssize_t) (kernel.limit > 0 && size > kernel.limit ? kernel.limit : size);
}

static int fake_close(int fd)
{
        cr_expect_eq(fd, FD);
        note("close");
        return 0;
}

static const PolicyOracleOps fake_ops = { fake_open, fake_pwrite, fake_write, fake_close };

static void reset(void)
{
        memset(&kernel, 0, sizeof(kernel));
        kernel.spoil_error = EINVAL;
}

TestSuite(policy_oracle, .init = reset);

static PolicyOracleState open_oracle(PolicyOracle *oracle)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, SECURITYFS_IMA_PATH "/violations", "0\n");
        return policy_oracle_open(root.fd, &fake_ops, oracle);
}

Test(policy_oracle, spoils_the_descriptor_before_anything_is_written)
{
        PolicyOracle oracle;

        cr_assert_eq(open_oracle(&oracle), POLICY_ORACLE_STATE_AVAILABLE);
        cr_expect_eq(policy_oracle_ask(&oracle, "measure", 7), 0);
        policy_oracle_done(&oracle);
        policy_oracle_done(&oracle);
        cr_expect_str_eq(kernel.log, "open spoil comment rule close");
}

Test(policy_oracle, nothing_is_written_to_a_descriptor_that_is_not_spoilt)
{
        const int errors[] = { 0, EFAULT, ESPIPE };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
                PolicyOracle oracle;

                reset();
                kernel.spoil_error = errors[i];
                cr_expect_eq(open_oracle(&oracle), POLICY_ORACLE_STATE_FAILED);
                cr_expect_str_eq(kernel.log, "open spoil close");
                cr_expect_lt(oracle.fd, 0);
        }
}

Test(policy_oracle, tells_why_the_kernel_cannot_be_asked)
{
        static const struct {
                int error;
                PolicyOracleState state;
                const char *name;
        } cases[] = {
                {ENOENT,  POLICY_ORACLE_STATE_CONSUMED,      "consumed"     },
                { EBUSY,  POLICY_ORACLE_STATE_BUSY,          "busy"         },
                { EROFS,  POLICY_ORACLE_STATE_READ_ONLY,     "read-only"    },
                { EACCES, POLICY_ORACLE_STATE_NOT_PERMITTED, "not-permitted"},
                { EPERM,  POLICY_ORACLE_STATE_NOT_PERMITTED, "not-permitted"},
                { ENOMEM, POLICY_ORACLE_STATE_FAILED,        "failed"       },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PolicyOracle oracle;

                reset();
                kernel.open_error = cases[i].error;
                cr_expect_eq(open_oracle(&oracle), cases[i].state, "errno %d", cases[i].error);
                cr_expect_str_eq(policy_oracle_state_to_string(cases[i].state), cases[i].name);
                cr_expect_str_eq(kernel.log, "open ");
        }
}

Test(policy_oracle, without_ima_there_is_nothing_to_ask)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyOracle oracle;

        cr_expect_eq(policy_oracle_open(root.fd, NULL, &oracle), POLICY_ORACLE_STATE_NO_IMA);
}

Test(policy_oracle, a_kernel_that_wants_signatures_answers_no_rule)
{
        PolicyOracle oracle;

        kernel.comment_error = EACCES;
        cr_expect_eq(open_oracle(&oracle), POLICY_ORACLE_STATE_SIGNED);
        cr_expect_str_eq(kernel.log, "open spoil comment close");
        reset();
        kernel.comment_error = EIO;
        cr_expect_eq(open_oracle(&oracle), POLICY_ORACLE_STATE_FAILED);
}

Test(policy_oracle, verdicts_are_the_kernels)
{
        const int errors[] = { EINVAL, ERANGE, EACCES, ENOMEM, EINTR };
        _cleanup_policy_oracle_ PolicyOracle oracle = POLICY_ORACLE_CLOSED;

        cr_assert_eq(open_oracle(&oracle), POLICY_ORACLE_STATE_AVAILABLE);
        for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
                kernel.rule_error = errors[i];
                cr_expect_eq(policy_oracle_ask(&oracle, "measure", 7), -errors[i]);
        }
        kernel.rule_error = 0;
        kernel.limit = 4;
        cr_expect_eq(policy_oracle_ask(&oracle, "measure", 7), -EMSGSIZE);
}
