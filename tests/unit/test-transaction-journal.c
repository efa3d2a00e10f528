/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/digest.h"
#include "base/fs.h"
#include "fixture-root.h"
#include "system/transaction-journal.h"

#define PROGRAM "\177ELF of a program"
#define OTHER "\177ELF of another.."

static const uint8_t signature[] = { 3, 2, 4, 1, 1, 1, 1, 0, 1, 7 };

static FixtureRoot make_root(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/proc/1234/stat",
                        "1234 (apt) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0\n");
        cr_assert_eq(fs_make_directories(root.fd, "/var/lib/imad", 0755), 0);
        return root;
}

static void add(int fd, const char *path, const char *text, size_t signature_size)
{
        Attachment item = { .path = path, .size = strlen(text), .signature_size = signature_size };
        _cleanup_buffer_ Buffer records = { 0 };
        Digest digest;

        cr_assert_eq(digest_compute(HASH_SHA256, text, strlen(text), &digest), 0);
        memcpy(item.digest, digest.bytes, sizeof(item.digest));
        memcpy(item.signature, signature, signature_size);
        cr_assert_eq(attachment_format(&item, &records), 0);
        cr_assert_eq(fs_write_all(fd, records.data, records.size), 0);
}

static void load(const FixtureRoot *root, TransactionJournal *ret_journal)
{
        cr_assert_eq(transaction_journal_load(root->fd, ret_journal), 0);
}

/* A journal of /usr/bin/a, whose signature was made after its entry. */
static void write_journal(const FixtureRoot *root)
{
        _cleanup_close_ int fd = transaction_journal_create(root->fd, 1234, "apt", 7000);
        _cleanup_buffer_ Buffer package = { 0 };

        cr_assert_geq(fd, 0);
        cr_assert_eq(transaction_journal_add_package(&package, "a - 1.0 /a.deb", false), 0);
        cr_assert_eq(transaction_journal_add_package(&package, "b - 1.0 /b.deb", true), 0);
        cr_assert_eq(fs_write_all(fd, package.data, package.size), 0);
        add(fd, "/usr/bin/a", PROGRAM, 0);
        add(fd, "/usr/bin/a", PROGRAM, sizeof(signature));
}

/* Only root labels files, and not everywhere. */
static void need_labels(const FixtureRoot *root)
{
        _cleanup_close_ int fd = fs_open(root->fd, "/proc/1234/stat", O_RDONLY, 0);

        if (fsetxattr(fd, "security.ima", signature, sizeof(signature), 0) < 0)
                cr_skip_test("security.ima cannot be set here");
}

static ssize_t get_label(const FixtureRoot *root, const char *path, uint8_t value[static 64])
{
        _cleanup_close_ int fd = fs_open(root->fd, path, O_RDONLY, 0);

        return fgetxattr(fd, "security.ima", value, 64);
}

Test(transaction_journal, is_read_as_it_was_written)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

        write_journal(&root);
        load(&root, &journal);
        cr_assert_eq(journal.owner, 1234);
        cr_assert_eq(journal.owner_start, 777);
        cr_assert_str_eq(journal.owner_name, "apt");
        cr_assert_eq(journal.begin_usec, 7000);
        cr_assert_eq(journal.packages.count, 2);
        cr_assert_str_eq(journal.packages.items[0], "a - 1.0 /a.deb");
        cr_assert_eq(journal.allowed.count, 1);
        cr_assert_str_eq(journal.allowed.items[0], "b - 1.0 /b.deb");
        cr_assert_eq(journal.count, 1);
        cr_assert_eq(journal.items[0].signature_size, sizeof(signature));
}

Test(transaction_journal, loses_only_the_records_that_a_power_cut_has_spoilt)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        _cleanup_close_ int fd = -EBADF;

        write_journal(&root);
        fd = fs_open(root.fd, TRANSACTION_JOURNAL_PATH, O_WRONLY | O_APPEND, 0);
        cr_assert_eq(fs_write_all(fd, "label 5 00\0\0\0\0", 14), 0);
        add(fd, "/usr/bin/b", PROGRAM, 0);
        cr_assert_eq(fs_write_all(fd, "label 5 00", 10), 0);
        load(&root, &journal);
        cr_assert_eq(journal.count, 2);
        cr_assert_str_eq(journal.items[1].path, "/usr/bin/b");
}

Test(transaction_journal, is_not_believed_when_others_can_write_to_it)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        _cleanup_close_ int fd = -EBADF;

        write_journal(&root);
        fd = fs_open(root.fd, TRANSACTION_JOURNAL_PATH, O_RDONLY, 0);
        cr_assert_eq(fchmod(fd, 0620), 0);
        cr_assert_eq(transaction_journal_load(root.fd, &journal), -EPERM);
}

Test(transaction_journal, is_refused_when_malformed)
{
        static const char *const heads[] = { "", "imad-transaction 2 5 5 apt",
                "imad-transaction 1 1 5 apt", "imad-transaction 1 x 5 apt" };
        _cleanup_root_ FixtureRoot root = make_root();
        TransactionJournal journal;

        for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
                cr_assert_eq(fs_replace_file(root.fd, TRANSACTION_JOURNAL_PATH, heads[i],
                                             strlen(heads[i]) + 1, 0600),
                                0);
                cr_assert_eq(transaction_journal_load(root.fd, &journal), -EBADMSG, "%s", heads[i]);
        }
}

Test(transaction_journal, knows_whether_its_owner_lives)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

        write_journal(&root);
        load(&root, &journal);
        cr_assert(transaction_journal_owner_lives(root.fd, &journal));
        journal.owner_start++;
        cr_assert_not(transaction_journal_owner_lives(root.fd, &journal));
}

Test(transaction_journal, labels_what_was_missed_under_any_name_of_dpkg)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        TransactionReplay replay;
        uint8_t value[64];

        need_labels(&root);
        write_journal(&root);
        fixture_root_write(&root, "/usr/bin/a.dpkg-new", PROGRAM);
        fixture_root_write(&root, "/usr/bin/a", OTHER);
        load(&root, &journal);
        cr_assert_eq(transaction_journal_replay(root.fd, &journal, &replay), 0);
        cr_assert_eq(replay.labelled, 1);
        cr_assert_eq(replay.failed, 0);
        cr_assert_eq(get_label(&root, "/usr/bin/a.dpkg-new", value), sizeof(signature));
        cr_assert_eq(memcmp(value, signature, sizeof(signature)), 0);
        cr_assert_lt(get_label(&root, "/usr/bin/a", value), 0);
        cr_assert_eq(transaction_journal_replay(root.fd, &journal, &replay), 0);
        cr_assert_eq(replay.labelled, 0);
        cr_assert_eq(replay.right, 1);
}

/* As the kernel leaves it: a digest of the bytes that the file had once. */
static void set_digest(const FixtureRoot *root, const char *path)
{
        static const uint8_t value[34] = { 4, 4, 1, 2, 3 };
        _cleanup_close_ int fd = fs_open(root->fd, path, O_RDONLY, 0);

        cr_assert_eq(fsetxattr(fd, "security.ima", value, sizeof(value), 0), 0);
}

Test(transaction_journal, takes_no_digest_for_a_signature)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        TransactionReplay replay;
        uint8_t value[64];

        need_labels(&root);
        write_journal(&root);
        fixture_root_write(&root, "/usr/bin/a", PROGRAM);
        set_digest(&root, "/usr/bin/a");
        load(&root, &journal);
        cr_assert_eq(transaction_journal_replay(root.fd, &journal, &replay), 0);
        cr_assert_eq(replay.labelled, 1);
        cr_assert_eq(get_label(&root, "/usr/bin/a", value), sizeof(signature));
}

Test(transaction_journal, leaves_signatures_alone)
{
        static const uint8_t other[] = { 3, 2, 4, 2, 2, 2, 2, 0, 1, 8 };
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        _cleanup_close_ int fd = -EBADF;
        TransactionReplay replay;
        uint8_t value[64];

        need_labels(&root);
        write_journal(&root);
        fixture_root_write(&root, "/usr/bin/a", PROGRAM);
        fd = fs_open(root.fd, "/usr/bin/a", O_RDONLY, 0);
        cr_assert_eq(fsetxattr(fd, "security.ima", other, sizeof(other), 0), 0);
        load(&root, &journal);
        cr_assert_eq(transaction_journal_replay(root.fd, &journal, &replay), 0);
        cr_assert_eq(replay.right, 1);
        cr_assert_eq(get_label(&root, "/usr/bin/a", value), sizeof(other));
        cr_assert_eq(memcmp(value, other, sizeof(other)), 0);
}

Test(transaction_journal, counts_what_waits_for_its_signature)
{
        _cleanup_root_ FixtureRoot root = make_root();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        TransactionReplay replay;

        write_journal(&root);
        fixture_root_write(&root, "/usr/bin/a", PROGRAM);
        load(&root, &journal);
        journal.items[0].signature_size = 0;
        cr_assert_eq(transaction_journal_replay(root.fd, &journal, &replay), 0);
        cr_assert_eq(replay.missing, 1);
        cr_assert_eq(replay.labelled, 0);
}

Test(transaction_journal, is_gone_when_it_is_removed)
{
        _cleanup_root_ FixtureRoot root = make_root();
        TransactionJournal journal;

        write_journal(&root);
        cr_assert_eq(transaction_journal_remove(root.fd), 0);
        cr_assert_eq(transaction_journal_load(root.fd, &journal), -ENOENT);
        cr_assert_eq(transaction_journal_remove(root.fd), 0);
}
