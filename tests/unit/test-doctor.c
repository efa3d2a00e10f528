/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-worker doctor, over root directories with one thing wrong at a time. */
#include <criterion/criterion.h>

#include "fixture-worker.h"
#include "system/boot-record.h"
#include "system/generation.h"
#include "system/label-journal.h"

#define CONFIG                                                                                     \
        "CONFIG_SECURITYFS=y\nCONFIG_IMA=y\nCONFIG_IMA_APPRAISE=y\nCONFIG_INTEGRITY_SIGNATURE=y\n" \
        "CONFIG_INTEGRITY_ASYMMETRIC_KEYS=y\nCONFIG_IMA_APPRAISE_BOOTPARAM=y\nCONFIG_TCG_TPM=y\n"  \
        "CONFIG_AUDIT=y\nCONFIG_INTEGRITY_AUDIT=y\n# CONFIG_IMA_WRITE_POLICY is not set\n"
#define CONFIG_PATH "/boot/config-6.1.0"
#define COMMAND_LINE "/proc/cmdline"
#define POLICY "/sys/kernel/security/ima/policy"
#define PCR10 "/sys/class/tpm/tpm0/pcr-sha256/10"
#define VALUE "1111111111111111111111111111111111111111111111111111111111111111\n"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000\n"
#define KEYS                                                                                       \
        "0fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .ima: 2\n"                     \
        "1fc1b3a8 I------     1 perm 1f0b0000     0     0 keyring   .evm: empty\n"                 \
        "2fc1b3a8 I--Q---     1 perm 3f010000     0     0 asymmetri name: X509.rsa 1 []\n"

static void write_record(const FixtureRoot *root, BootOutcome outcome)
{
        BootRecord record = {
                .outcome = outcome,
                .generation = 1,
                .rules = 1,
                .release = (char *) "6.1.0",
                .message = (char *) "told by imad-load",
                .hint = (char *) "hint of imad-load",
        };

        cr_assert_eq(boot_record_store(root->fd, &record), 0);
}

/* A machine with nothing wrong, on which imad loaded its policy. */
static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { .number = 1 };
        GenerationState state = { .intended = 1, .next = 2 };

        fixture_root_write(&root, CONFIG_PATH, CONFIG);
        fixture_root_write(&root, COMMAND_LINE, "root=/dev/vda quiet\n");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, "/proc/keys", KEYS);
        fixture_root_write(&root, "/sys/kernel/security/ima/violations", "0\n");
        fixture_root_write(&root, PCR10, VALUE);
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", "audit\n", 6, 1, NULL), 0);
        cr_assert_eq(generation_write(root.fd, &generation), 0);
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        write_record(&root, BOOT_OUTCOME_LOADED);
        return root;
}

/* The worst finding of a check whose message or hint contains text. */
static const char *find_result(const Run *run, const char *id, const char *text)
{
        const json_t *check;
        size_t i;

        json_array_foreach (json_object_get(run->json, "checks"), i, check) {
                const char *hint = get_string(check, "hint");

                if (string_equal(get_string(check, "id"), id) &&
                                (strstr(get_string(check, "message"), text) ||
                                                (hint && strstr(hint, text))))
                        return get_string(check, "result");
        }
        return "(no such finding)";
}

static void assert_finding(
                const FixtureRoot *root, const char *id, const char *text, const char *result)
{
        _cleanup_run_ Run doctor = run(root, "doctor");
        bool failed = string_equal(result, "failed");

        cr_assert_str_eq(find_result(&doctor, id, text), result, "%s: %s", id, text);
        if (failed)
                cr_assert_eq(doctor.code, EXIT_CODE_FAILURE);
}

Test(doctor, healthy_machine_is_all_ok)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run doctor = run(&root, "doctor");
        const json_t *check;
        size_t i;

        cr_assert_eq(doctor.code, EXIT_CODE_OK);
        cr_assert_geq(json_array_size(json_object_get(doctor.json, "checks")), 8);
        json_array_foreach (json_object_get(doctor.json, "checks"), i, check)
                cr_assert_str_eq(get_string(check, "result"), "ok", "%s",
                                get_string(check, "message"));
        cr_assert_str_eq(find_result(&doctor, "keyrings", ".ima holds 2 keys"), "ok");
        cr_assert_str_eq(find_result(&doctor, "tpm", "sha256"), "ok");
        cr_assert_str_eq(find_result(&doctor, "policy-load", "imad loaded generation 1"), "ok");
}

Test(doctor, missing_kernel_options_are_named_with_their_consequence)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, CONFIG_PATH, "CONFIG_IMA=y\n# CONFIG_IMA_APPRAISE is not set\n");
        assert_finding(&root, "kernel-config", "CONFIG_SECURITYFS", "failed");
        assert_finding(&root, "kernel-config", "CONFIG_IMA_APPRAISE:", "warning");
        assert_finding(&root, "kernel-config", "CONFIG_TCG_TPM", "warning");
        cr_assert_eq(fs_remove_tree(root.fd, CONFIG_PATH), 0);
        assert_finding(&root, "kernel-config", "not known", "unknown");
}

Test(doctor, command_line_is_judged)
{
        static const struct {
                const char *text;
                const char *found;
                const char *result;
        } cases[] = {
                {"ima=off",                                     "switched off",         "failed" },
                { "ima_appraise=log",                           "logged, not enforced", "warning"},
                { "ima_hash=sha1",                              "broken",               "warning"},
                { "ima_template=ima-sigg",                      "ima-sig",              "warning"},
                { "ima_policy=tcb",                             "ima_policy=tcb",       "ok"     },
                { "audit=0",                                    "denied",               "warning"},
                { "imad.policy=off",                            "loads no policy",      "warning"},
                { "lsm=apparmor,bpf",                           "panics",               "failed" },
                { "lsm=integrity,apparmor ima_template=ima-ng", "leaves IMA",           "ok"     },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = machine_new();

                fixture_root_write(&root, COMMAND_LINE, cases[i].text);
                assert_finding(&root, "command-line", cases[i].found, cases[i].result);
        }
}

Test(doctor, newer_kernels_need_no_lsm_parameter)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.12.0\n");
        fixture_root_write(&root, COMMAND_LINE, "lsm=apparmor");
        assert_finding(&root, "command-line", "leaves IMA", "ok");
}

Test(doctor, securityfs_and_ima_are_told_apart)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        cr_assert_eq(fs_remove_tree(root.fd, "/sys/kernel/security/ima"), 0);
        fixture_root_write(&root, "/sys/kernel/security/lsm", "");
        assert_finding(&root, "securityfs", "IMA is not in this kernel", "failed");
        cr_assert_eq(fs_remove_tree(root.fd, "/sys/kernel"), 0);
        assert_finding(&root, "securityfs", "not mounted", "failed");
}

Test(doctor, tpm_is_absent_weak_or_unused)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, PCR10, ZERO);
        assert_finding(&root, "tpm", "never extended", "warning");
        cr_assert_eq(fs_remove_tree(root.fd, "/sys/class/tpm/tpm0/pcr-sha256"), 0);
        fixture_root_write(&root, "/sys/class/tpm/tpm0/pcr-sha1/10",
                        "1111111111111111111111111111111111111111\n");
        assert_finding(&root, "tpm", "no bank stronger", "warning");
        cr_assert_eq(fs_remove_tree(root.fd, "/sys/class"), 0);
        assert_finding(&root, "tpm", "no TPM", "warning");
}

Test(doctor, who_used_up_the_load)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        write_record(&root, BOOT_OUTCOME_ALREADY_LOADED);
        assert_finding(&root, "policy-load", "somebody unknown", "failed");
        assert_finding(&root, "boot", "already-loaded", "failed");
        fixture_root_write(&root, "/etc/sysconfig/ima-policy", "");
        assert_finding(&root, "policy-load", "initrd", "failed");
        fixture_root_write(&root, "/etc/ima/ima-policy", "");
        assert_finding(&root, "policy-load", "PID 1, with /etc/ima/ima-policy", "failed");
}

Test(doctor, policy_of_systemd_is_announced_before_it_harms)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        write_record(&root, BOOT_OUTCOME_NONE_INTENDED);
        fixture_root_write(&root, POLICY, "");
        assert_finding(&root, "policy-load", "still takes one", "ok");
        fixture_root_write(&root, "/etc/ima/ima-policy", "");
        assert_finding(&root, "policy-load", "PID 1 may load", "warning");
}

Test(doctor, what_imad_load_said_is_passed_on)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        write_record(&root, BOOT_OUTCOME_REFUSED);
        assert_finding(&root, "boot", "told by imad-load", "failed");
        assert_finding(&root, "boot", "hint of imad-load", "failed");
        cr_assert_eq(fs_remove_tree(root.fd, BOOT_RECORD_PATH), 0);
        assert_finding(&root, "boot", "did not run", "warning");
}

Test(doctor, damaged_store_is_found_before_the_next_boot)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/var/lib/imad/generations/1/policy/6.1.0.policy", "audix\n");
        assert_finding(&root, "generation", "altered", "failed");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.2.0\n");
        assert_finding(&root, "generation", "no policy for Linux 6.2.0", "failed");
        fixture_root_write(&root, GENERATION_STATE_PATH, "{");
        assert_finding(&root, "generation", "damaged", "failed");
}

Test(doctor, empty_root_is_unknown_and_no_crash)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        assert_finding(&root, "kernel-config", "no kernel runs", "unknown");
        assert_finding(&root, "command-line", "not known", "unknown");
        assert_finding(&root, "keyrings", "/proc/keys", "unknown");
}

Test(doctor, kernel_options_are_explained_and_inventions_named)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run wrong = run(&root, "doctor IMA_SEE_TSS"),
                          typo = run(&root, "doctor CONFIG_IMA_APRAISE"),
                          right = run(&root, "doctor IMA_APPRAISE CONFIG_IMA_WRITE_POLICY");

        cr_assert_eq(wrong.code, EXIT_CODE_NOT_FOUND);
        cr_assert_str_eq(find_result(&wrong, "IMA_SEE_TSS", "does not exist"), "failed");
        cr_assert_str_eq(find_result(&wrong, "IMA_SEE_TSS", "CONFIG_TCG_TPM"), "failed");
        cr_assert_str_eq(find_result(&typo, "IMA_APRAISE", "CONFIG_IMA_APPRAISE?"), "failed");
        cr_assert_eq(right.code, EXIT_CODE_OK);
        cr_assert_str_eq(find_result(&right, "IMA_APPRAISE", "=y in Linux 6.1.0"), "ok");
        cr_assert_str_eq(find_result(&right, "IMA_WRITE_POLICY", "is not set"), "warning");
}

Test(doctor, a_run_that_was_killed_is_told)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        static const LabelRecord end = {
                .kind = LABEL_RECORD_END,
                .end = {.outcome = LABEL_OUTCOME_INTERRUPTED, .changed = 5}
        };
        LabelJournal *journal;

        cr_assert_eq(label_journal_create(
                                     root.fd, LABEL_JOURNAL_DIRECTORY, 1, "/\0sign", 7, &journal),
                        0);
        label_journal_free(journal);
        assert_finding(&root, "labels", "run 1, which labelled 0 files, was killed", "warning");
        cr_assert_eq(label_journal_open(root.fd, LABEL_JOURNAL_DIRECTORY, 1, &journal), 0);
        cr_assert_eq(label_journal_mark(journal, &end), 0);
        label_journal_free(journal);
        assert_finding(&root, "labels", "--resume=1", "warning");
}

Test(doctor, state_of_evm_is_explained)
{
        static const struct {
                const char *value, *text, *result;
        } cases[] = {
                {"0",   "EVM rests",                     "ok"     },
                { "1",  "an HMAC of this machine (1)",   "ok"     },
                { "2",  "without a key of this machine", "ok"     },
                { "3",  "and verifies",                  "ok"     },
                { "6",  "be changed (4)",                "warning"},
                { "8",  "does not know: 8",              "unknown"},
                { "no", "cannot be read",                "unknown"},
        };
        _cleanup_root_ FixtureRoot root = machine_new();

        assert_finding(&root, "evm", "no EVM", "ok");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fixture_root_write(&root, "/sys/kernel/security/evm", cases[i].value);
                assert_finding(&root, "evm", cases[i].text, cases[i].result);
        }
}

Test(doctor, active_evm_is_not_covered_by_package_transactions)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/sys/kernel/security/evm", "2");
        assert_finding(&root, "evm", "package transactions", "warning");
}

Test(doctor, initrd_that_left_the_policy_to_the_real_root)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        BootRecord record = {
                .outcome = BOOT_OUTCOME_LOADED,
                .generation = 1,
                .message = (char *) "told by imad-load",
                .initrd = (char *) "the initrd is out of date",
        };

        cr_assert_eq(boot_record_store(root.fd, &record), 0);
        assert_finding(&root, "boot", "out of date", "warning");
}
