/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <sys/wait.h>

#include "fixture-root.h"
#include "helpers/imad-bless/bless.h"
#include "helpers/imad-bless/facts.h"
#include "system/guardian.h"
#include "system/rollout.h"

#define BOOT "00000000-0000-4000-8000-000000000001"

static void expire(void)
{
        _exit(42);
}

/* A boot that has loaded generation 1, on trial or good, with its guardian. */
static FixtureRoot boot_new(bool trial, usec_t confirm_within_usec)
{
        const GuardianPlan plan = { 1, 3600 * USEC_PER_SEC, 3600 * USEC_PER_SEC, NULL, expire };
        FixtureRoot root = fixture_root_new();
        GenerationState state = { .next = 2 };

        fixture_root_write(&root, BOOT_ID_PATH, BOOT "\n");
        if (trial)
                rollout_propose(&state, 1, confirm_within_usec, 10);
        else
                rollout_adopt(&state, 1, 10);
        rollout_begin(&state, 1, BOOT, 20);
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(guardian_start(root.fd, &plan), 0);
        return root;
}

static GenerationState state_of(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        return state;
}

static BlessFacts facts_new(bool up, const char *failed, const char *denial, const char *login)
{
        BlessFacts facts = { .up = up };

        cr_assert(!failed || string_list_add(&facts.failed, failed) >= 0);
        cr_assert(!denial || string_list_add(&facts.denials, denial) >= 0);
        cr_assert(!login || string_list_add(&facts.login, login) >= 0);
        return facts;
}

/* Facts x trial or good x what was known of units. */
Test(bless, verdicts)
{
        static const struct {
                bool trial, up;
                const char *failed, *denial, *login, *baseline;
                BlessVerdict verdict;
                GenerationPhase phase;
        } cases[] = {
                {true,   true,  NULL,        NULL,           NULL,                       "",            BLESS_VERDICT_BLESSED, GENERATION_PHASE_GOOD},
                { true,  false, NULL,        NULL,           NULL,                       "",            BLESS_VERDICT_FAILED,
                 GENERATION_PHASE_FAILED                                                                                                            },
                { true,  true,  "a.service", NULL,           NULL,                       "",            BLESS_VERDICT_FAILED,
                 GENERATION_PHASE_FAILED                                                                                                            },
                { true,  true,  "a.service", NULL,           NULL,                       "a.service\n", BLESS_VERDICT_BLESSED,
                 GENERATION_PHASE_GOOD                                                                                                              },
                { true,  true,  "a.service", NULL,           NULL,                       NULL,          BLESS_VERDICT_BLESSED,
                 GENERATION_PHASE_GOOD                                                                                                              },
                { true,  true,  NULL,        "IMA denied x", NULL,                       "",            BLESS_VERDICT_FAILED,
                 GENERATION_PHASE_FAILED                                                                                                            },
                { true,  true,  NULL,        NULL,           "login cannot be executed", "",            BLESS_VERDICT_FAILED,
                 GENERATION_PHASE_FAILED                                                                                                            },
                { false, true,  NULL,        NULL,           NULL,                       "",            BLESS_VERDICT_BLESSED, GENERATION_PHASE_GOOD},
                { false, true,  "a.service", "IMA denied x", NULL,                       "",            BLESS_VERDICT_BLESSED,
                 GENERATION_PHASE_GOOD                                                                                                              },
                { false, false, NULL,        NULL,           NULL,                       "",            BLESS_VERDICT_FAILED,  GENERATION_PHASE_GOOD},
                { false, true,  NULL,        NULL,           "login cannot be executed", "",            BLESS_VERDICT_FAILED,
                 GENERATION_PHASE_GOOD                                                                                                              },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = boot_new(cases[i].trial, 0);
                _cleanup_bless_facts_ BlessFacts facts = facts_new(
                                cases[i].up, cases[i].failed, cases[i].denial, cases[i].login);
                _cleanup_strings_ StringList problems = { 0 };
                BlessVerdict verdict;
                GenerationState state;

                if (cases[i].baseline)
                        fixture_root_write(&root, BLESS_BASELINE_PATH, cases[i].baseline);
                cr_assert_eq(bless_boot(root.fd, &facts, &verdict, &problems), 0, "case %zu", i);
                state = state_of(&root);
                cr_assert_eq(verdict, cases[i].verdict, "case %zu", i);
                cr_assert_eq(state.entries[0].phase, cases[i].phase, "case %zu", i);
                cr_assert_eq(problems.count > 0, verdict == BLESS_VERDICT_FAILED, "case %zu", i);
                /* Only a failed boot leaves the guardian to its work; told twice, it ends once. */
                (void) guardian_stop(root.fd);
                cr_assert_gt(waitpid(-1, NULL, 0), 0, "case %zu", i);
        }
}

/* As after an upgrade of the kernel: else any user could switch the policy off by it. */
Test(bless, trial_with_the_rules_of_a_good_generation_is_judged_like_one)
{
        _cleanup_root_ FixtureRoot root = boot_new(true, 0);
        _cleanup_bless_facts_ BlessFacts facts = facts_new(true, "a.service", "IMA denied x", NULL);
        _cleanup_strings_ StringList problems = { 0 };
        GenerationState state = state_of(&root);
        BlessVerdict verdict;

        state.entries[0].same_rules = true;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        fixture_root_write(&root, BLESS_BASELINE_PATH, "");
        cr_assert_eq(bless_boot(root.fd, &facts, &verdict, &problems), 0);
        (void) guardian_stop(root.fd);
        cr_assert_gt(waitpid(-1, NULL, 0), 0);
        cr_assert_eq(verdict, BLESS_VERDICT_BLESSED);
        cr_assert_eq(state_of(&root).entries[0].phase, GENERATION_PHASE_GOOD);
}

Test(bless, trial_that_needs_confirmation_keeps_its_guardian)
{
        _cleanup_root_ FixtureRoot root = boot_new(true, 60);
        _cleanup_bless_facts_ BlessFacts facts = facts_new(true, NULL, NULL, NULL);
        _cleanup_strings_ StringList problems = { 0 };
        BlessVerdict verdict;

        cr_assert(bless_is_due(root.fd));
        cr_assert_eq(bless_boot(root.fd, &facts, &verdict, &problems), 0);
        cr_assert_eq(verdict, BLESS_VERDICT_WAITING);
        cr_assert_eq(state_of(&root).entries[0].phase, GENERATION_PHASE_TRIAL);
        cr_assert_not(bless_is_due(root.fd));
        cr_assert_eq(guardian_stop(root.fd), 0);
}

Test(bless, boot_without_a_try_notes_failed_units)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_bless_facts_ BlessFacts facts = facts_new(true, "a.service", NULL, NULL);
        _cleanup_strings_ StringList problems = { 0 };
        _cleanup_free_ char *text = NULL;
        BlessVerdict verdict;

        fixture_root_write(&root, BOOT_ID_PATH, BOOT "\n");
        cr_assert_not(bless_is_due(root.fd));
        cr_assert_eq(bless_boot(root.fd, &facts, &verdict, &problems), 0);
        cr_assert_eq(verdict, BLESS_VERDICT_NOTHING);
        cr_assert_eq(fs_read_file(root.fd, BLESS_BASELINE_PATH, 1000, &text, NULL), 0);
        cr_assert_str_eq(text, "a.service\n");
}
