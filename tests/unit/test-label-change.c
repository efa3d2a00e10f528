/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-change.h"

#include "fixture-labels.h"

Test(label_change, both_labels_are_set)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_change_ LabelChange change = labels_plan(&root, "/a");

        cr_expect_eq(label_change_make(&change), 0);
        cr_expect(labels_are_new(&root, "/a"));
}

Test(label_change, a_removal_removes)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_change_ LabelChange change = { .file = labels_open(&root, "/a") };

        label_change_add(&change, FILE_LABEL_IMA, copy_value(OLD), strlen(OLD), NULL, 0);
        cr_expect_eq(label_change_make(&change), 0);
        cr_expect(labels_are(&root, "/a", NULL, NULL));
}

Test(label_change, a_file_that_was_changed_meanwhile_is_left_alone)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_change_ LabelChange change = labels_plan(&root, "/a");

        fixture_root_write(&root, "/a", "other content");
        cr_expect_eq(label_change_make(&change), -ESTALE);
        cr_expect(labels_are_old(&root, "/a"));
}

static const int errors[] = { ENOSPC, EIO, EPERM, EROFS, ENODATA, EDQUOT, EOPNOTSUPP, EACCES };

/* Each call in turn fails by each error: the labels are the old ones, or both are new. */
Test(label_change, whatever_fails_the_change_is_whole_or_not_there)
{
        _cleanup_root_ FixtureRoot root = labels_new();

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                for (unsigned at = 1;; at++) {
                        _cleanup_label_change_ LabelChange change = LABEL_CHANGE_NONE;
                        int r;

                        labels_reset(&root);
                        change = labels_plan(&root, "/a");
                        faults_plan(at, errors[i]);
                        r = label_change_make(&change);
                        if (faults->calls < at)
                                break;
                        faults_plan(0, 0);
                        cr_assert(r < 0 ? labels_are_old(&root, "/a") : labels_are_new(&root, "/a"),
                                        "call %u, %s", at, strerror(errors[i]));
                }
}
