/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-undo.h"

#include "fixture-labels.h"

Test(label_undo, a_run_is_taken_back)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo;

        cr_assert_eq(labels_sign(&root), 0);
        undo = labels_undo(&root, LABEL_UNDO_BACK);
        cr_expect_eq(undo.counts[LABEL_UNDO_RESTORED], 2);
        cr_expect(labels_are_old(&root, "/a"));
        cr_expect(labels_are_old(&root, "/b"));
        undo = labels_undo(&root, LABEL_UNDO_BACK);
        cr_expect_eq(undo.counts[LABEL_UNDO_UNCHANGED], 2);
}

Test(label_undo, a_dry_run_says_what_would_be_done)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo;

        cr_assert_eq(labels_sign(&root), 0);
        labels_set(&root, "/b", "security.ima", "of somebody else");
        undo = labels_undo(&root, LABEL_UNDO_DRY_RUN);
        cr_expect_eq(undo.counts[LABEL_UNDO_RESTORED], 1);
        cr_expect_eq(undo.counts[LABEL_UNDO_DIFFERENT], 1);
        cr_expect(labels_are_new(&root, "/a"));
}

Test(label_undo, what_was_changed_since_is_left_alone)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo;

        cr_assert_eq(labels_sign(&root), 0);
        fixture_root_write(&root, "/a", "other content");
        labels_set(&root, "/b", "security.ima", "of somebody else");
        undo = labels_undo(&root, LABEL_UNDO_BACK);
        cr_expect_eq(undo.counts[LABEL_UNDO_DIFFERENT], 2);
        cr_expect(labels_are_new(&root, "/a"));
        cr_expect(labels_are(&root, "/b", "of somebody else", NEW_EVM));
}

Test(label_undo, a_file_that_took_the_place_is_left_alone)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo;

        cr_assert_eq(labels_sign(&root), 0);
        cr_assert_eq(renameat(root.fd, "b", root.fd, "a"), 0);
        undo = labels_undo(&root, LABEL_UNDO_BACK);
        cr_expect_eq(undo.counts[LABEL_UNDO_MISSING], 2);
        cr_expect(labels_are_new(&root, "/a"));
}

Test(label_undo, a_repair_leaves_what_is_labelled_whole)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo;

        cr_assert_eq(labels_sign(&root), 0);
        labels_set(&root, "/a", "security.ima", OLD);
        undo = labels_undo(&root, LABEL_UNDO_REPAIR);
        cr_expect_eq(undo.counts[LABEL_UNDO_LABELLED], 1);
        cr_expect_eq(undo.counts[LABEL_UNDO_RESTORED], 1);
        cr_expect(labels_are_old(&root, "/a"));
        cr_expect(labels_are_new(&root, "/b"));
}

static void sign(void *userdata)
{
        (void) labels_sign(userdata);
}

/* One test for all steps: the run ends at each of its calls in turn. */
Test(label_undo, wherever_a_run_is_killed_no_file_stays_half_way)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        unsigned at = 1, repaired = 0;

        for (;; at++) {
                bool killed;

                labels_reset(&root);
                killed = faults_kill(at, sign, &root);
                if (!killed)
                        break;
                if (fs_exists(root.fd, "/journal/1"))
                        repaired += labels_undo(&root, LABEL_UNDO_REPAIR)
                                                    .counts[LABEL_UNDO_RESTORED];
                for (size_t i = 0; i < ELEMENTSOF(label_paths); i++)
                        cr_assert(labels_are_old(&root, label_paths[i]) ||
                                                        labels_are_new(&root, label_paths[i]),
                                        "%s, killed at call %u", label_paths[i], at);
        }
        cr_expect_gt(at, 15, "%u calls", at);
        cr_expect_gt(repaired, 0);
}

static void undo(void *userdata)
{
        (void) labels_undo(userdata, LABEL_UNDO_BACK);
}

Test(label_undo, wherever_an_undoing_is_killed_another_one_ends_it)
{
        _cleanup_root_ FixtureRoot root = labels_new();

        for (unsigned at = 1;; at++) {
                labels_reset(&root);
                cr_assert_eq(labels_sign(&root), 0);
                if (!faults_kill(at, undo, &root))
                        break;
                (void) labels_undo(&root, LABEL_UNDO_BACK);
                cr_assert(labels_are_old(&root, "/a"), "killed at call %u", at);
                cr_assert(labels_are_old(&root, "/b"), "killed at call %u", at);
        }
}

Test(label_undo, what_cannot_be_put_back_is_told_and_can_be_tried_again)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        LabelsUndo undo_result;

        cr_assert_eq(labels_sign(&root), 0);
        faults_plan(9, EROFS);
        undo_result = labels_undo(&root, LABEL_UNDO_BACK);
        faults_plan(0, 0);
        cr_expect_eq(undo_result.error, -EROFS);
        (void) labels_undo(&root, LABEL_UNDO_BACK);
        cr_expect(labels_are_old(&root, "/a"));
        cr_expect(labels_are_old(&root, "/b"));
}
