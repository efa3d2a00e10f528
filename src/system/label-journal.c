/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/label-journal.h"

#include <inttypes.h>
#include <sys/file.h>

#include "base/fs.h"

/* What is read or written at once; a record of any size fits. */
#define BLOCK_SIZE (2 * LABEL_RECORD_SIZE_MAX)
/* Of an end, with its head and checksum. */
#define END_SIZE 38
/* Room that is made at once. */
#define RESERVE_MIN ((off_t) 64 * 1024)
#define RESERVE_MAX ((off_t) 1024 * 1024)

struct LabelJournal {
        int fd;
        uint64_t number;
        Buffer pending;  /* records that are not written yet */
        off_t allocated; /* how long the file is */
        off_t end;       /* behind the last whole record on the disk */
        off_t *files;    /* where the records of files begin; only when it was opened */
        size_t n_files, n_allocated;
        LabelJournalInfo info;
        bool is_broken; /* nothing can be added any more */
};

LabelJournal *label_journal_free(LabelJournal *journal)
{
        if (journal) {
                cleanup_closep(&journal->fd);
                buffer_done(&journal->pending);
                free(journal->files);
                free(journal->info.words);
                free(journal);
        }
        return NULL;
}

uint64_t label_journal_get_number(const LabelJournal *journal)
{
        return journal->number;
}

static int note_file(LabelJournal *j, off_t offset)
{
        if (j->n_files == j->n_allocated) {
                size_t n = j->n_allocated ? 2 * j->n_allocated : 1024;
                off_t *files = reallocarray(j->files, n, sizeof(*files));

                if (!files)
                        return -ENOMEM;
                j->files = files;
                j->n_allocated = n;
        }
        j->files[j->n_files++] = offset;
        return 0;
}

/* The last begin or end is what counts: a run may be resumed, and taken back. */
static int note_record(LabelJournal *j, const LabelRecord *record, off_t offset)
{
        LabelJournalInfo *info = &j->info;
        char *words;

        if (record->kind == LABEL_RECORD_FILE) {
                info->changed++;
                return note_file(j, offset);
        }
        if (record->kind == LABEL_RECORD_END) {
                info->outcome = record->end.outcome;
                info->state = info->outcome == LABEL_OUTCOME_UNDOING ? LABEL_JOURNAL_OPEN
                                                                     : LABEL_JOURNAL_ENDED;
                info->changed = record->end.changed;
                return 0;
        }
        info->state = LABEL_JOURNAL_OPEN;
        info->outcome = LABEL_OUTCOME_FINISHED;
        info->time_usec = record->begin.time_usec;
        words = malloc(record->begin.words_size + 1);
        if (!words)
                return -ENOMEM;
        memcpy(words, record->begin.words, record->begin.words_size);
        words[record->begin.words_size] = '\0';
        free(info->words);
        info->words = words;
        info->words_size = record->begin.words_size;
        return 0;
}

/* Takes the whole records at the start of the block. Behind the last one something may be torn. */
static int scan_block(LabelJournal *j, Buffer *block, bool *ret_torn)
{
        size_t at = 0, size = 0;
        LabelRecord record;
        int r = 0;

        while (r >= 0 && at < block->size) {
                r = label_record_parse(block->data + at, block->size - at, &record, &size);
                if (r < 0)
                        break;
                r = note_record(j, &record, j->end);
                j->end += (off_t) size;
                at += size;
        }
        *ret_torn = r == -EBADMSG;
        buffer_consume(block, at);
        return r == -ENODATA || r == -EBADMSG ? 0 : r;
}

static int scan(LabelJournal *j)
{
        _cleanup_buffer_ Buffer block = { 0 };
        off_t offset = 0;
        bool torn = false;

        while (!torn) {
                ssize_t n;
                int r = buffer_reserve(&block, BLOCK_SIZE);

                if (r < 0)
                        return r;
                n = pread(j->fd, block.data + block.size, LABEL_RECORD_SIZE_MAX, offset);
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                offset += n;
                block.size += (size_t) n;
                r = scan_block(j, &block, &torn);
                if (r < 0)
                        return r;
        }
        /* Without a first record nothing was ever done. */
        return j->info.words ? 0 : -EBADMSG;
}

static int check_owner(int fd)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        return (st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & 022) == 0 ? 0 : -EPERM;
}

/* 1: it is locked by nobody, and now by us. */
static int take_lock(int fd)
{
        if (flock(fd, LOCK_EX | LOCK_NB) >= 0)
                return 1;
        return errno == EWOULDBLOCK ? 0 : -errno;
}

/* Most journals have ended: their two ends tell it without the records between. */
static int scan_ends(LabelJournal *j)
{
        _cleanup_free_ char *bytes = malloc(LABEL_RECORD_SIZE_MAX);
        LabelRecord begin, end;
        struct stat st;
        size_t size;
        ssize_t n;

        if (!bytes || fstat(j->fd, &st) < 0)
                return -errno;
        n = st.st_size < END_SIZE ? 0 : pread(j->fd, bytes, END_SIZE, st.st_size - END_SIZE);
        if (n != END_SIZE || label_record_parse(bytes, END_SIZE, &end, &size) < 0 ||
                        end.kind != LABEL_RECORD_END || end.end.outcome == LABEL_OUTCOME_UNDOING)
                return -ENODATA;
        n = pread(j->fd, bytes, LABEL_RECORD_SIZE_MAX, 0);
        if (n < 0 || label_record_parse(bytes, (size_t) n, &begin, &size) < 0 ||
                        begin.kind != LABEL_RECORD_BEGIN)
                return -EBADMSG;
        return note_record(j, &begin, 0) < 0 || note_record(j, &end, 0) < 0 ? -ENOMEM : 0;
}

static int read_journal(int dir_fd, uint64_t number, bool whole, LabelJournal **ret_journal)
{
        _cleanup_label_journal_ LabelJournal *j = calloc(1, sizeof(*j));
        char name[24];
        int r, locked;

        if (!j)
                return -ENOMEM;
        (void) snprintf(name, sizeof(name), "%" PRIu64, number);
        j->number = j->info.number = number;
        j->fd = fs_open(dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
        if (j->fd < 0)
                return j->fd;
        r = check_owner(j->fd);
        if (r < 0)
                return r;
        locked = take_lock(j->fd);
        if (locked < 0)
                return locked;
        r = whole ? scan(j) : scan_ends(j);
        if (r == -ENODATA)
                r = scan(j);
        if (r < 0)
                return r;
        if (!locked)
                j->info.state = LABEL_JOURNAL_RUNNING;
        *ret_journal = TAKE_PTR(j);
        return 0;
}

/* Cuts off what is behind the last record. */
static int cut(LabelJournal *journal)
{
        if (ftruncate(journal->fd, journal->end) < 0)
                return -errno;
        journal->allocated = journal->end;
        return 0;
}

int label_journal_open(
                int root_fd, const char *directory, uint64_t number, LabelJournal **ret_journal)
{
        _cleanup_close_ int dir_fd = fs_open(root_fd, directory, O_RDONLY | O_DIRECTORY, 0);
        _cleanup_label_journal_ LabelJournal *j = NULL;
        int r = dir_fd < 0 ? dir_fd : read_journal(dir_fd, number, true, &j);

        if (r < 0)
                return r;
        if (j->info.state == LABEL_JOURNAL_RUNNING)
                return -EBUSY;
        r = cut(j);
        if (r < 0)
                return r;
        *ret_journal = TAKE_PTR(j);
        return 0;
}

int label_journal_add(LabelJournal *journal, const LabelRecord *record)
{
        return journal->is_broken ? -EIO : label_record_format(record, &journal->pending);
}

/*
 * Room that was written before: a sync of bytes in it waits for no change of the file system, of
 * which labels make many. Records of size 0 are none, so a reader takes it for the end.
 */
static int reserve(LabelJournal *journal, size_t size)
{
        const off_t needed = journal->end + (off_t) size;
        _cleanup_free_ char *zeros = NULL;
        off_t more = journal->end;
        int r;

        if (needed <= journal->allocated)
                return 0;
        more = more < RESERVE_MIN ? RESERVE_MIN : more > RESERVE_MAX ? RESERVE_MAX : more;
        more += needed - journal->allocated;
        zeros = calloc(1, (size_t) more);
        if (!zeros)
                return -ENOMEM;
        if (lseek(journal->fd, journal->allocated, SEEK_SET) < 0)
                return -errno;
        r = fs_write_all(journal->fd, zeros, (size_t) more);
        if (r >= 0 && fdatasync(journal->fd) < 0)
                r = -errno;
        if (r >= 0)
                journal->allocated += more;
        return r;
}

static int write_pending(const LabelJournal *journal)
{
        const Buffer *pending = &journal->pending;
        int r;

        if (lseek(journal->fd, journal->end, SEEK_SET) < 0)
                return -errno;
        r = fs_write_all(journal->fd, pending->data, pending->size);
        return r >= 0 && fdatasync(journal->fd) < 0 ? -errno : r;
}

int label_journal_commit(LabelJournal *journal)
{
        int r = journal->is_broken ? -EIO : reserve(journal, journal->pending.size);

        if (r >= 0)
                r = write_pending(journal);
        if (r >= 0)
                journal->end += (off_t) journal->pending.size;
        /* What was written in part would hide what comes behind it. */
        else if (cut(journal) < 0)
                journal->is_broken = true;
        journal->pending.size = 0;
        return r;
}

int label_journal_mark(LabelJournal *journal, const LabelRecord *record)
{
        int r = label_journal_add(journal, record);

        if (r >= 0)
                r = label_journal_commit(journal);
        /* Else a list has to read all of it. */
        if (r >= 0 && record->kind == LABEL_RECORD_END)
                (void) cut(journal);
        return r;
}

int label_journal_visit_back(LabelJournal *journal, LabelJournalVisitor visit, void *userdata)
{
        _cleanup_free_ char *bytes = malloc(LABEL_RECORD_SIZE_MAX);

        if (!bytes)
                return -ENOMEM;
        for (size_t i = journal->n_files; i-- > 0;) {
                LabelRecord record;
                size_t size;
                ssize_t n = pread(journal->fd, bytes, LABEL_RECORD_SIZE_MAX, journal->files[i]);
                int r = n < 0 ? -EIO : label_record_parse(bytes, (size_t) n, &record, &size);

                if (r >= 0)
                        r = record.kind == LABEL_RECORD_FILE ? visit(userdata, &record) : -EBADMSG;
                if (r < 0)
                        return r == -ENODATA ? -EBADMSG : r;
        }
        return 0;
}

void label_journal_list_done(LabelJournalList *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i].words);
        free(list->items);
        *list = (LabelJournalList){ 0 };
}

static int compare_numbers(const void *a, const void *b)
{
        const LabelJournalInfo *x = a, *y = b;

        return x->number < y->number ? -1 : x->number > y->number;
}

static int read_info(int dir_fd, uint64_t number, LabelJournalInfo *ret_info)
{
        _cleanup_label_journal_ LabelJournal *j = NULL;
        int r = read_journal(dir_fd, number, false, &j);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                *ret_info = (LabelJournalInfo){ .number = number, .state = LABEL_JOURNAL_DAMAGED };
                return 0;
        }
        *ret_info = j->info;
        j->info.words = NULL;
        return 0;
}

static int list_at(int dir_fd, LabelJournalList *ret_list)
{
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(dir_fd, ".", LABEL_JOURNALS_MAX, &names);

        if (r < 0)
                return r;
        list.items = calloc(names.count + 1, sizeof(*list.items));
        if (!list.items)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                uint64_t number;

                if (parse_u64(names.items[i], UINT64_MAX / 2, &number) < 0)
                        continue;
                r = read_info(dir_fd, number, &list.items[list.count]);
                list.count += r >= 0;
        }
        if (r < 0)
                return r;
        qsort(list.items, list.count, sizeof(*list.items), compare_numbers);
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

int label_journal_list(int root_fd, const char *directory, LabelJournalList *ret_list)
{
        _cleanup_close_ int dir_fd = fs_open(root_fd, directory, O_RDONLY | O_DIRECTORY, 0);

        if (dir_fd == -ENOENT) {
                *ret_list = (LabelJournalList){ 0 };
                return 0;
        }
        return dir_fd < 0 ? dir_fd : list_at(dir_fd, ret_list);
}

/* What cannot be removed stays; the next run tries again. */
static void prune(int dir_fd, const LabelJournalList *list)
{
        size_t ended = 0;

        for (size_t i = list->count; i-- > 0;) {
                char name[24];

                if (list->items[i].state != LABEL_JOURNAL_ENDED || ended++ < LABEL_JOURNALS_KEPT)
                        continue;
                (void) snprintf(name, sizeof(name), "%" PRIu64, list->items[i].number);
                (void) unlinkat(dir_fd, name, 0);
        }
}

/* The file gets its name when it is locked and has its first record, so none is seen without. */
static int create_at(int dir_fd, LabelJournal *j)
{
        char from[sizeof("/proc/self/fd/2147483647")], name[24];

        (void) snprintf(from, sizeof(from), "/proc/self/fd/%d", j->fd);
        for (;; j->number++) {
                (void) snprintf(name, sizeof(name), "%" PRIu64, j->number);
                if (linkat(AT_FDCWD, from, dir_fd, name, AT_SYMLINK_FOLLOW) >= 0)
                        break;
                if (errno != EEXIST)
                        return -errno;
        }
        return fsync(dir_fd) < 0 ? -errno : 0;
}

int label_journal_create(int root_fd, const char *directory, uint64_t time_usec, const char *words,
                size_t words_size, LabelJournal **ret_journal)
{
        const LabelRecord begin = {
                .kind = LABEL_RECORD_BEGIN, .begin = {time_usec, words, words_size}
        };
        _cleanup_label_journal_ LabelJournal *j = calloc(1, sizeof(*j));
        _cleanup_label_journals_ LabelJournalList list = { 0 };
        _cleanup_close_ int dir_fd = -EBADF;
        int r = fs_make_directories(root_fd, directory, 0700);

        if (!j)
                return -ENOMEM;
        j->fd = -EBADF;
        if (r >= 0)
                r = dir_fd = fs_open(root_fd, directory, O_RDONLY | O_DIRECTORY, 0);
        if (r >= 0)
                r = list_at(dir_fd, &list);
        if (r < 0)
                return r;
        prune(dir_fd, &list);
        j->number = list.count > 0 ? list.items[list.count - 1].number + 1 : 1;
        j->fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (j->fd < 0 || take_lock(j->fd) < 0)
                return -errno;
        r = label_journal_mark(j, &begin);
        if (r >= 0)
                r = create_at(dir_fd, j);
        if (r >= 0)
                *ret_journal = TAKE_PTR(j);
        return r;
}
