/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "helpers/imad-load/load.h"
#include "system/generation.h"

#define POLICY "/sys/kernel/security/ima/policy"
#define RULES "measure func=BPRM_CHECK\n"
#define RULES_PATH "/var/lib/imad/generations/1/policy/6.1.0.policy"

static int kernel_open_error, kernel_write_error, kernel_writes;
static char kernel_text[256];

static int kernel_open(int root_fd)
{
        return kernel_open_error != 0 ? -kernel_open_error : fs_open(root_fd, POLICY, O_WRONLY, 0);
}

static ssize_t kernel_write(int fd, const void *bytes, size_t size)
{
        kernel_writes++;
        (void) snprintf(kernel_text, sizeof(kernel_text), "%.*s", (int) size, (const char *) bytes);
        errno = kernel_write_error;
        /* As a kernel does, let the policy change only when it takes the file. */
        return kernel_write_error != 0 ? -1 : write(fd, bytes, size);
}

static const PolicyFileOps fake_kernel = { kernel_open, kernel_write, close };

/* A machine with an intended generation 1 and a kernel that takes it. */
static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { .number = 1 };
        GenerationState state = { 1, 2 };

        fixture_root_write(&root, POLICY, "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, "/proc/cmdline", "root=/dev/vda quiet\n");
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", RULES, strlen(RULES), 1, NULL), 0);
        cr_assert_eq(generation_write(root.fd, &generation), 0);
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        return root;
}

static void assert_outcome(const FixtureRoot *root, BootOutcome outcome)
{
        _cleanup_boot_record_ BootRecord record = { 0 };

        cr_assert_eq(load_policy(root->fd, &fake_kernel, &record), 0);
        cr_assert_eq(record.outcome, outcome, "%s: %s", boot_outcome_to_string(record.outcome),
                        record.message);
        cr_assert(record.message && *record.message);
        cr_assert(outcome == BOOT_OUTCOME_LOADED || (record.hint && *record.hint),
                        "an outcome without next step");
}

Test(load, intended_policy_is_loaded_by_path)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_boot_record_ BootRecord record = { 0 };

        cr_assert_eq(load_policy(root.fd, &fake_kernel, &record), 0);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_LOADED, "%s", record.message);
        cr_assert_eq(record.generation, 1);
        cr_assert_eq(record.rules, 1);
        cr_assert_str_eq(record.release, "6.1.0");
        cr_assert_str_eq(kernel_text, RULES_PATH "\n");
        cr_assert_eq(kernel_writes, 1);
}

Test(load, second_run_in_a_boot_does_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_boot_record_ BootRecord first = { 0 }, second = { 0 };

        cr_assert_eq(load_policy(root.fd, &fake_kernel, &first), 0);
        cr_assert_eq(boot_record_store(root.fd, &first), 0);
        cr_assert_eq(load_policy(root.fd, &fake_kernel, &second), 1);
        cr_assert_eq(second.generation, 1);
        cr_assert_eq(kernel_writes, 1);
}

Test(load, run_that_was_killed_before_it_announced_the_policy_is_completed)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_boot_record_ BootRecord first = { 0 };
        _cleanup_free_ char *command = NULL;

        cr_assert_eq(load_policy(root.fd, &fake_kernel, &first), 0);
        cr_assert_eq(boot_record_store(root.fd, &first), 0);
        cr_assert_eq(fs_remove_tree(root.fd, BOOT_RECORD_LOADED_PATH), 0);
        cr_assert_geq(asprintf(&command, "%s --root=%s 2>/dev/null", getenv("IMAD_LOAD"),
                                      root.path),
                        0);
        cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
        cr_assert(fs_exists(root.fd, BOOT_RECORD_LOADED_PATH));
}

Test(load, kernel_argument_disables)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/proc/cmdline", "quiet imad.policy=off\n");
        assert_outcome(&root, BOOT_OUTCOME_DISABLED);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, nothing_intended)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        GenerationState state = { 0, 2 };

        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        assert_outcome(&root, BOOT_OUTCOME_NONE_INTENDED);
        cr_assert_eq(fs_remove_tree(root.fd, GENERATION_STATE_PATH), 0);
        assert_outcome(&root, BOOT_OUTCOME_NONE_INTENDED);
}

Test(load, kernel_without_ima_or_securityfs)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        cr_assert_eq(fs_remove_tree(root.fd, "/sys/kernel/security/ima"), 0);
        fixture_root_write(&root, "/sys/kernel/security/lsm", "");
        assert_outcome(&root, BOOT_OUTCOME_NO_IMA);
        cr_assert_eq(fs_remove_tree(root.fd, "/sys"), 0);
        assert_outcome(&root, BOOT_OUTCOME_NO_SECURITYFS);
}

Test(load, somebody_was_faster)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        cr_assert_eq(fs_remove_tree(root.fd, POLICY), 0);
        assert_outcome(&root, BOOT_OUTCOME_ALREADY_LOADED);
}

Test(load, errors_of_the_open)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        kernel_open_error = EBUSY;
        assert_outcome(&root, BOOT_OUTCOME_BUSY);
        kernel_open_error = EROFS;
        assert_outcome(&root, BOOT_OUTCOME_READ_ONLY);
        kernel_open_error = ENOENT;
        assert_outcome(&root, BOOT_OUTCOME_ALREADY_LOADED);
        kernel_open_error = EACCES;
        assert_outcome(&root, BOOT_OUTCOME_REFUSED);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, refusal_is_recorded_with_the_errno_of_the_kernel)
{
        static const int errors[] = { EINVAL, ERANGE, EACCES, ETXTBSY, ENOENT, EIO };
        _cleanup_root_ FixtureRoot root = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
                _cleanup_boot_record_ BootRecord record = { 0 };

                kernel_writes = 0;
                kernel_write_error = errors[i];
                cr_assert_eq(load_policy(root.fd, &fake_kernel, &record), 0);
                cr_assert_eq(record.outcome, BOOT_OUTCOME_REFUSED);
                cr_assert_eq(record.error, errors[i]);
                cr_assert_eq(kernel_writes, 1, "a refusal is never retried");
        }
}

Test(load, other_kernel_has_no_policy)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.12.0\n");
        assert_outcome(&root, BOOT_OUTCOME_NO_POLICY_FOR_KERNEL);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, damaged_store_loads_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, RULES_PATH, "measure func=MMAP_CHECK\n");
        assert_outcome(&root, BOOT_OUTCOME_CORRUPT_GENERATION);
        cr_assert_eq(fs_remove_tree(root.fd, RULES_PATH), 0);
        assert_outcome(&root, BOOT_OUTCOME_CORRUPT_GENERATION);
        cr_assert_eq(fs_remove_tree(root.fd, "/var/lib/imad/generations/1"), 0);
        assert_outcome(&root, BOOT_OUTCOME_CORRUPT_GENERATION);
        fixture_root_write(&root, GENERATION_STATE_PATH, "{\"version\":1,\"inten");
        assert_outcome(&root, BOOT_OUTCOME_CORRUPT_GENERATION);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, kernel_short_of_memory_is_recorded_as_its_refusal)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        kernel_write_error = ENOMEM;
        assert_outcome(&root, BOOT_OUTCOME_REFUSED);
}
