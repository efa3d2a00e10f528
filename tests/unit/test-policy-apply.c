/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From fragments to the state of generations: apply, confirm, rollback, log. */
#include <criterion/criterion.h>

#include "fixture-worker.h"
#include "system/generation.h"

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

Test(policy_apply, rollback_and_log)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run good = run(&root, "policy-apply"), trial = { 0 }, back = { 0 },
                          none = { 0 }, log = { 0 };

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
