/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a transaction that is cut short. */
#include "fixture-transaction.h"
#include "helpers/imad-gate/journal-writer.h"

/* As one that is killed leaves it. */
static void leave(FixtureTransaction *root)
{
        cr_assert_eq(rename(TRANSACTION_JOURNAL_PATH, "/kept"), 0);
        cr_assert_eq(transaction_end(root->transaction), 0);
        root->transaction = transaction_free(root->transaction);
        cr_assert_eq(unlink(TRANSACTION_STORE_DIRECTORY "/1.json"), 0);
        cr_assert_eq(rename("/kept", TRANSACTION_JOURNAL_PATH), 0);
}

/* As the next imad-gate does after a power cut. */
static void resume(FixtureTransaction *root)
{
        const TransactionSetup setup = { root->fd, &root->settings };
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

        cr_assert_eq(transaction_journal_load(root->fd, &journal), 0);
        journal.owner_start++; /* that process has ended */
        cr_assert_eq(transaction_resume(&setup, &journal, &root->transaction), 0);
}

Test(transaction_recovery, goes_on_with_one_that_was_cut_short)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0, "%s", reasons.data);
        leave(&root);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        resume(&root);
        cr_assert_lt(transaction_get_owner(root.transaction)->fd, 0);
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
        fixture_transaction_check_report(&root, "interrupted", "true");
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

/* A journal whose signatures had not been made by the time of the power cut, and no key. */
static void leave_unsigned(FixtureTransaction *root)
{
        const PackageManager owner = { .pid = getpid(), .fd = -EBADF, .name = "dpkg" };
        _cleanup_label_table_ LabelTable *table = NULL;
        _cleanup_buffer_ Buffer packages = { 0 };
        const JournalHead head = { &owner, 7 * USEC_PER_SEC, &packages };
        JournalWriter writer;
        LabelNumber number;
        Digest digest;

        cr_assert_eq(transaction_journal_add_package(&packages, "a - 1.0-1 /a.deb", true), 0);
        cr_assert_eq(label_table_new(1 << 20, &table), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM), &digest),
                        0);
        cr_assert_eq(label_table_add(table, strlen(FIXTURE_PROGRAM), digest.bytes, "/usr/bin/a",
                                     &number),
                        0);
        cr_assert_eq(journal_writer_start(table, root->fd, &head, &writer), 0);
        journal_writer_done(&writer);
        fixture_transaction_put("/usr/bin/a", FIXTURE_PROGRAM, strlen(FIXTURE_PROGRAM));
        cr_assert_eq(rename("/key.pem", "/hidden.pem"), 0);
}

static void find_key(void)
{
        cr_assert_eq(rename("/hidden.pem", "/key.pem"), 0);
}

Test(transaction_recovery, the_journal_stays_as_long_as_signatures_cannot_be_made)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();

        leave_unsigned(&root);
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        root.transaction = transaction_free(root.transaction);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), 0);
        cr_assert_eq(access(TRANSACTION_STORE_DIRECTORY "/1.json", F_OK), -1, "not ended yet");
        find_key();
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

Test(transaction_recovery, the_next_one_signs_what_one_before_could_not)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        leave_unsigned(&root);
        cr_assert_eq(unlink("/a.deb"), 0);
        fixture_transaction_put_other();
        find_key();
        cr_assert_eq(fixture_transaction_cover(&root, "/b.deb", &reasons), 0, "%s", reasons.data);
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_label(&root, "/usr/bin/a", FIXTURE_PROGRAM);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), -1);
}

Test(transaction_recovery, one_that_is_not_covered_leaves_the_journal_of_another)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_buffer_ Buffer reasons = { 0 };

        leave_unsigned(&root);
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), -ENOENT);
        transaction_leave_uncovered(root.transaction, "because");
        cr_assert_eq(transaction_end(root.transaction), 0);
        cr_assert_eq(access(TRANSACTION_JOURNAL_PATH, F_OK), 0);
}

Test(transaction_recovery, what_was_known_of_it_outlives_a_cut)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();

        leave_unsigned(&root);
        find_key();
        resume(&root);
        cr_assert_eq(transaction_end(root.transaction), 0);
        fixture_transaction_check_report(&root, "begin_usec", "7000000");
        fixture_transaction_check_report(&root, "packages",
                        "[{\"allowed\": true, \"archive\": \"/a.deb\", \"name\": \"a\", "
                        "\"old_version\": null, \"version\": \"1.0-1\"}]");
}

Test(transaction_recovery, archives_that_come_later_are_in_the_journal)
{
        _cleanup_fixture_transaction_ FixtureTransaction root = fixture_transaction_new();
        _cleanup_strings_ StringList archives = { 0 };
        _cleanup_buffer_ Buffer reasons = { 0 };
        size_t count = 0;

        fixture_transaction_put_other();
        cr_assert_eq(fixture_transaction_cover(&root, "/a.deb", &reasons), 0);
        cr_assert_eq(string_list_add(&archives, "/b.deb"), 0);
        cr_assert_eq(transaction_cover(root.transaction, &archives, &reasons), 0);
        for (int i = 0; count < 2 && i < FIXTURE_GATE_PATIENCE / 10; i++) {
                _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

                cr_assert_eq(transaction_journal_load(root.fd, &journal), 0);
                count = journal.packages.count;
                (void) poll(NULL, 0, 10);
        }
        cr_assert_eq(count, 2);
}
