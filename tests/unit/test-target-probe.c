/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/securityfs.h"
#include "system/target-probe.h"

#define RELEASE "6.12.117+deb12-cloud-amd64"
#define IMA SECURITYFS_IMA_PATH

static void write_machine(const FixtureRoot *root)
{
        fixture_root_write(root, "/proc/sys/kernel/osrelease", RELEASE "\n");
        fixture_root_write(root, "/proc/crypto", "name         : sha256\n");
        fixture_root_write(root, "/proc/cmdline", "root=/dev/x ima_template_fmt=d-ng|n-ng|iuid\n");
        fixture_root_write(root, "/proc/self/uid_map", "         0          0 4294967295\n");
        fixture_root_write(root, "/proc/self/gid_map", "         0     100000      65536\n");
        fixture_root_write(root, SECURITYFS_PATH "/lsm", "capability,landlock,apparmor,ima,evm");
        fixture_root_write(root, SECURITYFS_PATH "/apparmor/profiles",
                        "/usr/bin/man (enforce)\nlsb_release (complain)\n");
        fixture_root_write(root, IMA "/policy", "");
}

static Target *probe(const FixtureRoot *root, TargetProbeTime when)
{
        Target *target = NULL;

        cr_assert_eq(target_probe(root->fd, RELEASE, NULL, when, &target), 0);
        return target;
}

Test(target_probe, the_running_kernel_says_everything)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *target = NULL;

        write_machine(&root);
        target = probe(&root, TARGET_PROBE_NOW);
        cr_expect_eq(target->lsm, TARGET_LSM_APPARMOR);
        cr_expect_eq(target->labels.count, 2);
        cr_expect(string_list_contains(&target->labels, "/usr/bin/man"));
        cr_expect_eq(target_has_hash(target, HASH_SHA256), 1);
        cr_expect_eq(target_has_hash(target, HASH_SHA512), 0);
        cr_expect_str_eq(target->template_format, "d-ng|n-ng|iuid");
        cr_expect(target_ids_contain(&target->uids, 4000000));
        cr_expect(target_ids_contain(&target->gids, 65535));
        cr_expect_not(target_ids_contain(&target->gids, 65536));
        cr_expect_not(target->policy_active);
        cr_expect_not(target->policy_signed);
}

/* imad-load runs before any profile is loaded, and its policy is the first. */
Test(target_probe, at_boot_there_is_neither_a_policy_nor_a_profile)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *now = NULL, *boot = NULL;

        write_machine(&root);
        cr_assert_eq(unlinkat(root.fd, &(IMA "/policy")[1], 0), 0);
        now = probe(&root, TARGET_PROBE_NOW);
        boot = probe(&root, TARGET_PROBE_AT_BOOT);
        cr_expect(now->policy_active, "the kernel takes no other policy");
        cr_expect_not(boot->policy_active);
        cr_expect_eq(boot->labels.count, 0);
}

Test(target_probe, a_policy_that_is_shown_is_active)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *custom = NULL, *built_in = NULL;

        write_machine(&root);
        fixture_root_write(&root, IMA "/policy", "measure func=BPRM_CHECK \n");
        custom = probe(&root, TARGET_PROBE_NOW);
        cr_expect(custom->policy_active);
        fixture_root_write(&root, "/proc/cmdline", "ima_policy=tcb\n");
        built_in = probe(&root, TARGET_PROBE_NOW);
        cr_expect_not(built_in->policy_active, "the kernel shows its own rules");
}

Test(target_probe, signatures_that_the_command_line_asks_for)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *target = NULL;

        write_machine(&root);
        fixture_root_write(&root, "/proc/cmdline", "ima_policy=secure_boot\n");
        target = probe(&root, TARGET_PROBE_NOW);
        cr_expect(target->policy_signed);
}

Test(target_probe, selinux_needs_a_policy)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *unloaded = NULL, *loaded = NULL;

        write_machine(&root);
        fixture_root_write(&root, SECURITYFS_PATH "/lsm", "capability,selinux,ima,evm");
        fixture_root_write(&root, "/proc/self/attr/current", "kernel");
        unloaded = probe(&root, TARGET_PROBE_NOW);
        cr_expect_eq(unloaded->lsm, TARGET_LSM_SELINUX_UNLOADED);
        fixture_root_write(&root, "/proc/self/attr/current", "system_u:system_r:init_t:s0");
        loaded = probe(&root, TARGET_PROBE_NOW);
        cr_expect_eq(loaded->lsm, TARGET_LSM_SELINUX);
}

/* An image: nothing runs there, and nothing of this machine is asked. */
Test(target_probe, of_other_kernels_only_their_files_are_read)
{
        static const char text[] = "CONFIG_CRYPTO_SHA256=y\n";
        _cleanup_(kconfig_freep) Kconfig *config = NULL;
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_(target_freep) Target *known = NULL, *unknown = NULL;

        cr_assert_eq(kconfig_parse(text, strlen(text), &config), 0);
        cr_assert_eq(target_probe(root.fd, "6.1.0-1", config, TARGET_PROBE_NOW, &known), 0);
        cr_expect_eq(known->lsm, TARGET_LSM_UNKNOWN);
        cr_expect_eq(target_has_hash(known, HASH_SHA256), 1);
        cr_expect_eq(target_has_hash(known, HASH_MD5), 0);
        cr_assert_eq(target_probe(root.fd, "6.1.0-1", NULL, TARGET_PROBE_NOW, &unknown), 0);
        cr_expect_eq(target_has_hash(unknown, HASH_MD5), -ENODATA);
        cr_expect_eq(target_probe(root.fd, "generic", NULL, TARGET_PROBE_NOW, &unknown), -EINVAL);
}
