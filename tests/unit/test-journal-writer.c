/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include "fixture-root.h"
#include "helpers/imad-gate/journal-writer.h"
#include "system/transaction-journal.h"

#define PATIENCE 5000 /* milliseconds until what was to happen has not */
#define SIGNATURE "\3\2\4of some bytes"

typedef struct Fixture {
        FixtureRoot root;
        LabelTable *table;
        JournalWriter writer;
} Fixture;

static Fixture make(void)
{
        Fixture fixture = { .root = fixture_root_new() };

        fixture_root_write(&fixture.root, "/proc/1234/stat",
                        "1234 (apt) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0\n");
        cr_assert_eq(label_table_new(1 << 20, &fixture.table), 0);
        return fixture;
}

static void fixture_done(Fixture *fixture)
{
        journal_writer_done(&fixture->writer);
        label_table_free(fixture->table);
        fixture_root_done(&fixture->root);
}

#define _cleanup_fixture_ _cleanup_(fixture_done)

static void start(Fixture *fixture)
{
        const PackageManager owner = { .pid = 1234, .fd = -EBADF, .name = "apt" };
        _cleanup_buffer_ Buffer packages = { 0 };
        const JournalHead head = { &owner, 7000, &packages };

        cr_assert_eq(transaction_journal_add_package(&packages, "a - 1 /a.deb", false), 0);
        cr_assert_eq(journal_writer_start(
                                     fixture->table, fixture->root.fd, &head, &fixture->writer),
                        0);
}

/* Entries differ by their sizes. */
static LabelNumber add(Fixture *fixture, uint64_t size, const char *path)
{
        static const uint8_t digest[LABEL_DIGEST_SIZE];
        LabelNumber number;

        cr_assert_eq(label_table_add(fixture->table, size, digest, path, &number), 0);
        return number;
}

static void sign(Fixture *fixture, LabelNumber number)
{
        cr_assert_eq(label_table_set_signature(fixture->table, number, (const uint8_t *) SIGNATURE,
                                     strlen(SIGNATURE)),
                        0);
}

typedef bool Condition(const TransactionJournal *journal, const char *path);

static bool has_path(const TransactionJournal *journal, const char *path)
{
        for (size_t i = 0; i < journal->count; i++)
                if (string_equal(journal->items[i].path, path))
                        return true;
        return false;
}

static bool has_signature(const TransactionJournal *journal, const char *path)
{
        for (size_t i = 0; i < journal->count; i++)
                if (string_equal(journal->items[i].path, path))
                        return journal->items[i].signature_size == strlen(SIGNATURE);
        return false;
}

static bool has_package(const TransactionJournal *journal, const char *text)
{
        return string_list_contains(&journal->packages, text);
}

/* Whether the journal comes to be so. */
static bool comes(const Fixture *fixture, Condition *condition, const char *argument)
{
        for (int i = 0; i < PATIENCE / 10; i++) {
                _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

                cr_assert_eq(transaction_journal_load(fixture->root.fd, &journal), 0);
                if (condition(&journal, argument))
                        return true;
                (void) poll(NULL, 0, 10);
        }
        return false;
}

Test(journal_writer, has_written_all_when_it_has_started)
{
        _cleanup_fixture_ Fixture fixture = make();
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };

        sign(&fixture, add(&fixture, 1, "/usr/bin/a"));
        start(&fixture);
        cr_assert_eq(transaction_journal_load(fixture.root.fd, &journal), 0);
        cr_expect_eq(journal.begin_usec, 7000);
        cr_expect(has_package(&journal, "a - 1 /a.deb"));
        cr_expect(has_signature(&journal, "/usr/bin/a"));
}

Test(journal_writer, follows_new_entries_and_their_signatures)
{
        _cleanup_fixture_ Fixture fixture = make();
        LabelNumber number;

        start(&fixture);
        number = add(&fixture, 1, "/usr/bin/a");
        cr_assert(comes(&fixture, has_path, "/usr/bin/a"));
        sign(&fixture, number);
        cr_assert(comes(&fixture, has_signature, "/usr/bin/a"));
}

Test(journal_writer, follows_new_paths_of_old_entries)
{
        _cleanup_fixture_ Fixture fixture = make();

        sign(&fixture, add(&fixture, 1, "/usr/bin/a"));
        start(&fixture);
        add(&fixture, 1, "/usr/bin/copy");
        cr_assert(comes(&fixture, has_signature, "/usr/bin/copy"));
}

Test(journal_writer, takes_packages_that_come_later)
{
        _cleanup_fixture_ Fixture fixture = make();
        _cleanup_buffer_ Buffer packages = { 0 };

        start(&fixture);
        cr_assert_eq(transaction_journal_add_package(&packages, "b - 1 /b.deb", false), 0);
        cr_assert_eq(journal_writer_add_packages(&fixture.writer, packages.data, packages.size), 0);
        cr_assert(comes(&fixture, has_package, "b - 1 /b.deb"));
}

static off_t get_size(const Fixture *fixture)
{
        _cleanup_close_ int fd = fs_open(fixture->root.fd, TRANSACTION_JOURNAL_PATH, O_PATH, 0);
        struct stat st;

        cr_assert_eq(fstat(fd, &st), 0);
        return st.st_size;
}

/* As a full disk does: half a record comes to it, the rest does not. */
static void limit(const Fixture *fixture, rlim_t size)
{
        const struct rlimit value = { size, RLIM_INFINITY };

        cr_assert_eq(prlimit(fixture->writer.pid, RLIMIT_FSIZE, &value, NULL), 0);
}

Test(journal_writer, loses_nothing_that_the_disk_had_no_room_for)
{
        _cleanup_fixture_ Fixture fixture = make();
        off_t size;

        (void) signal(SIGXFSZ, SIG_IGN);
        sign(&fixture, add(&fixture, 1, "/usr/bin/a"));
        start(&fixture);
        size = get_size(&fixture);
        limit(&fixture, (rlim_t) size + 10);
        sign(&fixture, add(&fixture, 2, "/usr/bin/b"));
        for (int i = 0; get_size(&fixture) == size && i < PATIENCE / 10; i++)
                (void) poll(NULL, 0, 10);
        cr_assert_eq(get_size(&fixture), size + 10, "half a record is there");
        add(&fixture, 3, "/usr/bin/c");
        limit(&fixture, RLIM_INFINITY);
        cr_expect(comes(&fixture, has_path, "/usr/bin/c"));
        cr_expect(comes(&fixture, has_signature, "/usr/bin/b"));
}
