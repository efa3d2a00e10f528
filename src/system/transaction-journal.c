/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/transaction-journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/digest.h"
#include "base/fs.h"
#include "base/process.h"
#include "core/signature/signature.h"

#define DIRECTORY "/var/lib/imad"
#define MAGIC "imad-transaction 1 "
#define BEGIN "begin "
#define PACKAGE "package "
#define ALLOWED "allowed "
#define SIZE_MAX_BYTES ((size_t) 1 << 30)
#define ITEMS_MAX 4000000U
#define ATTRIBUTE "security.ima"
#define CHUNK_SIZE 65536U

void transaction_journal_done(TransactionJournal *journal)
{
        string_list_done(&journal->packages);
        string_list_done(&journal->allowed);
        free(journal->items);
        free(journal->text);
        *journal = (TransactionJournal){ 0 };
}

/* The begin is a record of its own, which an imad-repair of before leaves out. */
int transaction_journal_create(int root_fd, pid_t owner, const char *owner_name, usec_t begin_usec)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_buffer_ Buffer head = { 0 };
        uint64_t start = 0;
        int r = process_read_start(root_fd, owner, &start);

        if (r >= 0)
                r = buffer_append_format(
                                &head, MAGIC "%d %" PRIu64 " %s", (int) owner, start, owner_name);
        if (r >= 0)
                r = buffer_append(&head, "", 1);
        if (r >= 0)
                r = buffer_append_format(&head, BEGIN "%" PRIu64, begin_usec);
        if (r >= 0)
                r = buffer_append(&head, "", 1);
        if (r >= 0)
                r = fs_make_directories(root_fd, DIRECTORY, 0755);
        if (r >= 0)
                r = fs_replace_file(root_fd, TRANSACTION_JOURNAL_PATH, head.data, head.size, 0600);
        if (r < 0)
                return r;
        fd = fs_open(root_fd, TRANSACTION_JOURNAL_PATH, O_WRONLY | O_NOFOLLOW, 0);
        if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int transaction_journal_add_package(Buffer *records, const char *text, bool is_allowed)
{
        int r = buffer_append_format(records, "%s%s", is_allowed ? ALLOWED : PACKAGE, text);

        return r < 0 ? r : buffer_append(records, "", 1);
}

int transaction_journal_remove(int root_fd)
{
        const char *name;
        _cleanup_close_ int directory_fd = fs_open_parent(root_fd, TRANSACTION_JOURNAL_PATH, &name);

        if (directory_fd < 0)
                return directory_fd == -ENOENT ? 0 : directory_fd;
        return unlinkat(directory_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int read_text(int root_fd, char **ret_text, size_t *ret_size)
{
        _cleanup_close_ int fd = fs_open(root_fd, TRANSACTION_JOURNAL_PATH,
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
                        (st.st_mode & (S_IWGRP | S_IWOTH)))
                return -EPERM;
        return fs_read_fd(fd, SIZE_MAX_BYTES, ret_text, ret_size);
}

static int parse_head(const char *record, TransactionJournal *journal)
{
        const char *text = string_after(record, MAGIC);
        _cleanup_free_ char *words = text ? strdup(text) : NULL;
        char *rest = words, *pid = strsep(&rest, " "), *start = strsep(&rest, " ");
        uint64_t owner = 0;

        if (!text)
                return -EBADMSG;
        if (!words)
                return -ENOMEM;
        if (!rest || parse_u64(pid, INT_MAX, &owner) < 0 || owner <= 1 ||
                        parse_u64(start, UINT64_MAX, &journal->owner_start) < 0)
                return -EBADMSG;
        journal->owner = (pid_t) owner;
        (void) snprintf(journal->owner_name, sizeof(journal->owner_name), "%s", rest);
        return 0;
}

static int add_item(TransactionJournal *journal, size_t *allocated, const Attachment *item)
{
        if (journal->count == *allocated) {
                size_t more = *allocated == 0 ? 1024 : *allocated * 2;
                Attachment *items = more > ITEMS_MAX ? NULL
                                                     : reallocarray(journal->items, more,
                                                                       sizeof(*items));

                if (!items)
                        return more > ITEMS_MAX ? -E2BIG : -ENOMEM;
                journal->items = items;
                *allocated = more;
        }
        journal->items[journal->count++] = *item;
        return 0;
}

static int add_package(TransactionJournal *journal, const char *text, bool is_allowed)
{
        int r = string_list_add(&journal->packages, text);

        return r < 0 || !is_allowed ? r : string_list_add(&journal->allowed, text);
}

static int parse_record(TransactionJournal *journal, size_t *allocated, const char *record)
{
        const char *package = string_after(record, PACKAGE), *begin = string_after(record, BEGIN),
                   *allowed = string_after(record, ALLOWED);
        Attachment item;
        int r;

        if (package || allowed)
                return add_package(journal, package ?: allowed, allowed);
        if (begin) {
                (void) parse_u64(begin, INT64_MAX, &journal->begin_usec);
                return 0;
        }
        /* A power cut leaves zeros, or half a record, where blocks had not come to the disk. */
        r = attachment_parse(record, &item);
        return r < 0 ? 0 : add_item(journal, allocated, &item);
}

static int compare_items(const void *a, const void *b)
{
        const Attachment *x = a, *y = b;
        int order = strcmp(x->path, y->path);

        if (order == 0)
                order = memcmp(x->digest, y->digest, sizeof(x->digest));
        if (order == 0) /* the signed one first */
                order = (y->signature_size > x->signature_size) -
                        (y->signature_size < x->signature_size);
        return order;
}

/* A file is first told without its signature. */
static void drop_older(TransactionJournal *journal)
{
        size_t n = 0;

        if (journal->count == 0)
                return;
        qsort(journal->items, journal->count, sizeof(*journal->items), compare_items);
        for (size_t i = 1; i < journal->count; i++)
                if (strcmp(journal->items[n].path, journal->items[i].path) != 0 ||
                                memcmp(journal->items[n].digest, journal->items[i].digest,
                                                ATTACHMENT_DIGEST_SIZE) != 0)
                        journal->items[++n] = journal->items[i];
        journal->count = n + 1;
}

int transaction_journal_load(int root_fd, TransactionJournal *ret_journal)
{
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        size_t size = 0, allocated = 0, offset = 0;
        int r = read_text(root_fd, &journal.text, &size);

        while (r >= 0 && offset < size && memchr(journal.text + offset, '\0', size - offset)) {
                const char *record = journal.text + offset;

                r = offset == 0 ? parse_head(record, &journal)
                                : parse_record(&journal, &allocated, record);
                offset += strlen(record) + 1;
        }
        if (r < 0 || journal.owner == 0)
                return r < 0 ? r : -EBADMSG;
        drop_older(&journal);
        *ret_journal = TAKE_STRUCT(journal);
        return 0;
}

bool transaction_journal_owner_lives(int root_fd, const TransactionJournal *journal)
{
        uint64_t start;

        return process_read_start(root_fd, journal->owner, &start) >= 0 &&
               start == journal->owner_start;
}

static int hash_file(DigestContext *context, int fd, uint64_t size, uint8_t *ret_digest)
{
        uint8_t chunk[CHUNK_SIZE];
        uint64_t done = 0;
        int r = digest_context_begin(context);

        while (r >= 0 && done < size) {
                ssize_t n = pread(fd, chunk, sizeof(chunk), (off_t) done);

                if (n <= 0)
                        return n < 0 ? -errno : -ESTALE;
                r = digest_context_update(context, chunk, (size_t) n);
                done += (uint64_t) n;
        }
        return r < 0 ? r : digest_context_end(context, ret_digest);
}

/*
 * A signature was attached before, or somebody has chosen it. A digest is none: the kernel writes
 * it by itself into files that are written to, where the policy appraises without signatures
 * (security/integrity/ima/ima_appraise.c, ima_fix_xattr()).
 */
static bool has_signature(int fd)
{
        uint8_t value[ATTACHMENT_SIGNATURE_MAX];
        ssize_t n = fgetxattr(fd, ATTRIBUTE, value, sizeof(value));

        if (n < 0)
                return errno == ERANGE;
        return n > 0 && (value[0] == SIGNATURE_TYPE_DIGSIG || value[0] == SIGNATURE_TYPE_VERITY);
}

/* Counts it in replay; a negative result is an error of this file. */
static int replay_file(int root_fd, DigestContext *context, const Attachment *item,
                const char *path, TransactionReplay *replay)
{
        _cleanup_close_ int fd =
                        fs_open(root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
        uint8_t digest[ATTACHMENT_DIGEST_SIZE];
        struct stat st;
        int r;

        if (fd < 0)
                return fd == -ENOENT || fd == -ELOOP ? 0 : fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (uint64_t) st.st_size != item->size)
                return 0;
        if (has_signature(fd)) {
                replay->right++;
                return 0;
        }
        r = hash_file(context, fd, item->size, digest);
        if (r < 0 || memcmp(digest, item->digest, sizeof(digest)) != 0)
                return r;
        if (item->signature_size == 0) {
                replay->missing++;
                return 0;
        }
        if (fsetxattr(fd, ATTRIBUTE, item->signature, item->signature_size, 0) < 0 || fsync(fd) < 0)
                return -errno;
        replay->labelled++;
        return 0;
}

static void replay_item(int root_fd, DigestContext *context, const Attachment *item,
                TransactionReplay *replay)
{
        char path[ATTACHMENT_PATH_MAX + 32];

        for (const char *const *suffix = attachment_suffixes; *suffix; suffix++) {
                int r;

                (void) snprintf(path, sizeof(path), "%s%s", item->path, *suffix);
                r = replay_file(root_fd, context, item, path, replay);
                if (r < 0) {
                        replay->failed++;
                        replay->error = replay->error < 0 ? replay->error : r;
                }
        }
}

int transaction_journal_replay(
                int root_fd, const TransactionJournal *journal, TransactionReplay *ret_replay)
{
        DigestContext *context = NULL;
        TransactionReplay replay = { 0 };
        int r = digest_context_new(HASH_SHA256, &context);

        for (size_t i = 0; r >= 0 && i < journal->count; i++)
                replay_item(root_fd, context, &journal->items[i], &replay);
        digest_context_free(context);
        if (r >= 0)
                *ret_replay = replay;
        return r;
}
