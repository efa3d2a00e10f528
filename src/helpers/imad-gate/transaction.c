/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/transaction.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/pidfd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "helpers/imad-gate/archive-reader.h"
#include "helpers/imad-gate/journal-writer.h"
#include "helpers/imad-gate/label-signer.h"
#include "helpers/imad-gate/reasons.h"
#include "helpers/imad-gate/supervisor.h"
#include "helpers/imad-gate/transaction-report.h"
#include "helpers/imad-gate/vouch-reader.h"

#define DENIALS_MAX 256U /* of one turn */
#define ARCHIVE_RECORDS_MAX 200000U
#define VOUCHED_RECORDS_MAX 1000000U
#define SILENCE_USEC (600 * USEC_PER_SEC) /* of a reader, which tells of an archive at its end */
#define TABLE_SIZE ((size_t) 256 << 20)
#define SCRIPTS_USEC (60 * USEC_PER_SEC)
#define SWEEP_USEC (60 * USEC_PER_SEC)
#define EVM_PATH "/sys/kernel/security/evm"
#define EVM_ACTIVE 3U /* EVM_INIT_HMAC, EVM_INIT_X509 */

struct Transaction {
        TransactionSetup setup;
        PackageManager owner;
        HostMounts mounts;
        LabelTable *table;
        Supervisor *supervisor; /* NULL: nothing to label yet */
        LabelSigners signers;
        StringList archives; /* that are covered */
        usec_t begin_usec;   /* CLOCK_REALTIME_COARSE: what is made from now on is younger */
        Buffer packages;     /* records of the journal of each of them */
        JournalWriter journal;
        bool has_journal; /* the one on the disk is of this transaction */
        bool is_resumed;
        TransactionReport report;
        AuditListener *audit; /* NULL: nobody tells of denials */
        bool is_uncovered;
};

Transaction *transaction_free(Transaction *t)
{
        if (!t)
                return NULL;
        supervisor_stop(t->supervisor);
        label_signers_done(&t->signers);
        journal_writer_done(&t->journal);
        label_table_free(t->table);
        host_mounts_done(&t->mounts);
        package_manager_done(&t->owner);
        string_list_done(&t->archives);
        buffer_done(&t->packages);
        transaction_report_done(&t->report);
        audit_listener_free(t->audit);
        free(t);
        return NULL;
}

static int make(const TransactionSetup *setup, PackageManager *owner, usec_t begin_usec,
                Transaction **ret_transaction)
{
        _cleanup_transaction_ Transaction *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->setup = *setup;
        t->begin_usec = begin_usec;
        t->owner = *owner;
        t->journal.life_fd = -EBADF;
        owner->fd = -EBADF;
        (void) audit_listener_new(&t->audit);
        r = transaction_report_begin(&t->report, &t->owner, begin_usec, t->audit != NULL);
        if (r >= 0)
                *ret_transaction = TAKE_PTR(t);
        return r;
}

int transaction_new(
                const TransactionSetup *setup, PackageManager *owner, Transaction **ret_transaction)
{
        return make(setup, owner, time_now(CLOCK_REALTIME_COARSE), ret_transaction);
}

const PackageManager *transaction_get_owner(const Transaction *t)
{
        return &t->owner;
}

int transaction_get_fd(const Transaction *t)
{
        return t->supervisor ? supervisor_get_reports_fd(t->supervisor) : -EBADF;
}

/*
 * Of the whole machine: the report says what was denied while packages were changed. Any user can
 * bring about more of them than can be read, so the rest waits for the next turn.
 */
static void take_denials(Transaction *t)
{
        int r = t->audit ? 1 : 0;

        for (unsigned i = 0; i < DENIALS_MAX && (r > 0 || r == -ENOBUFS); i++) {
                _cleanup_audit_ AuditIntegrity record = { 0 };

                r = audit_listener_read(t->audit, &record);
                if (r > 0 && audit_integrity_is_denial(&record))
                        transaction_report_add_denial(&t->report, &record);
                else if (r == -ENOBUFS)
                        transaction_report_lose_denials(&t->report);
        }
}

void transaction_check(Transaction *t)
{
        SupervisorStatus before, after;
        BoardReport report;
        int r;

        if (!t->supervisor)
                return;
        before = supervisor_get_status(t->supervisor);
        r = supervisor_check(t->supervisor);
        after = supervisor_get_status(t->supervisor);
        if (r < 0)
                log_error("cannot keep the gate running: %s", strerror(-r));
        if (after.killed != before.killed)
                log_warning("the gate hung and was killed; opens that it held have passed");
        if (after.gates != before.gates)
                log_warning("the gate has ended and was started again; labelling what was missed");
        while (supervisor_take_report(t->supervisor, &report) > 0)
                transaction_report_add(&t->report, &report);
        take_denials(t);
}

/* Waits a little, and looks after the processes meanwhile. */
static void pause_for(Transaction *t, int fd)
{
        struct pollfd poll_fd = { fd, POLLIN, 0 };

        (void) poll(&poll_fd, fd < 0 ? 0 : 1, fd < 0 ? 2 : SUPERVISOR_PERIOD_MSEC);
        transaction_check(t);
}

static int add_package(Transaction *t, const Record *record)
{
        size_t before = t->packages.size;
        int r = transaction_journal_add_package(&t->packages, record->text, record->size == 1);

        if (r < 0)
                return r;
        r = t->journal.pid == 0
                            ? 0
                            : journal_writer_add_packages(&t->journal, t->packages.data + before,
                                              t->packages.size - before);
        if (r < 0)
                log_warning("the journal will lack a package: %s", strerror(-r));
        return transaction_report_add_package(&t->report, record);
}

typedef struct Reading {
        LabelNumber first[4096]; /* what is to be signed before anything goes on */
        size_t n_first;
        size_t n_left; /* records that are still taken */
        bool has_refused;
} Reading;

static int add_label(Transaction *t, Reading *reading, const Record *record, const char *path,
                bool is_first)
{
        LabelNumber number;
        int r = label_table_add(t->table, record->size, record->digest, path, &number);

        if (r >= 0 && is_first && reading->n_first < ELEMENTSOF(reading->first))
                reading->first[reading->n_first++] = number;
        return r;
}

static int take_record(Transaction *t, Reading *reading, const Record *record, Buffer *reasons)
{
        switch (record->kind) {
        case RECORD_FILE:
        case RECORD_SCRIPT:
                return add_label(t, reading, record, record->text, record->kind == RECORD_SCRIPT);
        case RECORD_PACKAGE:
                return add_package(t, record);
        case RECORD_REFUSED:
                reading->has_refused = true;
                (void) reasons_add_archive(reasons, record->text);
                return 0;
        default:
                return -EBADMSG;
        }
}

typedef int RecordTaker(Transaction *t, Reading *reading, const Record *record, Buffer *reasons);

/* The processes are looked after meanwhile. */
static int next_record(Transaction *t, RecordReader *reader, Record *record)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + SILENCE_USEC;
        int r;

        while ((r = record_reader_next(reader, record)) == -EAGAIN) {
                if (time_now(CLOCK_MONOTONIC) >= deadline)
                        return -ETIMEDOUT;
                pause_for(t, reader->fd);
        }
        return r;
}

/* All that a reader has to tell; one that an archive has taken over may go on without end. */
static int take_records(Transaction *t, RecordReader *reader, RecordTaker *take, Reading *reading,
                Buffer *reasons)
{
        _cleanup_free_ Record *record = malloc(sizeof(*record));
        int r = record ? 1 : -ENOMEM;

        while (r > 0) {
                r = next_record(t, reader, record);
                if (r > 0) {
                        int taken = reading->n_left-- > 0 ? take(t, reading, record, reasons)
                                                          : -E2BIG;

                        r = taken < 0 ? taken : r;
                }
        }
        return r;
}

static int read_archives(
                Transaction *t, const StringList *archives, Reading *reading, Buffer *reasons)
{
        _cleanup_record_reader_ RecordReader reader = { 0, -EBADF };
        const ArchiveReaderSetup setup = { t->setup.root_fd, archives,
                t->setup.settings->sign_unverified };
        int r = archive_reader_start(&setup, &reader);

        reading->n_left = archives->count * ARCHIVE_RECORDS_MAX;
        if (r >= 0)
                r = take_records(t, &reader, take_record, reading, reasons);
        if (r < 0)
                return reasons_add(reasons, r, "the archives cannot be read",
                                "the journal of imad-gate.service tells more");
        return reading->has_refused ? -EKEYREJECTED : 0;
}

static int start_signers(Transaction *t, Buffer *reasons)
{
        const char *key = t->setup.settings->signing_key;
        int r = key ? label_signers_start(&t->signers, t->table, t->setup.root_fd, key) : -ENOENT;

        return r < 0 ? reasons_add_key(reasons, r) : 0;
}

/* What cannot be written down is attached all the same. */
static void start_journal(Transaction *t)
{
        const JournalHead head = { &t->owner, t->begin_usec, &t->packages };
        int r = t->journal.pid != 0 ? 0
                                    : journal_writer_start(t->table, t->setup.root_fd, &head,
                                                      &t->journal);

        if (r >= 0)
                t->has_journal = true;
        else
                log_warning("cannot keep a journal (%s); a transaction that is cut short may leave "
                            "files unsigned",
                                strerror(-r));
}

static int start_gate(Transaction *t, Buffer *reasons)
{
        const SupervisorSetup setup = { &t->mounts, t->table, t->setup.root_fd };
        int r;

        if (t->supervisor)
                r = supervisor_refresh(t->supervisor);
        else
                r = host_mounts_open(&t->mounts);
        if (r >= 0 && !t->supervisor)
                r = supervisor_start(&setup, &t->supervisor);
        return r < 0 ? reasons_add(reasons, r, "the file systems cannot be watched",
                                       strerrordesc_np(-r))
                     : 0;
}

/* dpkg executes control scripts before anything else, and nothing comes after what is vouched for.
 */
static int wait_first(Transaction *t, const Reading *reading, Buffer *reasons)
{
        usec_t deadline = time_now(CLOCK_MONOTONIC) + SCRIPTS_USEC;

        for (size_t i = 0; i < reading->n_first; i++)
                label_table_want(t->table, reading->first[i]);
        for (size_t i = 0; i < reading->n_first; i++)
                while (label_table_get_state(t->table, reading->first[i]) != LABEL_STATE_SIGNED) {
                        if (label_table_get_state(t->table, reading->first[i]) ==
                                                        LABEL_STATE_FAILED ||
                                        time_now(CLOCK_MONOTONIC) >= deadline)
                                return reasons_add(reasons, -EIO, "the signing key does not sign",
                                                "check it with imactl sign --dry-run");
                        pause_for(t, -EBADF);
                }
        return 0;
}

/*
 * EVM lets nobody set security.ima, unless it was started to allow it, which its file does not tell
 * (security/integrity/evm/evm_main.c, evm_protect_xattr()).
 */
static int check_evm(const Transaction *t, Buffer *reasons)
{
        _cleanup_free_ char *text = NULL;
        uint64_t mode = 0;

        if (fs_read_file(t->setup.root_fd, EVM_PATH, 64, &text, NULL) < 0 ||
                        parse_u64(string_strip(text), UINT32_MAX, &mode) < 0 ||
                        (mode & EVM_ACTIVE) == 0)
                return 0;
        return reasons_add(reasons, -EPERM, "EVM is active, and refuses new signatures",
                        "boot without it to change packages");
}

static int find_new(const Transaction *t, const StringList *archives, StringList *ret_new)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < archives->count; i++)
                if (!string_list_contains(&t->archives, archives->items[i]))
                        r = string_list_add(ret_new, archives->items[i]);
        return r;
}

static int take_item(Transaction *t, const Attachment *item)
{
        LabelNumber number;
        int r = label_table_add(t->table, item->size, item->digest, item->path, &number);

        return r < 0 || item->signature_size == 0 ||
                                               label_table_get_state(t->table, number) ==
                                                               LABEL_STATE_SIGNED
                               ? r
                               : label_table_set_signature(t->table, number, item->signature,
                                                 item->signature_size);
}

static int make_table(Transaction *t, const TransactionJournal *journal)
{
        int r = label_table_new(TABLE_SIZE, &t->table);

        for (size_t i = 0; r >= 0 && i < journal->count; i++)
                r = take_item(t, &journal->items[i]);
        return r;
}

/* What a transaction before could not sign is done by this one, whose journal takes its place. */
static int make_first_table(Transaction *t)
{
        _cleanup_transaction_journal_ TransactionJournal left = { 0 };
        int r = transaction_journal_load(t->setup.root_fd, &left);

        if (r < 0 && r != -ENOENT)
                log_warning("%s cannot be read (%s) and is given up; imactl sign --installed signs "
                            "what comes from packages",
                                TRANSACTION_JOURNAL_PATH, strerror(-r));
        return make_table(t, &left);
}

int transaction_cover(Transaction *t, const StringList *archives, Buffer *reasons)
{
        _cleanup_strings_ StringList news = { 0 };
        _cleanup_free_ Reading *reading = calloc(1, sizeof(*reading));
        int refused = 0, r = reading ? find_new(t, archives, &news) : -ENOMEM;

        if (r < 0 || news.count == 0)
                return r;
        r = check_evm(t, reasons);
        if (r >= 0 && !t->table)
                r = make_first_table(t);
        if (r < 0)
                return r;
        r = read_archives(t, &news, reading, reasons);
        /* Where nothing is stopped all others are signed for. */
        if (r == -EKEYREJECTED && t->setup.settings->proceed_uncovered)
                refused = r;
        if (refused < 0)
                r = 0;
        if (r >= 0)
                r = start_signers(t, reasons);
        if (r >= 0) {
                start_journal(t);
                r = start_gate(t, reasons);
        }
        if (r >= 0)
                r = wait_first(t, reading, reasons);
        for (size_t i = 0; r >= 0 && i < news.count; i++)
                r = string_list_add(&t->archives, news.items[i]);
        return r < 0 ? r : refused;
}

void transaction_leave_uncovered(Transaction *t, const char *reasons)
{
        t->is_uncovered = true;
        transaction_report_set_uncovered(&t->report, reasons);
}

static int take_packages(Transaction *t, const TransactionJournal *journal)
{
        _cleanup_free_ Record *record = calloc(1, sizeof(*record));
        int r = record ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < journal->packages.count; i++) {
                const char *text = journal->packages.items[i], *path = strchr(text, '/');

                record->kind = RECORD_PACKAGE;
                record->size = string_list_contains(&journal->allowed, text);
                (void) snprintf(record->text, sizeof(record->text), "%s", text);
                r = add_package(t, record);
                if (r >= 0 && path)
                        r = string_list_add(&t->archives, path);
        }
        return r;
}

/* Nobody signs them, so nobody is to wait for it. */
static void give_up(Transaction *t)
{
        for (LabelNumber i = 1; i <= label_table_get_count(t->table); i++)
                if (label_table_get_state(t->table, i) == LABEL_STATE_UNSIGNED)
                        (void) label_table_set_signature(t->table, i, NULL, 0);
}

int transaction_resume(const TransactionSetup *setup, const TransactionJournal *journal,
                Transaction **ret_transaction)
{
        PackageManager owner = { .pid = journal->owner, .fd = -EBADF, .caller = journal->owner };
        _cleanup_transaction_ Transaction *t = NULL;
        _cleanup_buffer_ Buffer reasons = { 0 };
        bool lives = transaction_journal_owner_lives(setup->root_fd, journal);
        int r;

        memcpy(owner.name, journal->owner_name, sizeof(owner.name));
        owner.fd = lives ? pidfd_open(owner.pid, 0) : -EBADF;
        r = make(setup, &owner, journal->begin_usec ?: time_now(CLOCK_REALTIME_COARSE), &t);
        if (r >= 0)
                r = make_table(t, journal);
        if (r >= 0)
                r = take_packages(t, journal);
        if (r < 0)
                return r;
        t->has_journal = t->is_resumed = true;
        transaction_report_set_interrupted(&t->report);
        r = start_signers(t, &reasons);
        if (r < 0) {
                log_warning("what was not signed yet stays so: %s", reasons.data ?: strerror(-r));
                give_up(t);
        }
        if (lives)
                start_journal(t);
        r = start_gate(t, &reasons);
        if (r >= 0)
                *ret_transaction = TAKE_PTR(t);
        return r;
}

static int take_vouched(Transaction *t, Reading *reading, const Record *record, Buffer *reasons)
{
        const char *path = strchr(record->text, ' ');
        int r = path && (record->kind == RECORD_VOUCHED || record->kind == RECORD_SKIPPED)
                                ? 0
                                : -EBADMSG;

        if (r >= 0 && record->kind == RECORD_VOUCHED)
                r = add_label(t, reading, record, path + 1, true);
        return r < 0 ? r : transaction_report_add_vouched(&t->report, record);
}

/*
 * Files that no archive has, because scripts and triggers of the packages made them. Only now:
 * while a transaction runs any file may be one that a rule names by chance.
 */
static int vouch(Transaction *t, Buffer *reasons)
{
        const VouchReaderSetup setup = { t->setup.root_fd, t->begin_usec };
        _cleanup_record_reader_ RecordReader reader = { 0, -EBADF };
        _cleanup_free_ Reading *reading = calloc(1, sizeof(*reading));
        int r = reading ? vouch_reader_start(&setup, &reader) : -ENOMEM;

        if (reading)
                reading->n_left = VOUCHED_RECORDS_MAX;
        if (r >= 0)
                r = take_records(t, &reader, take_vouched, reading, reasons);
        if (r < 0 || reading->n_first == 0)
                return r;
        /* Bytes that the table has already only get one more path. */
        if (label_table_get_count(t->table) > t->signers.last)
                r = start_signers(t, reasons);
        if (r >= 0)
                r = supervisor_refresh(t->supervisor);
        if (r >= 0)
                r = wait_first(t, reading, reasons);
        return r < 0 ? r : supervisor_sweep(t->supervisor, 1, SWEEP_USEC);
}

static bool is_signed(const Transaction *t)
{
        for (LabelNumber i = 1; i <= label_table_get_count(t->table); i++)
                if (label_table_get_state(t->table, i) != LABEL_STATE_SIGNED)
                        return false;
        return true;
}

/* How many files have not got the label that the journal tells of. */
static int count_left(const Transaction *t, size_t *ret_count)
{
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        TransactionReplay replay = { 0 };
        int r = transaction_journal_load(t->setup.root_fd, &journal);

        if (r >= 0)
                r = transaction_journal_replay(t->setup.root_fd, &journal, &replay);
        if (r < 0)
                return r;
        *ret_count = replay.missing + replay.failed;
        return 0;
}

/*
 * Labels are on the disk before the journal is gone. True when it has to stay, for another
 * imad-gate or transaction, which may have the key.
 */
static bool end_journal(Transaction *t, bool is_complete)
{
        size_t left = 0;
        int r = 0;

        journal_writer_done(&t->journal);
        for (size_t i = 0; i < t->mounts.count; i++)
                (void) syncfs(t->mounts.items[i].fd);
        if (!is_complete || !is_signed(t))
                r = count_left(t, &left);
        if (left > 0) {
                log_warning("%zu files wait for their labels; %s stays for another start of "
                            "imad-gate.service",
                                left, TRANSACTION_JOURNAL_PATH);
                return true;
        }
        if (r >= 0)
                r = transaction_journal_remove(t->setup.root_fd);
        if (r < 0)
                log_warning("cannot remove %s: %s", TRANSACTION_JOURNAL_PATH, strerror(-r));
        return false;
}

int transaction_end(Transaction *t)
{
        _cleanup_buffer_ Buffer reasons = { 0 };
        TransactionOutcome outcome = { 0 };
        int r = 0, v;

        if (t->supervisor) {
                r = supervisor_sweep(t->supervisor, 1, SWEEP_USEC);
                transaction_check(t);
                v = vouch(t, &reasons);
                if (v < 0)
                        log_error("files that rules vouch for are not signed: %s",
                                        reasons.data ?: strerror(-v));
                transaction_check(t);
                outcome = (TransactionOutcome){ supervisor_get_status(t->supervisor),
                        *supervisor_get_board(t->supervisor), t->table };
                transaction_report_finish(&t->report, &outcome);
                t->supervisor = supervisor_stop(t->supervisor);
        }
        if (r < 0)
                log_error("not everything could be labelled: %s", strerror(-r));
        /* Whoever comes to the end of it reports it. */
        if ((t->has_journal && end_journal(t, r >= 0) && t->is_resumed) ||
                        (t->archives.count == 0 && !t->is_uncovered))
                return r;
        return transaction_report_store(&t->report, t->setup.root_fd);
}
