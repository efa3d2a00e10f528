/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/journal-writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>

#include "base/fs.h"
#include "base/process.h"
#include "system/key-source.h"
#include "system/transaction-journal.h"

#define PERIOD_MSEC 200
#define BATCH_SIZE ((size_t) 256 * 1024)

typedef struct Writer {
        LabelTable *table;
        int root_fd;
        const PackageManager *owner;
        const StringList *packages;
        int life_fds[2];
        int fd;
        Buffer records;
        LabelNumber told;   /* entries that are in the journal */
        LabelNumber n_done; /* size of is_done */
        bool *is_done;      /* by entry, whether its signature is in the journal */
} Writer;

static int flush(Writer *w)
{
        int r = fs_write_all(w->fd, w->records.data, w->records.size);

        w->records.size = 0;
        return r;
}

static int add_entry(Writer *w, LabelNumber number)
{
        Attachment item = { .size = label_table_get_size(w->table, number) };
        const uint8_t *value;
        int r = 0;

        memcpy(item.digest, label_table_get_digest(w->table, number), sizeof(item.digest));
        if (label_table_get_signature(w->table, number, &value, &item.signature_size) >= 0) {
                memcpy(item.signature, value, item.signature_size);
                w->is_done[number - 1] = true;
        }
        while (r >= 0 && (item.path = label_table_next_path(w->table, number, item.path)))
                r = attachment_format(&item, &w->records);
        return r >= 0 && w->records.size >= BATCH_SIZE ? flush(w) : r;
}

static int make_room(Writer *w, LabelNumber count)
{
        bool *is_done = count > w->n_done ? reallocarray(w->is_done, count, sizeof(*is_done))
                                          : w->is_done;

        if (count <= w->n_done)
                return 0;
        if (!is_done)
                return -ENOMEM;
        memset(is_done + w->n_done, 0, (count - w->n_done) * sizeof(*is_done));
        w->is_done = is_done;
        w->n_done = count;
        return 0;
}

/* What is new, and what has got its signature. */
static int follow(Writer *w)
{
        LabelNumber count = label_table_get_count(w->table);
        int r = make_room(w, count);

        for (LabelNumber i = 1; r >= 0 && i <= count; i++)
                if (i > w->told || (!w->is_done[i - 1] && label_table_get_state(w->table, i) ==
                                                                          LABEL_STATE_SIGNED))
                        r = add_entry(w, i);
        if (r >= 0)
                w->told = count;
        if (r < 0 || w->records.size == 0)
                return r;
        r = flush(w);
        return r >= 0 && fdatasync(w->fd) < 0 ? -errno : r;
}

static int begin(Writer *w)
{
        int r = w->fd = transaction_journal_create(w->root_fd, w->owner->pid, w->owner->name);

        for (size_t i = 0; r >= 0 && i < w->packages->count; i++)
                r = transaction_journal_add_package(&w->records, w->packages->items[i]);
        return r < 0 ? r : follow(w);
}

static void run(void *userdata, int ready_fd)
{
        Writer *w = userdata;
        struct pollfd life = { w->life_fds[0], 0, 0 };
        int r;

        (void) prctl(PR_SET_NAME, "imad-journal");
        key_source_protect_process(false);
        (void) close(w->life_fds[1]);
        r = begin(w);
        if (!process_ready(ready_fd, r) || r < 0)
                _exit(1);
        /* A full disk may have room again. */
        while (poll(&life, 1, PERIOD_MSEC) == 0)
                (void) follow(w);
        (void) follow(w);
        _exit(0);
}

int journal_writer_start(LabelTable *table, int root_fd, const PackageManager *owner,
                const StringList *packages, JournalWriter *ret_writer)
{
        Writer writer = { .table = table,
                .root_fd = root_fd,
                .owner = owner,
                .packages = packages,
                .fd = -EBADF };
        JournalWriter started = { 0, -EBADF };
        int r;

        if (pipe2(writer.life_fds, O_CLOEXEC) < 0)
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

void journal_writer_done(JournalWriter *writer)
{
        process_end(writer->pid);
        if (writer->pid != 0)
                cleanup_closep(&writer->life_fd);
        *writer = (JournalWriter){ 0, -EBADF };
}
