/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "helpers/imad-load/load.h"
#include "system/generation.h"
#include "system/rollout.h"

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

static const PolicyFileOps fake_policy = { kernel_open, kernel_write, close };

static int guardian_error, guardians;

static int fake_start_guardian(int root_fd, const GuardianPlan *plan)
{
        /* The try is on disk before the guardian, and the guardian runs before the load. */
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state;

        cr_assert_eq(generation_state_load(root_fd, &state, &diags), 0);
        cr_assert_gt(state.n_tries, 0);
        cr_assert_eq(state.tries[state.n_tries - 1].result, BOOT_TRY_RESULT_OPEN);
        cr_assert_eq(kernel_writes, 0);
        if (guardian_error != 0)
                return -guardian_error;
        guardians++;
        return 0;
}

static int fake_stop_guardian(int root_fd)
{
        guardians--;
        return 0;
}

static int expired;

static int fake_expire_guardian(int root_fd)
{
        (void) root_fd;
        expired++;
        return 0;
}

static size_t keys_loaded, keys_refused, n_triggers;
static bool keys_are_trusted;
static int proof_error;
static bool is_claimed; /* the place of who makes the kernel look for its keys */

static int fake_load_keys(int root_fd, BootKeys *ret_keys)
{
        BootKeys keys = { .n_loaded = keys_loaded, .is_trusted = keys_are_trusted };

        (void) root_fd;
        cr_assert_eq(kernel_writes, 0, "the keys come before the policy");
        for (size_t i = 0; i < keys_refused; i++)
                cr_assert_eq(string_list_add(&keys.refused, "a.pem: too old"), 0);
        *ret_keys = keys;
        return 0;
}

static int fake_find_triggers(int root_fd, const char *prefix, const BootKeys *keys,
                const char *text, size_t size, TriggerList *ret_triggers)
{
        (void) root_fd, (void) prefix, (void) keys;
        cr_assert_eq(strlen(text), size);
        *ret_triggers = (TriggerList){ { { "/bin/true", FILE_USE_MAP } }, n_triggers };
        return 0;
}

static int fake_claim_keys(const TriggerList *triggers, KeyClaim *ret_claim)
{
        cr_assert_eq(triggers->count, n_triggers);
        cr_assert_eq(kernel_writes, 0, "no policy is in force");
        cr_assert(!is_claimed);
        is_claimed = true;
        *ret_claim = (KeyClaim){ { 4711 }, 1 };
        return 0;
}

static void fake_end_claim(KeyClaim *claim)
{
        cr_assert_eq(claim->n_claimers, is_claimed ? 1 : 0);
        is_claimed = false;
}

static int fake_prove_keys(const TriggerList *triggers)
{
        cr_assert_eq(triggers->count, n_triggers);
        cr_assert_eq(kernel_writes, 1, "the policy is in force");
        cr_assert_eq(is_claimed, !keys_are_trusted);
        return -proof_error;
}

static const LoadOps fake_kernel = {
        .policy = &fake_policy,
        .start_guardian = fake_start_guardian,
        .stop_guardian = fake_stop_guardian,
        .expire_guardian = fake_expire_guardian,
        .load_keys = fake_load_keys,
        .find_triggers = fake_find_triggers,
        .claim_keys = fake_claim_keys,
        .end_claim = fake_end_claim,
        .prove_keys = fake_prove_keys,
};

/* A machine with an intended generation 1 and a kernel that takes it. */
static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { .number = 1 };
        GenerationState state = { .intended = 1, .next = 2 };

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
        GenerationState state = { .next = 2 };

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

#define FIRST "00000000-0000-4000-8000-000000000001"
#define APPRAISING "appraise func=BPRM_CHECK appraise_type=imasig\n"

/* Generation 1 measures and is good, 2 appraises; the boot FIRST before this one loaded 2. */
static FixtureRoot appraising_new(GenerationPhase phase, bool tried, BootTryResult result)
{
        FixtureRoot root = machine_new();
        _cleanup_generation_ Generation generation = { .number = 2 };
        GenerationState state = {
                .intended = 2,
                .next = 3,
                .n_entries = 2,
                .entries = {
                        { 1, phase == GENERATION_PHASE_GOOD ? GENERATION_PHASE_RETIRED : GENERATION_PHASE_GOOD, true, 1, "", false },
                        { 2, phase, phase == GENERATION_PHASE_GOOD, 2, "", false },
                },
                .n_tries = tried ? 1 : 0,
                .tries = { { 2, phase != GENERATION_PHASE_GOOD, FIRST, 3, result } },
        };

        fixture_root_write(&root, BOOT_ID_PATH, "00000000-0000-4000-8000-000000000002\n");
        cr_assert_eq(generation_add_kernel(
                                     &generation, "6.1.0", APPRAISING, strlen(APPRAISING), 1, NULL),
                        0);
        cr_assert_eq(generation_write(root.fd, &generation), 0);
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        kernel_open_error = kernel_write_error = kernel_writes = guardian_error = guardians = 0;
        return root;
}

static GenerationState state_of(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        return state;
}

/* Last try x phase x kernel command line. */
Test(load, appraising_generation_is_loaded_by_its_history)
{
        static const struct {
                GenerationPhase phase;
                bool tried;
                BootTryResult result;
                const char *argument;
                BootOutcome outcome;
                uint64_t generation; /* of the record */
                int guardians;
                bool alarm;
        } cases[] = {
                {GENERATION_PHASE_CANDIDATE,  false, 0,                        "",                    BOOT_OUTCOME_LOADED,   2, 1, false},
                { GENERATION_PHASE_CANDIDATE, false, 0,                        "imad.policy=off",     BOOT_OUTCOME_DISABLED, 0,
                 0,                                                                                                                false},
                { GENERATION_PHASE_CANDIDATE, false, 0,                        "imad.policy=good",    BOOT_OUTCOME_LOADED,   1,
                 0,                                                                                                                false},
                { GENERATION_PHASE_CANDIDATE, false, 0,                        "imad.policy=observe",
                 BOOT_OUTCOME_DISABLED,                                                                                      0, 0, false},
                { GENERATION_PHASE_TRIAL,     true,  BOOT_TRY_RESULT_OPEN,     "",                    BOOT_OUTCOME_LOADED,   1, 0,
                 true                                                                                                                   },
                { GENERATION_PHASE_TRIAL,     true,  BOOT_TRY_RESULT_WAITING,  "",                    BOOT_OUTCOME_LOADED,   1,
                 0,                                                                                                                true },
                { GENERATION_PHASE_TRIAL,     true,  BOOT_TRY_RESULT_SHUTDOWN, "",                    BOOT_OUTCOME_LOADED,
                 2,                                                                                                             1, false},
                { GENERATION_PHASE_TRIAL,     true,  BOOT_TRY_RESULT_OPEN,     "imad.policy=off",
                 BOOT_OUTCOME_DISABLED,                                                                                      0, 0, true },
                { GENERATION_PHASE_TRIAL,     true,  BOOT_TRY_RESULT_SHUTDOWN, "imad.policy=good",
                 BOOT_OUTCOME_LOADED,                                                                                        1, 0, false},
                { GENERATION_PHASE_GOOD,      true,  BOOT_TRY_RESULT_BLESSED,  "",                    BOOT_OUTCOME_LOADED,   2,
                 1,                                                                                                                false},
                { GENERATION_PHASE_GOOD,      true,  BOOT_TRY_RESULT_SHUTDOWN, "",                    BOOT_OUTCOME_LOADED,   2,
                 1,                                                                                                                false},
                { GENERATION_PHASE_GOOD,      true,  BOOT_TRY_RESULT_OPEN,     "",
                 BOOT_OUTCOME_LAST_BOOT_FAILED,                                                                              2, 0, true },
                { GENERATION_PHASE_GOOD,      true,  BOOT_TRY_RESULT_OPEN,     "imad.policy=good",
                 BOOT_OUTCOME_LAST_BOOT_FAILED,                                                                              2, 0, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root =
                                appraising_new(cases[i].phase, cases[i].tried, cases[i].result);
                _cleanup_boot_record_ BootRecord record = { 0 };
                GenerationState after;

                fixture_root_write(&root, "/proc/cmdline", cases[i].argument);
                cr_assert_eq(load_policy(root.fd, &fake_kernel, &record), 0);
                cr_assert_eq(record.outcome, cases[i].outcome, "case %zu: %s", i, record.message);
                cr_assert_eq(record.generation, cases[i].generation, "case %zu", i);
                cr_assert_eq(guardians, cases[i].guardians, "case %zu", i);
                after = state_of(&root);
                cr_assert_eq(*after.alarm != 0, cases[i].alarm, "case %zu: %s", i, after.alarm);
                cr_assert_eq(kernel_writes, cases[i].outcome == BOOT_OUTCOME_LOADED, "case %zu", i);
        }
}

Test(load, failed_good_generation_is_left_out_for_one_boot)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_GOOD, true, BOOT_TRY_RESULT_OPEN);

        assert_outcome(&root, BOOT_OUTCOME_LAST_BOOT_FAILED);
        fixture_root_write(&root, BOOT_ID_PATH, "00000000-0000-4000-8000-000000000003\n");
        assert_outcome(&root, BOOT_OUTCOME_LOADED);
        cr_assert_neq(*state_of(&root).alarm, '\0', "the alarm stands");
}

Test(load, failed_trial_without_a_good_generation_loads_none_and_says_so)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_TRIAL, true, BOOT_TRY_RESULT_OPEN);
        _cleanup_boot_record_ BootRecord record = { 0 };
        GenerationState state = state_of(&root);

        state.entries[0].phase = GENERATION_PHASE_RETIRED;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(load_policy(root.fd, &fake_kernel, &record), 0);
        cr_assert_eq(record.outcome, BOOT_OUTCOME_NONE_INTENDED);
        cr_assert(strstr(record.message, "generation 2"), "%s", record.message);
        cr_assert_eq(state_of(&root).intended, 0);
}

Test(load, without_guardian_nothing_that_appraises_is_loaded)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);

        guardian_error = EPERM;
        assert_outcome(&root, BOOT_OUTCOME_UNGUARDED);
        cr_assert_eq(kernel_writes, 0);
        cr_assert_eq(state_of(&root).tries[0].result, BOOT_TRY_RESULT_SHUTDOWN);
}

/* A directory in the way stands for every file system that cannot be written. */
Test(load, where_the_try_cannot_be_written_nothing_that_appraises_is_loaded)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);

        (void) fs_remove_tree(root.fd, GENERATION_STATE_PREVIOUS_PATH);
        cr_assert_eq(fs_make_directories(root.fd, GENERATION_STATE_PREVIOUS_PATH, 0755), 0);
        assert_outcome(&root, BOOT_OUTCOME_UNGUARDED);
        cr_assert_eq(kernel_writes, 0);
        cr_assert_eq(guardians, 0);
}

Test(load, where_the_try_cannot_be_written_a_measuring_policy_is_loaded)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        cr_assert_eq(fs_make_directories(root.fd, GENERATION_STATE_PREVIOUS_PATH, 0755), 0);
        assert_outcome(&root, BOOT_OUTCOME_LOADED);
}

Test(load, boot_without_an_id_cannot_be_counted)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);

        cr_assert_eq(fs_remove_tree(root.fd, BOOT_ID_PATH), 0);
        assert_outcome(&root, BOOT_OUTCOME_UNGUARDED);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, previous_copy_of_the_state_does_not_prove_the_last_boot)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);

        GenerationState state = state_of(&root);

        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        fixture_root_write(&root, GENERATION_STATE_PATH, "{");
        fixture_root_write(&root, BOOT_ID_PATH, FIRST "\n");
        assert_outcome(&root, BOOT_OUTCOME_LAST_BOOT_FAILED);
        cr_assert_eq(kernel_writes, 0);
}

Test(load, refused_trial_has_failed_and_needs_no_guardian)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);
        GenerationState state;

        kernel_write_error = EINVAL;
        assert_outcome(&root, BOOT_OUTCOME_REFUSED);
        state = state_of(&root);
        cr_assert_eq(state.entries[1].phase, GENERATION_PHASE_FAILED);
        cr_assert_eq(state.intended, 1);
        cr_assert_eq(guardians, 0);
}

Test(load, shutdown_in_order_closes_the_try)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_TRIAL, true, BOOT_TRY_RESULT_OPEN);

        fixture_root_write(&root, BOOT_ID_PATH, FIRST "\n");
        cr_assert_eq(load_shut_down(root.fd), 0);
        cr_assert_eq(state_of(&root).tries[0].result, BOOT_TRY_RESULT_SHUTDOWN);
}

/* Keys that were loaded and refused, files to prove them with, kind of keyring -> outcome. */
Test(load, keys_decide_whether_an_appraising_policy_is_loaded)
{
        static const struct {
                size_t loaded, refused, triggers;
                bool trusted;
                BootOutcome outcome;
        } cases[] = {
                {0,  0, 0, false, BOOT_OUTCOME_LOADED      },
                { 1, 0, 1, false, BOOT_OUTCOME_LOADED      },
                { 1, 1, 1, false, BOOT_OUTCOME_LOADED      },
                { 1, 0, 0, true,  BOOT_OUTCOME_LOADED      },
                { 1, 0, 0, false, BOOT_OUTCOME_NO_TRIGGER  },
                { 0, 1, 1, false, BOOT_OUTCOME_KEYS_REFUSED},
                { 0, 1, 1, true,  BOOT_OUTCOME_KEYS_REFUSED},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = appraising_new(
                                GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);
                _cleanup_boot_record_ BootRecord record = { 0 };
                GenerationState after;
                bool loaded = cases[i].outcome == BOOT_OUTCOME_LOADED;

                keys_loaded = cases[i].loaded;
                keys_refused = cases[i].refused;
                n_triggers = cases[i].triggers;
                keys_are_trusted = cases[i].trusted;
                cr_assert_eq(load_policy(root.fd, &fake_kernel, &record), 0);
                cr_expect_eq(record.outcome, cases[i].outcome, "case %zu: %s", i, record.message);
                cr_expect_eq(kernel_writes, loaded, "case %zu", i);
                cr_expect_eq(strstr(record.message, "a.pem: too old") != NULL, cases[i].refused > 0,
                                "case %zu: %s", i, record.message);
                after = state_of(&root);
                cr_expect_eq(after.entries[1].phase == GENERATION_PHASE_FAILED, !loaded, "case %zu",
                                i);
                cr_expect_eq(guardians, loaded, "case %zu: a guardian for nothing", i);
        }
}

Test(load, trial_whose_keys_the_kernel_does_not_use_fails_at_once)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_CANDIDATE, false, BOOT_TRY_RESULT_OPEN);
        GenerationState after;

        keys_loaded = n_triggers = 1;
        proof_error = EACCES;
        assert_outcome(&root, BOOT_OUTCOME_UNPROVED);
        cr_assert_eq(expired, 1, "the guardian reboots");
        after = state_of(&root);
        cr_assert_eq(after.entries[1].phase, GENERATION_PHASE_FAILED);
        cr_assert(strstr(after.alarm, "/bin/true"), "%s", after.alarm);
}

Test(load, good_generation_whose_keys_the_kernel_does_not_use_is_left_out_once)
{
        _cleanup_root_ FixtureRoot root =
                        appraising_new(GENERATION_PHASE_GOOD, false, BOOT_TRY_RESULT_OPEN);

        keys_loaded = n_triggers = 1;
        proof_error = EACCES;
        assert_outcome(&root, BOOT_OUTCOME_UNPROVED);
        fixture_root_write(&root, BOOT_ID_PATH, "00000000-0000-4000-8000-000000000003\n");
        assert_outcome(&root, BOOT_OUTCOME_LAST_BOOT_FAILED);
}

Test(load, kernel_argument_is_ignored_where_it_is_forbidden)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/proc/cmdline", "quiet imad.policy=off\n");
        fixture_root_write(&root, "/etc/imad/imad.conf", "[Policy]\nAllowKernelOverride=no\n");
        assert_outcome(&root, BOOT_OUTCOME_LOADED);
}

Test(load, failure_raises_the_alarm)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, RULES_PATH, "measure func=MMAP_CHECK\n");
        assert_outcome(&root, BOOT_OUTCOME_CORRUPT_GENERATION);
        cr_assert(strstr(state_of(&root).alarm, "generation 1"), "%s", state_of(&root).alarm);
        cr_assert_gt(state_of(&root).alarm_usec, 0);
}
