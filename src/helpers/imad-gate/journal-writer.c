/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/journal-writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "base/process.h"
#include "system/key-source.h"
#include "system/transaction-journal.h"

#define PERIOD_MSEC 200
#define BATCH_SIZE ((size_t) 4 << 20)
#define PACKAGES_SIZE_MAX 8192U /* of one message; more than a record can have */

/* What of an entry is in the journal, or among the records that wait. */
typedef struct Told {
        const char *path; /* of all that it has, the one that was added last; NULL: none */
        bool is_signed;
} Told;

typedef struct Writer {
        LabelTable *table;
        int root_fd;
        const JournalHead *head;
        int life_fds[2];
        int fd;
        off_t size;     /* of what is on the disk */
        Buffer records; /* that are not there yet */
        LabelNumber n_told;
        Told *told;
} Writer;

/* Written over what a failure has left of them: half a record would take the next one with it. */
static int flush(Writer *w)
{
        int r;

        if (w->records.size == 0)
                return 0;
        if (lseek(w->fd, w->size, SEEK_SET) < 0)
                return -errno;
        r = fs_write_all(w->fd, w->records.data, w->records.size);
        if (r >= 0 && fdatasync(w->fd) < 0)
                r = -errno;
        if (r < 0)
                return r;
        w->size += (off_t) w->records.size;
        w->records.size = 0;
        return 0;
}

/* With its signature all paths are told anew. */
static int add_entry(Writer *w, LabelNumber number)
{
        Told *told = &w->told[number - 1];
        Attachment item = { .size = label_table_get_size(w->table, number) };
        size_t size = w->records.size;
        const char *end, *newest = label_table_next_path(w->table, number, NULL);
        const uint8_t *value;
        int r = 0;

        memcpy(item.digest, label_table_get_digest(w->table, number), sizeof(item.digest));
        if (label_table_get_signature(w->table, number, &value, &item.signature_size) >= 0)
                memcpy(item.signature, value, item.signature_size);
        end = item.signature_size > 0 && !told->is_signed ? NULL : told->path;
        for (item.path = newest; r >= 0 && item.path && item.path != end;
                        item.path = label_table_next_path(w->table, number, item.path))
                r = attachment_format(&item, &w->records);
        if (r < 0) {
                w->records.size = size;
                return r;
        }
        *told = (Told){ newest, item.signature_size > 0 };
        return w->records.size >= BATCH_SIZE ? flush(w) : 0;
}

static bool has_news(const Writer *w, LabelNumber number)
{
        const Told *told = &w->told[number - 1];

        return told->path != label_table_next_path(w->table, number, NULL) ||
               (!told->is_signed && label_table_get_state(w->table, number) == LABEL_STATE_SIGNED);
}

static int make_room(Writer *w, LabelNumber count)
{
        Told *told = count > w->n_told ? reallocarray(w->told, count, sizeof(*told)) : w->told;

        if (count <= w->n_told)
                return 0;
        if (!told)
                return -ENOMEM;
        memset(told + w->n_told, 0, (count - w->n_told) * sizeof(*told));
        w->told = told;
        w->n_told = count;
        return 0;
}

/* What is new, and what has got its signature; first what could not be written before. */
static int follow(Writer *w)
{
        LabelNumber count = label_table_get_count(w->table);
        int r = w->records.size >= BATCH_SIZE ? flush(w) : 0;

        if (r >= 0)
                r = make_room(w, count);
        for (LabelNumber i = 1; r >= 0 && i <= count; i++)
                if (has_news(w, i))
                        r = add_entry(w, i);
        return r < 0 ? r : flush(w);
}

static int begin(Writer *w)
{
        const JournalHead *head = w->head;
        int r = w->fd = transaction_journal_create(
                        w->root_fd, head->owner->pid, head->owner->name, head->begin_usec);

        if (r < 0)
                return r;
        w->size = lseek(w->fd, 0, SEEK_CUR);
        if (w->size < 0)
                return -errno;
        r = buffer_append(&w->records, head->packages->data, head->packages->size);
        return r < 0 ? r : follow(w);
}

/* False when the supervisor has gone. */
static bool take_packages(Writer *w)
{
        char records[PACKAGES_SIZE_MAX];
        ssize_t n = recv(w->life_fds[0], records, sizeof(records), MSG_DONTWAIT);

        if (n > 0)
                (void) buffer_append(&w->records, records, (size_t) n);
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void run(void *userdata, int ready_fd)
{
        Writer *w = userdata;
        struct pollfd life = { w->life_fds[0], POLLIN, 0 };
        bool lives = true;
        int r;

        (void) prctl(PR_SET_NAME, "imad-journal");
        key_source_protect_process(false);
        (void) close(w->life_fds[1]);
        r = begin(w);
        if (!process_ready(ready_fd, r) || r < 0)
                _exit(1);
        /* A full disk may have room again. */
        while (lives) {
                lives = poll(&life, 1, PERIOD_MSEC) <= 0 || take_packages(w);
                (void) follow(w);
        }
        _exit(0);
}

int journal_writer_start(
                LabelTable *table, int root_fd, const JournalHead *head, JournalWriter *ret_writer)
{
        Writer writer = { .table = table, .root_fd = root_fd, .head = head, .fd = -EBADF };
        JournalWriter started = { 0, -EBADF };
        int r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, writer.life_fds) < 0)
                return -errno;
        r = process_start(run, &writer, &started.pid);
        (void) close(writer.life_fds[0]);
        if (r < 0) {
                (void) close(writer.life_fds[1]);
                return r;
        }
        started.life_fd = writer.life_fds[1];
        *ret_writer = started;
        return 0;
}

int journal_writer_add_packages(const JournalWriter *writer, const void *records, size_t size)
{
        if (size > PACKAGES_SIZE_MAX)
                return -E2BIG;
        return send(writer->life_fd, records, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void journal_writer_done(JournalWriter *writer)
{
        process_end(writer->pid);
        if (writer->pid != 0)
                cleanup_closep(&writer->life_fd);
        *writer = (JournalWriter){ 0, -EBADF };
}
