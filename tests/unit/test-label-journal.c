/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-journal.h"

#include "fixture-labels.h"

static LabelJournalState get_state(const FixtureRoot *root, size_t i)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };

        cr_assert_eq(label_journal_list(root->fd, "/journal", &list), 0);
        cr_assert_lt(i, list.count);
        return list.items[i].state;
}

Test(label_journal, no_directory_is_an_empty_list)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_label_journals_ LabelJournalList list = { 0 };

        cr_expect_eq(label_journal_list(root.fd, "/journal", &list), 0);
        cr_expect_eq(list.count, 0);
}

Test(label_journal, a_list_tells_what_was_asked_and_how_it_ended)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_journals_ LabelJournalList list = { 0 };

        cr_assert_eq(labels_sign(&root), 0);
        cr_assert_eq(label_journal_list(root.fd, "/journal", &list), 0);
        cr_assert_eq(list.count, 1);
        cr_expect_eq(list.items[0].number, 1);
        cr_expect_eq(list.items[0].state, LABEL_JOURNAL_ENDED);
        cr_expect_eq(list.items[0].time_usec, 1);
        cr_expect_eq(memcmp(list.items[0].words, "sign\0/", 7), 0);
}

Test(label_journal, one_that_is_written_is_running_and_cannot_be_opened)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_journal_ LabelJournal *journal = NULL, *other = NULL;

        cr_assert_eq(label_journal_create(root.fd, "/journal", 1, "a", 2, &journal), 0);
        cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_RUNNING);
        cr_expect_eq(label_journal_open(root.fd, "/journal", 1, &other), -EBUSY);
        journal = label_journal_free(journal);
        cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_OPEN);
}

Test(label_journal, what_a_kill_tore_off_is_cut_off)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        struct stat whole, cut;

        cr_assert_eq(labels_sign(&root), 0);
        cr_assert_eq(fstatat(root.fd, "journal/1", &whole, 0), 0);
        for (int torn = 1; torn < 30; torn++) {
                _cleanup_label_journal_ LabelJournal *journal = NULL;

                cr_assert_eq(fchdir(root.fd), 0);
                cr_assert_eq(truncate("journal/1", whole.st_size - torn), 0);
                cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_OPEN);
                cr_assert_eq(label_journal_open(root.fd, "/journal", 1, &journal), 0);
                cr_assert_eq(fstatat(root.fd, "journal/1", &cut, 0), 0);
                cr_expect_eq(whole.st_size - cut.st_size, 38);
        }
}

Test(label_journal, what_others_can_write_is_not_believed)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_journal_ LabelJournal *journal = NULL;

        cr_assert_eq(labels_sign(&root), 0);
        cr_assert_eq(fchmodat(root.fd, "journal/1", 0622, 0), 0);
        cr_expect_eq(label_journal_open(root.fd, "/journal", 1, &journal), -EPERM);
        cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_DAMAGED);
}

Test(label_journal, what_is_none_is_damaged_and_stays)
{
        _cleanup_root_ FixtureRoot root = labels_new();

        fixture_root_write(&root, "/journal/1", "no journal");
        cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_DAMAGED);
        cr_assert_eq(labels_sign(&root), 0);
        cr_expect_eq(get_state(&root, 0), LABEL_JOURNAL_DAMAGED);
        cr_expect_eq(get_state(&root, 1), LABEL_JOURNAL_ENDED);
}

Test(label_journal, the_oldest_ended_ones_make_room)
{
        _cleanup_root_ FixtureRoot root = labels_new();
        _cleanup_label_journals_ LabelJournalList list = { 0 };

        for (unsigned i = 0; i < LABEL_JOURNALS_KEPT + 3; i++)
                cr_assert_eq(labels_sign(&root), 0);
        cr_assert_eq(label_journal_list(root.fd, "/journal", &list), 0);
        cr_expect_eq(list.count, LABEL_JOURNALS_KEPT + 1);
        cr_expect_eq(list.items[0].number, 3);
}

/* What could not be written is not there, and what comes behind it can be read. */
Test(label_journal, a_write_that_fails_leaves_the_journal_whole)
{
        _cleanup_root_ FixtureRoot root = labels_new();

        for (unsigned at = 1; at < 200; at++) {
                int r;

                labels_reset(&root);
                faults_plan(at, ENOSPC);
                r = labels_sign(&root);
                faults_plan(0, 0);
                if (r >= 0)
                        break;
                cr_assert(labels_are_old(&root, "/a") || labels_are_new(&root, "/a"), "%u", at);
                cr_assert(labels_are_old(&root, "/b") || labels_are_new(&root, "/b"), "%u", at);
                if (fs_exists(root.fd, "/journal/1"))
                        cr_assert_neq(get_state(&root, 0), LABEL_JOURNAL_DAMAGED);
        }
}
