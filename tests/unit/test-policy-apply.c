/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From fragments to the state of generations: apply, confirm, rollback, log. */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "fixture-certificate.h"
#include "fixture-worker.h"
#include "system/generation.h"
#include "system/rollout.h"
#include "system/securityfs.h"

#define FRAGMENT "/etc/imad/policy.d/50-programs.yaml"
#define MEASURES                                                                                   \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - id: programs\n"                                                                       \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHECK\n"
#define REFUSES                                                                                    \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - {id: a, action: appraise, func: BPRM_CHECK, fowner: 4711, appraise_type: imasig}\n"

static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/lib/modules/6.1.0/modules.dep", "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, FRAGMENT, MEASURES);
        return root;
}

static void put_certificate(const FixtureRoot *root)
{
        size_t size;
        _cleanup_free_ char *text = fixture_signature_file("cert-rsaski.pem", &size);

        fixture_root_write(root, "/etc/imad/keys/signer.pem", text);
}

static GenerationState get_state(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        return state;
}

Test(policy_apply, policy_that_refuses_files_needs_a_trial)
{
        static const char *const refused[] = { "policy-apply", "--dry-run policy-apply",
                "--trial policy-apply", "--auto policy-apply", "--confirm-within=1min policy-apply",
                "--trial --auto --confirm-within=1min policy-apply",
                "--trial --confirm-within=soon policy-apply",
                "--trial --confirm-within=1s policy-apply" };
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, FRAGMENT, REFUSES);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                _cleanup_run_ Run result = run(&root, refused[i]);

                cr_assert_eq(result.code, EXIT_CODE_USAGE, "%s", refused[i]);
                cr_assert_not_null(json_object_get(result.json, "error"), "%s", refused[i]);
        }
        cr_assert_eq(get_state(&root).intended, 0);
}

Test(policy_apply, trial_becomes_a_candidate_and_can_be_changed_until_its_boot)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = { 0 }, again = { 0 }, changed = { 0 };
        GenerationState state;

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        first = run(&root, "--trial --auto policy-apply");
        cr_assert_eq(first.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(first.json, "state"), "candidate");
        again = run(&root, "policy-apply");
        cr_assert_eq(again.code, EXIT_CODE_OK, "there is nothing to do");
        cr_assert_not(get_bool(&again, "changed"));
        changed = run(&root, "--trial --confirm-within=2min policy-apply");
        cr_assert(get_bool(&changed, "changed"));
        state = get_state(&root);
        cr_assert_eq(state.intended, 1);
        cr_assert_eq(state.confirm_within_usec, 120 * USEC_PER_SEC);
}

/* A list of template ima-ng with one entry. */
static void put_list(const FixtureRoot *root, const char *name)
{
        _cleanup_buffer_ Buffer list = { 0 };
        uint32_t pcr = 10, template_size = 6, name_size = (uint32_t) strlen(name) + 1,
                 digest_size = 8 + 32, data_size = 4 + digest_size + 4 + name_size;
        const uint8_t bytes[32] = { 0 };
        const struct {
                const void *data;
                size_t size;
        } parts[] = {
                {&pcr,            4        },
                { bytes,          20       },
                { &template_size, 4        },
                { "ima-ng",       6        },
                { &data_size,     4        },
                { &digest_size,   4        },
                { "sha256:",      8        },
                { bytes,          32       },
                { &name_size,     4        },
                { name,           name_size}
        };

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                cr_assert_eq(buffer_append(&list, parts[i].data, parts[i].size), 0);
        fixture_root_write(root, SECURITYFS_LIST_PATH, "");
        cr_assert_eq(fs_replace_file(root->fd, SECURITYFS_LIST_PATH, list.data, list.size, 0600),
                        0);
}

Test(policy_apply, what_is_observed_refuses_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = { 0 }, again = { 0 }, pending = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        fixture_root_write(&root, FRAGMENT, REFUSES);
        first = run(&root, "--observe policy-apply");
        cr_assert_eq(first.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(first.json, "state"), "observed");
        cr_assert_not(get_bool(&first, "appraises"));
        cr_assert_eq(fs_read_file(root.fd, GENERATION_DIRECTORY "/1/policy/6.1.0.policy", 4096,
                                     &text, &size),
                        0);
        cr_assert_str_eq(text, "measure func=BPRM_CHECK fowner=4711\n");
        again = run(&root, "--observe policy-apply");
        cr_assert_not(get_bool(&again, "changed"));
        pending = run(&root, "policy-pending");
        cr_assert_not(get_bool(&pending, "changed"));
}

Test(policy_apply, observed_policy_is_tried_as_a_new_generation)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        GenerationState state;

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        cr_assert_eq(run_code(&root, "--observe policy-apply"), EXIT_CODE_OK);
        cr_assert_eq(run_code(&root, "policy-apply"), EXIT_CODE_USAGE, "it still needs a trial");
        cr_assert_eq(run_code(&root, "--trial --auto policy-apply"), EXIT_CODE_OK);
        state = get_state(&root);
        cr_assert_eq(state.intended, 2);
        cr_assert_eq(generation_state_find(&state, 1)->phase, GENERATION_PHASE_RETIRED);
}

Test(policy_apply, suspended_generation_is_named)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        GenerationState state;

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        cr_assert_eq(run_code(&root, "--trial --auto policy-apply"), EXIT_CODE_OK);
        state = get_state(&root);
        state.entries[0].phase = GENERATION_PHASE_GOOD;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        result = run(&root, "--observe policy-apply");
        cr_assert_eq(get_number(&result, "suspends"), 1);
}

Test(policy_apply, nothing_is_observed_where_nothing_is_refused)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        cr_assert_eq(run_code(&root, "--observe policy-apply"), EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(run_code(&root, "--observe --trial --auto policy-apply"), EXIT_CODE_USAGE);
        cr_assert_eq(run_code(&root, "--observed policy-log"), EXIT_CODE_NOT_FOUND);
}

Test(policy_apply, observation_tells_what_would_be_refused_and_what_mends_it)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        const json_t *observed, *group;

        fixture_root_write(&root, FRAGMENT,
                        "policy: 1\n"
                        "rules:\n"
                        "  - {id: a, action: appraise, func: BPRM_CHECK, appraise_type: imasig}\n");
        fixture_root_write(&root, "/usr/bin/used", "\177ELF");
        fixture_root_write(&root, "/usr/bin/unused", "\177ELF");
        cr_assert_eq(fchmodat(root.fd, "usr/bin/used", 0755, 0), 0);
        cr_assert_eq(fchmodat(root.fd, "usr/bin/unused", 0755, 0), 0);
        put_list(&root, "/usr/bin/used");
        cr_assert_eq(run_code(&root, "--observe policy-apply"), EXIT_CODE_OK);
        result = run(&root, "--observed policy-log");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        observed = json_object_get(result.json, "observed");
        cr_assert_eq(json_integer_value(json_object_get(observed, "used")), 1);
        cr_assert_eq(json_integer_value(json_object_get(observed, "refused")), 1);
        group = json_array_get(json_object_get(observed, "groups"), 0);
        cr_assert_eq(json_array_size(json_object_get(observed, "groups")), 1);
        cr_assert_str_eq(get_string(group, "mend"), "imactl sign --key=KEY /usr/bin/used");
}

Test(policy_apply, new_kernel_gets_the_intended_policy_by_a_trial_like_the_last)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run covered = { 0 }, result = { 0 };
        GenerationState state;

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        cr_assert_eq(run_code(&root, "--trial --confirm-within=2min policy-apply"), EXIT_CODE_OK);
        covered = run(&root, "policy-kernel 6.1.0");
        cr_assert_not(get_bool(&covered, "changed"));
        fixture_root_write(&root, "/lib/modules/6.2.0/modules.dep", "");
        result = run(&root, "policy-kernel 6.2.0");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        state = get_state(&root);
        cr_assert_eq(state.intended, 2);
        cr_assert_eq(generation_state_find(&state, 2)->phase, GENERATION_PHASE_CANDIDATE);
        cr_assert_eq(state.confirm_within_usec, 120 * USEC_PER_SEC);
        cr_assert_not(generation_state_find(&state, 2)->same_rules, "nothing was good before");
}

Test(policy_apply, new_kernel_brings_no_new_rules_where_the_policy_is_good)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        GenerationState state;

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        cr_assert_eq(run_code(&root, "--trial --auto policy-apply"), EXIT_CODE_OK);
        state = get_state(&root);
        cr_assert_not(state.entries[0].same_rules);
        state.entries[0].phase = GENERATION_PHASE_GOOD;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        fixture_root_write(&root, "/lib/modules/6.2.0/modules.dep", "");
        cr_assert_eq(run_code(&root, "policy-kernel 6.2.0"), EXIT_CODE_OK);
        state = get_state(&root);
        cr_assert(generation_state_find(&state, 2)->same_rules);
}

/* What is intended is read when nobody else can change it any more. */
Test(policy_apply, new_kernel_waits_for_who_changes_the_policy)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_close_ int lock_fd = -EBADF;
        GenerationState state;
        int status = -1;
        pid_t pid;

        cr_assert_eq(run_code(&root, "policy-apply"), EXIT_CODE_OK);
        fixture_root_write(&root, "/lib/modules/6.2.0/modules.dep", "");
        cr_assert_eq(generation_store_lock(root.fd, &lock_fd), 0);
        pid = fork();
        if (pid == 0) {
                /* It would hold the lock, too. */
                (void) close(lock_fd);
                _exit((int) run_code(&root, "policy-kernel 6.2.0"));
        }
        cr_assert_gt(pid, 0);
        /* Whenever the child comes to the state: this only lets it come too early. */
        (void) usleep(300000);
        state = get_state(&root);
        cr_assert(rollout_turn_off(&state, 1));
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(close(TAKE_FD(lock_fd)), 0);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_assert_eq(WEXITSTATUS(status), EXIT_CODE_OK);
        cr_assert_eq(get_state(&root).intended, 0, "off is not undone");
}

Test(policy_apply, rollback_and_log)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run good = run(&root, "policy-apply"), trial = { 0 }, back = { 0 },
                          none = { 0 }, log = { 0 };

        put_certificate(&root);
        fixture_root_write(&root, FRAGMENT, REFUSES);
        trial = run(&root, "--trial --auto policy-apply");
        cr_assert_eq(get_state(&root).intended, 2);
        back = run(&root, "policy-rollback");
        cr_assert_eq(back.code, EXIT_CODE_OK);
        cr_assert_eq(get_state(&root).intended, 1);
        log = run(&root, "policy-log");
        cr_assert_str_eq(get_string(get_item(&log, "generations", 1), "state"), "failed");
        cr_assert_str_eq(get_string(get_item(&log, "generations", 0), "state"), "good");
        none = run(&root, "policy-confirm");
        cr_assert_eq(none.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&none, "changed"));
}

Test(policy_apply, rollback_without_anything_to_go_back_to)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-rollback");

        cr_assert_eq(result.code, EXIT_CODE_NOT_FOUND);
}

Test(policy_apply, old_generations_are_removed)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_strings_ StringList names = { 0 };

        fixture_root_write(&root, "/etc/imad/imad.conf", "[Policy]\nKeepGenerations=2\n");
        for (unsigned i = 0; i < 4; i++) {
                _cleanup_run_ Run result = { 0 };
                _cleanup_free_ char *text = NULL;

                cr_assert_geq(asprintf(&text, "%s    uid: %u\n", MEASURES, i), 0);
                fixture_root_write(&root, FRAGMENT, text);
                result = run(&root, "policy-apply");
                cr_assert_eq(result.code, EXIT_CODE_OK);
        }
        cr_assert_eq(fs_list_directory(root.fd, GENERATION_DIRECTORY, 100, &names), 0);
        cr_assert_eq(names.count, 2);
        cr_assert_str_eq(names.items[0], "3");
        cr_assert_str_eq(names.items[1], "4");
}

#define REFUSES_ALL                                                                                \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - {id: a, action: appraise, func: BPRM_CHECK, appraise_type: imasig}\n"

static size_t count_codes(const Run *result, const char *code)
{
        const json_t *item;
        size_t i, n = 0;

        json_array_foreach (json_object_get(result->json, "diagnostics"), i, item)
                n += string_equal(get_string(item, "code"), code);
        return n;
}

/* A program that the machine needs, and no certificate. */
static FixtureRoot unready_new(void)
{
        FixtureRoot root = machine_new();

        fixture_root_write(&root, FRAGMENT, REFUSES_ALL);
        fixture_root_write(&root, "/usr/bin/dpkg", "#!/bin/sh\n");
        cr_assert_eq(fchmodat(root.fd, "usr/bin/dpkg", 0755, 0), 0);
        return root;
}

Test(policy_apply, gates_tell_everything_at_once)
{
        _cleanup_root_ FixtureRoot root = unready_new();
        _cleanup_run_ Run result = run(&root, "--trial --auto policy-apply");

        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(count_codes(&result, "E041"), 1);
        cr_assert_eq(count_codes(&result, "E042"), 2, "the program, and the share of all files");
        cr_assert_gt(count_codes(&result, "E043"), 0, "pseudo file systems are not excluded");
        cr_assert_eq(get_state(&root).intended, 0);
        cr_assert_str_eq(get_string(get_item(&result, "gates", 0), "state"), "passed");
        cr_assert_str_eq(get_string(get_item(&result, "gates", 1), "state"), "failed");
}

Test(policy_apply, forced_gates_are_passed_and_kept_with_their_reason)
{
        _cleanup_root_ FixtureRoot root = unready_new();
        _cleanup_run_ Run one = run(&root, "--trial --auto --force=keys --reason=x policy-apply");
        _cleanup_run_ Run all = { 0 }, log = { 0 };

        cr_assert_eq(one.code, EXIT_CODE_INVALID_INPUT, "the other gate still stands");
        cr_assert_eq(count_codes(&one, "E041"), 0);
        all = run(&root, "--trial --auto --force=keys,coverage,filesystems "
                         "--reason='a test' policy-apply");
        cr_assert_eq(all.code, EXIT_CODE_OK);
        log = run(&root, "policy-log");
        cr_assert_str_eq(get_string(get_item(&log, "generations", 0), "forced"),
                        "keys,coverage,filesystems");
        cr_assert_str_eq(get_string(get_item(&log, "generations", 0), "forced_reason"), "a test");
}

Test(policy_apply, gates_are_not_forced_without_reason)
{
        static const char *const wrong[] = { "--force=keys", "--reason=x",
                "--force=keys --reason=", "--force=locks --reason=x" };
        _cleanup_root_ FixtureRoot root = unready_new();

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_free_ char *arguments = NULL;

                cr_assert_geq(asprintf(&arguments, "--trial --auto %s policy-apply", wrong[i]), 0);
                cr_assert_eq(run_code(&root, arguments), EXIT_CODE_USAGE, "%s", wrong[i]);
        }
}

Test(policy_apply, kernel_that_does_not_take_the_fragments_can_be_forced)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        put_certificate(&root);
        fixture_root_write(&root, "/lib/modules/6.12.0/modules.dep", "");
        fixture_root_write(&root, FRAGMENT,
                        "policy: 1\nrules:\n  - {id: a, action: appraise, func: "
                        "MMAP_CHECK_REQPROT, "
                        "fowner: 4711, appraise_type: imasig}\n");
        cr_assert_eq(run_code(&root, "--trial --auto policy-apply"), EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(run_code(&root, "--trial --auto --force=compile --reason=x policy-apply"),
                        EXIT_CODE_OK);
}
