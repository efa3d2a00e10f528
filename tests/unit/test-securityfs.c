/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/securityfs.h"

#define POLICY "/sys/kernel/security/ima/policy"

/* What the fake kernel was given and how it behaves. */
static struct {
        int root_fd;
        int writes;
        char text[256];
        int error;
        bool consumes;
} kernel;

static int kernel_open(int root_fd)
{
        kernel.root_fd = root_fd;
        return fs_open(root_fd, POLICY, O_WRONLY, 0);
}

static ssize_t kernel_write(int fd, const void *bytes, size_t size)
{
        kernel.writes++;
        (void) snprintf(kernel.text, sizeof(kernel.text), "%.*s", (int) size, (const char *) bytes);
        if (kernel.error != 0) {
                errno = kernel.error;
                return -1;
        }
        return (ssize_t) size;
}

static int kernel_close(int fd)
{
        if (kernel.consumes)
                (void) fs_remove_tree(kernel.root_fd, POLICY);
        return close(fd);
}

/* CONFIG_IMA_READ_POLICY without CONFIG_IMA_WRITE_POLICY */
static int kernel_close_for_writing(int fd)
{
        (void) fchmod(fd, 0400);
        return close(fd);
}

static const PolicyFileOps fake_kernel = { kernel_open, kernel_write, kernel_close };

Test(securityfs, states_of_ima_are_told_apart)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        cr_assert_eq(securityfs_get_ima_state(root.fd), IMA_STATE_NO_SECURITYFS);
        cr_assert_eq(fs_make_directories(root.fd, "/sys/kernel/security", 0755), 0);
        cr_assert_eq(securityfs_get_ima_state(root.fd), IMA_STATE_NO_SECURITYFS,
                        "an empty mount point is not securityfs");
        fixture_root_write(&root, "/sys/kernel/security/lsm", "capability");
        cr_assert_eq(securityfs_get_ima_state(root.fd), IMA_STATE_ABSENT);
        fixture_root_write(&root, POLICY, "");
        cr_assert_eq(securityfs_get_ima_state(root.fd), IMA_STATE_PRESENT);
}

Test(securityfs, policy_that_reads_back_as_before_is_proved_by_the_lost_write_bit)
{
        static const PolicyFileOps ops = { kernel_open, kernel_write, kernel_close_for_writing };
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        fixture_root_write(&root, POLICY, "measure func=BPRM_CHECK \n");
        kernel.writes = 0;
        cr_assert_eq(securityfs_load_policy(root.fd, "/p", &ops, &result), 0);
        cr_assert_eq(result.proof, POLICY_LOAD_PROOF_GONE);
}

Test(securityfs, policy_states_are_told_apart)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        ImaPolicyState state = IMA_POLICY_STATE_MAX;
        _cleanup_close_ int fd = -EBADF;

        cr_assert_eq(securityfs_get_policy_state(root.fd, &state), -ENOENT);
        fixture_root_write(&root, POLICY, "");
        cr_assert_eq(securityfs_get_policy_state(root.fd, &state), 0);
        cr_assert_eq(state, IMA_POLICY_STATE_LOADABLE);
        fd = fs_open(root.fd, POLICY, O_RDONLY, 0);
        cr_assert_eq(fchmod(fd, 0400), 0);
        cr_assert_eq(securityfs_get_policy_state(root.fd, &state), 0);
        cr_assert_eq(state, IMA_POLICY_STATE_CONSUMED, "a kernel with READ_POLICY alone");
        cr_assert_eq(fs_remove_tree(root.fd, POLICY), 0);
        cr_assert_eq(securityfs_get_policy_state(root.fd, &state), 0);
        cr_assert_eq(state, IMA_POLICY_STATE_CONSUMED);
}

Test(securityfs, load_writes_the_path_once_and_sees_the_file_gone)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        fixture_root_write(&root, POLICY, "");
        kernel.consumes = true;
        cr_assert_eq(securityfs_load_policy(root.fd, "/var/p", &fake_kernel, &result), 0);
        cr_assert_eq(kernel.writes, 1);
        cr_assert_str_eq(kernel.text, "/var/p\n");
        cr_assert_eq(result.proof, POLICY_LOAD_PROOF_GONE);
}

Test(securityfs, refusal_is_returned_and_never_retried)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        fixture_root_write(&root, POLICY, "");
        kernel.error = EINVAL;
        cr_assert_eq(securityfs_load_policy(root.fd, "/var/p", &fake_kernel, &result), -EINVAL);
        cr_assert_eq(result.step, POLICY_LOAD_STEP_WRITE);
        cr_assert_eq(kernel.writes, 1);
}

Test(securityfs, load_that_changes_nothing_visible_fails)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        fixture_root_write(&root, POLICY, "measure func=BPRM_CHECK\n");
        cr_assert_eq(securityfs_load_policy(root.fd, "/var/p", &fake_kernel, &result), -EIO);
        cr_assert_eq(result.step, POLICY_LOAD_STEP_VERIFY);
}

Test(securityfs, load_without_policy_file_is_enoent_at_open)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        cr_assert_eq(securityfs_load_policy(root.fd, "/var/p", NULL, &result), -ENOENT);
        cr_assert_eq(result.step, POLICY_LOAD_STEP_OPEN);
}

Test(securityfs, path_that_the_kernel_would_cut_is_refused)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        PolicyLoadResult result;

        fixture_root_write(&root, POLICY, "");
        cr_assert_eq(securityfs_load_policy(root.fd, "/a\n/b", &fake_kernel, &result), -EINVAL);
        cr_assert_eq(securityfs_load_policy(root.fd, "relative", &fake_kernel, &result), -EINVAL);
        cr_assert_eq(kernel.writes, 0);
}

Test(securityfs, counters_are_numbers_or_malformed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        uint64_t value = 0;

        fixture_root_write(&root, "/sys/kernel/security/ima/violations", "3\n");
        fixture_root_write(&root, "/sys/kernel/security/ima/runtime_measurements_count", "many\n");
        cr_assert_eq(securityfs_read_counter(root.fd, "violations", &value), 0);
        cr_assert_eq(value, 3);
        cr_assert_eq(securityfs_read_counter(root.fd, "runtime_measurements_count", &value),
                        -EBADMSG);
        cr_assert_eq(securityfs_read_counter(root.fd, "absent", &value), -ENOENT);
}

Test(securityfs, list_without_suffix_serves_sha1_only)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int fd = -EBADF;
        int none;

        fixture_root_write(&root, "/sys/kernel/security/ima/binary_runtime_measurements", "x");
        cr_assert_eq(securityfs_open_list(root.fd, HASH_SHA1, &fd), 0);
        cr_assert_eq(securityfs_open_list(root.fd, HASH_SHA256, &none), -ENOENT);
}
