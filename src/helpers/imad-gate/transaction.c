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
#include "helpers/imad-gate/supervisor.h"
#include "helpers/imad-gate/transaction-report.h"
#include "helpers/imad-gate/vouch-reader.h"

#define TABLE_SIZE ((size_t) 256 << 20)
#define SCRIPTS_USEC (60 * USEC_PER_SEC)
#define SWEEP_USEC (60 * USEC_PER_SEC)
#define BATCHES_MAX 64U
#define EVM_PATH "/sys/kernel/security/evm"
#define EVM_ACTIVE 3U /* EVM_INIT_HMAC, EVM_INIT_X509 */

struct Transaction {
        TransactionSetup setup;
        PackageManager owner;
        HostMounts mounts;
        LabelTable *table;
        Supervisor *supervisor; /* NULL: nothing to label yet */
        LabelSigners signers[BATCHES_MAX];
        size_t n_batches;
        LabelNumber n_given; /* entries that signers were started for */
        StringList archives; /* that are covered */
        usec_t begin_usec;   /* CLOCK_REALTIME_COARSE: what is made from now on is younger */
        StringList packages; /* RECORD_PACKAGE of each of them */
        JournalWriter journal;
        TransactionReport report;
        AuditListener *audit; /* NULL: nobody tells of denials */
        bool is_uncovered;
};

Transaction *transaction_free(Transaction *t)
{
        if (!t)
                return NULL;
        supervisor_stop(t->supervisor);
        for (size_t i = 0; i < t->n_batches; i++)
                label_signers_done(&t->signers[i]);
        journal_writer_done(&t->journal);
        label_table_free(t->table);
        host_mounts_done(&t->mounts);
        package_manager_done(&t->owner);
        string_list_done(&t->archives);
        string_list_done(&t->packages);
        transaction_report_done(&t->report);
        audit_listener_free(t->audit);
        free(t);
        return NULL;
}

int transaction_new(
                const TransactionSetup *setup, PackageManager *owner, Transaction **ret_transaction)
{
        _cleanup_transaction_ Transaction *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->setup = *setup;
        t->begin_usec = time_now(CLOCK_REALTIME_COARSE);
        t->owner = *owner;
        t->journal.life_fd = -EBADF;
        owner->fd = -EBADF;
        (void) audit_listener_new(&t->audit);
        r = transaction_report_begin(&t->report, t->owner.name, t->owner.pid, t->audit != NULL);
        if (r >= 0)
                *ret_transaction = TAKE_PTR(t);
        return r;
}

const PackageManager *transaction_get_owner(const Transaction *t)
{
        return &t->owner;
}

int transaction_get_fd(const Transaction *t)
{
        return t->supervisor ? supervisor_get_reports_fd(t->supervisor) : -EBADF;
}

/* Of the whole machine: the report says what was denied while packages were changed. */
static void take_denials(Transaction *t)
{
        int r = t->audit ? 1 : 0;

        while (r > 0 || r == -ENOBUFS) {
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

static int add_reason(Buffer *reasons, int error, const char *text, const char *hint)
{
        (void) buffer_append_format(reasons, "%s%s; %s", reasons->size > 0 ? "\n" : "", text, hint);
        return error;
}

static int refuse_archive(Buffer *reasons, const char *text)
{
        return add_reason(reasons, -EKEYREJECTED, text,
                        "install it from a signed repository, or let imactl transaction allow it");
}

static int add_package(Transaction *t, const Record *record)
{
        int r = string_list_add(&t->packages, record->text);

        return r < 0 ? r : transaction_report_add_package(&t->report, record);
}

typedef struct Reading {
        LabelNumber first[4096]; /* what is to be signed before anything goes on */
        size_t n_first;
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
                (void) refuse_archive(reasons, record->text);
                return 0;
        default:
                return -EBADMSG;
        }
}

typedef int RecordTaker(Transaction *t, Reading *reading, const Record *record, Buffer *reasons);

/* All that a reader has to tell; the processes are looked after meanwhile. */
static int take_records(Transaction *t, RecordReader *reader, RecordTaker *take, Reading *reading,
                Buffer *reasons)
{
        _cleanup_free_ Record *record = malloc(sizeof(*record));
        int r = record ? 1 : -ENOMEM;

        while (r > 0) {
                r = record_reader_next(reader, record);
                if (r == -EAGAIN) {
                        pause_for(t, reader->fd);
                        r = 1;
                } else if (r > 0) {
                        r = take(t, reading, record, reasons);
                        r = r < 0 ? r : 1;
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

        if (r >= 0)
                r = take_records(t, &reader, take_record, reading, reasons);
        if (r < 0)
                return add_reason(reasons, r, "the archives cannot be read",
                                "the journal of imad-gate.service tells more");
        return reading->has_refused ? -EKEYREJECTED : 0;
}

static const struct {
        int error;
        const char *text, *hint;
} key_errors[] = {
        {ENOENT,      "the signing key is not there",                "set SigningKey= in imad.conf(5)"},
        { EBADMSG,    "SigningKey= names no private key in PEM",     "set it to one"                  },
        { ENOKEY,     "the signing key is encrypted",
         "give imad-signer.service its passphrase, see imad.conf(5)"                                  },
        { EOPNOTSUPP, "the signing key is one that no kernel knows",
         "use RSA, or a key on P-256 or P-384"                                                        },
};

static int explain_key(Buffer *reasons, int error)
{
        for (size_t i = 0; i < ELEMENTSOF(key_errors); i++)
                if (key_errors[i].error == -error)
                        return add_reason(reasons, error, key_errors[i].text, key_errors[i].hint);
        return add_reason(
                        reasons, error, "the signing key cannot be used", strerrordesc_np(-error));
}

/* For all entries that nobody was started for yet, as archives that were refused leave some. */
static int start_signers(Transaction *t, Buffer *reasons)
{
        LabelNumber count = label_table_get_count(t->table);
        const char *key = t->setup.settings->signing_key;
        int r = key ? t->n_batches < BATCHES_MAX ? 0 : -E2BIG : -ENOENT;

        if (r >= 0)
                r = label_signers_start(t->table, t->n_given + 1, t->setup.root_fd, key,
                                &t->signers[t->n_batches]);
        if (r < 0)
                return explain_key(reasons, r);
        t->n_batches++;
        t->n_given = count;
        return 0;
}

/* What cannot be written down is attached all the same. */
static void start_journal(Transaction *t)
{
        int r = t->journal.pid != 0 ? 0
                                    : journal_writer_start(t->table, t->setup.root_fd, &t->owner,
                                                      &t->packages, &t->journal);

        if (r < 0)
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
        return r < 0 ? add_reason(reasons, r, "the file systems cannot be watched",
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
                                return add_reason(reasons, -EIO, "the signing key does not sign",
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
        return add_reason(reasons, -EPERM, "EVM is active, and refuses new signatures",
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

int transaction_cover(Transaction *t, const StringList *archives, Buffer *reasons)
{
        _cleanup_strings_ StringList news = { 0 };
        _cleanup_free_ Reading *reading = calloc(1, sizeof(*reading));
        int refused = 0, r = reading ? find_new(t, archives, &news) : -ENOMEM;

        if (r < 0 || news.count == 0)
                return r;
        r = check_evm(t, reasons);
        if (r >= 0 && !t->table)
                r = label_table_new(TABLE_SIZE, &t->table);
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

static int take_journal(Transaction *t, const TransactionJournal *journal)
{
        _cleanup_free_ Record *record = calloc(1, sizeof(*record));
        int r = record ? label_table_new(TABLE_SIZE, &t->table) : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < journal->count; i++)
                r = take_item(t, &journal->items[i]);
        for (size_t i = 0; r >= 0 && i < journal->packages.count; i++) {
                const char *path = strchr(journal->packages.items[i], '/');

                record->kind = RECORD_PACKAGE;
                (void) snprintf(record->text, sizeof(record->text), "%s",
                                journal->packages.items[i]);
                r = add_package(t, record);
                if (r >= 0 && path)
                        r = string_list_add(&t->archives, path);
        }
        return r;
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
        r = transaction_new(setup, &owner, &t);
        if (r >= 0)
                r = take_journal(t, journal);
        if (r < 0)
                return r;
        transaction_report_set_interrupted(&t->report);
        r = start_signers(t, &reasons);
        if (r < 0)
                log_warning("what was not signed yet stays so: %s", reasons.data ?: strerror(-r));
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

        if (r >= 0)
                r = take_records(t, &reader, take_vouched, reading, reasons);
        if (r < 0 || reading->n_first == 0)
                return r;
        /* Bytes that the table has already only get one more path. */
        if (label_table_get_count(t->table) > t->n_given)
                r = start_signers(t, reasons);
        if (r >= 0)
                r = supervisor_refresh(t->supervisor);
        if (r >= 0)
                r = wait_first(t, reading, reasons);
        return r < 0 ? r : supervisor_sweep(t->supervisor, 1, SWEEP_USEC);
}

/* Labels are on the disk before the journal is gone. */
static int end_journal(Transaction *t)
{
        journal_writer_done(&t->journal);
        for (size_t i = 0; i < t->mounts.count; i++)
                (void) syncfs(t->mounts.items[i].fd);
        return transaction_journal_remove(t->setup.root_fd);
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
        if (t->archives.count == 0 && !t->is_uncovered)
                return r;
        r = end_journal(t);
        if (r < 0)
                log_warning("cannot remove %s: %s", TRANSACTION_JOURNAL_PATH, strerror(-r));
        return transaction_report_store(&t->report, t->setup.root_fd);
}
