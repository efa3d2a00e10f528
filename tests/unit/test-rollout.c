/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-root.h"
#include "system/rollout.h"

#define FIRST "00000000-0000-4000-8000-000000000001"
#define SECOND "00000000-0000-4000-8000-000000000002"

static GenerationPhase phase_of(GenerationState *state, uint64_t number)
{
        const GenerationEntry *entry = generation_state_find(state, number);

        return entry ? entry->phase : GENERATION_PHASE_INVALID;
}

/* Generation 1 is good, 2 is about to be tried. */
static GenerationState new_trial(usec_t confirm_within_usec)
{
        GenerationState state = { .next = 3 };

        rollout_adopt(&state, 1, 10);
        rollout_propose(&state, 2, confirm_within_usec, 20);
        return state;
}

/* The same, loaded by the boot FIRST. */
static GenerationState new_tried(usec_t confirm_within_usec)
{
        GenerationState state = new_trial(confirm_within_usec);

        cr_assert_eq(rollout_settle(&state, FIRST, 30), ROLLOUT_FINDING_NONE);
        rollout_begin(&state, 2, FIRST, 30);
        return state;
}

Test(rollout, what_cannot_brick_is_good_at_once)
{
        GenerationState state = { .next = 1 };

        rollout_adopt(&state, 1, 10);
        rollout_adopt(&state, 2, 20);
        cr_assert_eq(state.intended, 2);
        cr_assert_eq(phase_of(&state, 1), GENERATION_PHASE_RETIRED);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_GOOD);
}

Test(rollout, what_is_observed_leaves_the_good_one_to_go_back_to)
{
        GenerationState state = { .next = 4 };

        rollout_adopt(&state, 1, 10);
        rollout_observe(&state, 2, 20);
        cr_assert_eq(state.intended, 2);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_OBSERVED);
        cr_assert_eq(rollout_find_good(&state), 1);
        rollout_propose(&state, 3, 0, 30);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_RETIRED);
        cr_assert_eq(rollout_roll_back(&state, 40), 0);
        cr_assert_eq(state.intended, 1, "it was never good");
}

Test(rollout, trial_leaves_the_good_one_good)
{
        GenerationState state = new_trial(0);

        cr_assert_eq(state.intended, 2);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_CANDIDATE);
        cr_assert_eq(rollout_find_good(&state), 1);
        rollout_begin(&state, 2, FIRST, 30);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_TRIAL);
        cr_assert_eq(rollout_find_good(&state), 1);
}

Test(rollout, automatic_trial_is_good_when_its_boot_is_blessed)
{
        GenerationState state = new_tried(0);

        cr_assert_not(rollout_bless(&state, rollout_find_try(&state, FIRST), 40));
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_GOOD);
        cr_assert_eq(phase_of(&state, 1), GENERATION_PHASE_RETIRED);
        cr_assert_eq(rollout_settle(&state, SECOND, 50), ROLLOUT_FINDING_NONE);
        cr_assert_eq(state.intended, 2);
}

Test(rollout, confirmation_counts_after_the_blessing_only)
{
        GenerationState state = new_tried(60);

        cr_assert_eq(rollout_confirm(&state, FIRST, 35), -EAGAIN);
        cr_assert(rollout_bless(&state, rollout_find_try(&state, FIRST), 40));
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_TRIAL);
        cr_assert_eq(rollout_confirm(&state, SECOND, 45), -EAGAIN, "of another boot");
        cr_assert_eq(rollout_confirm(&state, FIRST, 50), 0);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_GOOD);
        cr_assert_eq(rollout_confirm(&state, FIRST, 55), -ENOENT);
}

Test(rollout, candidate_cannot_be_confirmed_unseen)
{
        GenerationState state = new_trial(60);

        cr_assert_eq(rollout_confirm(&state, FIRST, 30), -EAGAIN);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_CANDIDATE);
}

/* How the boot of a trial or of a good generation ended, and what the next boot makes of it. */
Test(rollout, next_boot_judges_the_last_one)
{
        static const struct {
                bool trial;
                BootTryResult result;
                RolloutFinding finding;
                GenerationPhase phase;
                uint64_t intended;
                bool alarm;
        } cases[] = {
                {true,   BOOT_TRY_RESULT_OPEN,     ROLLOUT_FINDING_TRIAL_FAILED, GENERATION_PHASE_FAILED,
                 1,                                                                                          true},
                { true,  BOOT_TRY_RESULT_WAITING,  ROLLOUT_FINDING_TRIAL_FAILED,
                 GENERATION_PHASE_FAILED,                                                                 1, true},
                { true,  BOOT_TRY_RESULT_SHUTDOWN, ROLLOUT_FINDING_NONE,         GENERATION_PHASE_TRIAL,  2,
                 false                                                                                           },
                { false, BOOT_TRY_RESULT_OPEN,     ROLLOUT_FINDING_GOOD_FAILED,  GENERATION_PHASE_GOOD,
                 2,                                                                                          true},
                { false, BOOT_TRY_RESULT_SHUTDOWN, ROLLOUT_FINDING_NONE,         GENERATION_PHASE_GOOD,   2,
                 false                                                                                           },
                { false, BOOT_TRY_RESULT_BLESSED,  ROLLOUT_FINDING_NONE,         GENERATION_PHASE_GOOD,   2,
                 false                                                                                           },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                GenerationState state = new_tried(0);

                if (!cases[i].trial) {
                        (void) rollout_bless(&state, rollout_find_try(&state, FIRST), 40);
                        rollout_begin(&state, 2, FIRST, 41);
                }
                rollout_find_try(&state, FIRST)->result = cases[i].result;
                cr_assert_eq(rollout_settle(&state, FIRST, 50), ROLLOUT_FINDING_NONE,
                                "case %zu: its own boot says nothing", i);
                cr_assert_eq(rollout_settle(&state, SECOND, 60), cases[i].finding, "case %zu", i);
                cr_assert_eq(phase_of(&state, 2), cases[i].phase, "case %zu", i);
                cr_assert_eq(state.intended, cases[i].intended, "case %zu", i);
                cr_assert_eq(*state.alarm != '\0', cases[i].alarm, "case %zu", i);
                cr_assert_eq(rollout_settle(&state, SECOND, 70), ROLLOUT_FINDING_NONE,
                                "case %zu: a failure is found once", i);
        }
}

Test(rollout, failed_trial_without_a_good_one_intends_none)
{
        GenerationState state = { .next = 1 };

        rollout_propose(&state, 1, 0, 10);
        rollout_begin(&state, 1, FIRST, 20);
        cr_assert_eq(rollout_settle(&state, SECOND, 30), ROLLOUT_FINDING_TRIAL_FAILED);
        cr_assert_eq(state.intended, 0);
}

Test(rollout, failed_check_ends_the_trial_but_not_a_good_generation)
{
        GenerationState state = new_tried(0);

        rollout_fail(&state, rollout_find_try(&state, FIRST), "x.service has failed", 40);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_FAILED);
        cr_assert_str_eq(generation_state_find(&state, 2)->reason, "x.service has failed");
        cr_assert_eq(state.intended, 1);
        rollout_begin(&state, 1, SECOND, 50);
        rollout_fail(&state, rollout_find_try(&state, SECOND), "x.service has failed", 60);
        cr_assert_eq(phase_of(&state, 1), GENERATION_PHASE_GOOD);
        cr_assert_eq(rollout_find_try(&state, SECOND)->result, BOOT_TRY_RESULT_OPEN);
}

Test(rollout, alarm_stands_until_it_is_acknowledged)
{
        GenerationState state = new_tried(0);

        (void) rollout_settle(&state, SECOND, 50);
        cr_assert_str_eq(state.alarm, "generation 2: the boot that tried it did not come up");
        cr_assert_eq(rollout_confirm(&state, SECOND, 60), 0);
        cr_assert_str_eq(state.alarm, "");
        cr_assert_eq(rollout_confirm(&state, SECOND, 70), -ENOENT);
}

Test(rollout, roll_back_goes_to_what_was_good)
{
        GenerationState state = new_tried(0);

        cr_assert_eq(rollout_roll_back(&state, 40), 0);
        cr_assert_eq(state.intended, 1);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_FAILED);
        cr_assert_eq(rollout_roll_back(&state, 50), 0, "nothing else was good");
        cr_assert_eq(state.intended, 0);
        cr_assert_eq(rollout_roll_back(&state, 60), -ENOENT);
}

Test(rollout, roll_back_of_a_good_one_goes_to_the_one_before)
{
        GenerationState state = { .next = 3 };

        rollout_adopt(&state, 1, 10);
        rollout_adopt(&state, 2, 20);
        cr_assert_eq(rollout_roll_back(&state, 30), 0);
        cr_assert_eq(state.intended, 1);
        cr_assert_eq(phase_of(&state, 1), GENERATION_PHASE_GOOD);
        cr_assert_eq(phase_of(&state, 2), GENERATION_PHASE_FAILED);
}

Test(rollout, off_leaves_nothing_to_fall_back_to)
{
        GenerationState state = new_trial(0);

        cr_assert(rollout_turn_off(&state, 30));
        cr_assert_eq(state.intended, 0);
        cr_assert_eq(rollout_find_good(&state), 0);
        cr_assert_not(rollout_turn_off(&state, 40));
        cr_assert_eq(rollout_roll_back(&state, 50), 0);
        cr_assert_eq(state.intended, 1, "what was never good is not gone back to");
}

Test(rollout, shutdown_in_order_is_no_failed_try)
{
        GenerationState state = new_tried(0);

        cr_assert(rollout_shut_down(&state, FIRST));
        cr_assert_not(rollout_shut_down(&state, FIRST));
        cr_assert_not(rollout_shut_down(&state, SECOND));
        cr_assert_eq(rollout_settle(&state, SECOND, 50), ROLLOUT_FINDING_NONE);
}

Test(rollout, pruning_spares_what_may_be_needed)
{
        GenerationState state = { .next = 1 };
        uint64_t pruned[GENERATION_ENTRIES_MAX];

        for (uint64_t i = 1; i <= 5; i++)
                rollout_adopt(&state, i, i);
        rollout_propose(&state, 6, 0, 6);
        cr_assert_eq(rollout_prune(&state, 3, pruned), 3);
        cr_assert_eq(pruned[0], 1);
        cr_assert_eq(pruned[2], 3);
        cr_assert_eq(rollout_prune(&state, 0, pruned), 1);
        cr_assert_eq(pruned[0], 4);
        cr_assert_eq(state.n_entries, 2, "the good and the intended one stay");
}

Test(rollout, history_has_an_end)
{
        GenerationState state = { .next = 1 };

        for (uint64_t i = 1; i <= 3 * GENERATION_ENTRIES_MAX; i++) {
                char boot_id[BOOT_ID_SIZE];

                (void) snprintf(boot_id, sizeof(boot_id), "%u", (unsigned) i);
                rollout_propose(&state, i, 0, i);
                rollout_begin(&state, i, boot_id, i);
                (void) rollout_bless(&state, rollout_find_try(&state, boot_id), i);
        }
        cr_assert_eq(state.n_entries, GENERATION_ENTRIES_MAX);
        cr_assert_eq(state.n_tries, BOOT_TRIES_MAX);
        cr_assert_eq(state.tries[BOOT_TRIES_MAX - 1].generation, 3 * GENERATION_ENTRIES_MAX);
}

Test(rollout, boot_id_is_read_whole)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        char boot_id[BOOT_ID_SIZE];

        cr_assert_eq(rollout_read_boot_id(root.fd, boot_id), -ENOENT);
        fixture_root_write(&root, BOOT_ID_PATH, FIRST "\n");
        cr_assert_eq(rollout_read_boot_id(root.fd, boot_id), 0);
        cr_assert_str_eq(boot_id, FIRST);
        fixture_root_write(&root, BOOT_ID_PATH, "short\n");
        cr_assert_eq(rollout_read_boot_id(root.fd, boot_id), -EBADMSG);
}
