/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "bus/error.h"
#include "bus/names.h"
#include "imad/limits.h"
#include "imad/manager.h"
#include "system/securityfs.h"

#define READ_SIZE ((size_t) 64 * 1024)
#define READS_MAX 16

struct Snapshot {
        Manager *manager;
        sd_bus_message *message;
        uid_t uid;
        int list_fd;
        int memory_fd;
        size_t size;
        sd_event_source *reading;
};

static Snapshot *snapshot_free(Snapshot *s)
{
        if (s) {
                sd_event_source_disable_unref(s->reading);
                sd_bus_message_unref(s->message);
                cleanup_closep(&s->list_fd);
                cleanup_closep(&s->memory_fd);
                free(s);
        }
        return NULL;
}
DEFINE_CLEANUP_FUNC(Snapshot *, snapshot_free)

static void remove_snapshot(Snapshot *s)
{
        SnapshotTable *table = &s->manager->snapshots;

        for (size_t i = 0; i < table->count; i++)
                if (table->items[i] == s) {
                        table->items[i] = table->items[--table->count];
                        break;
                }
        snapshot_free(s);
}

void snapshot_table_done(SnapshotTable *table)
{
        while (table->count > 0)
                snapshot_free(table->items[--table->count]);
}

static int send_file(Snapshot *s)
{
        int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

        if (lseek(s->memory_fd, 0, SEEK_SET) < 0 || fcntl(s->memory_fd, F_ADD_SEALS, seals) < 0)
                return -errno;
        return sd_bus_reply_method_return(s->message, "h", s->memory_fd);
}

static void end_snapshot(Snapshot *s, int error)
{
        int r = error < 0 ? error : send_file(s);

        if (r == -EFBIG)
                (void) sd_bus_reply_method_errorf(s->message, BUS_ERROR_LIMIT_EXCEEDED,
                                "measurement list is longer than %zu MiB; read it with "
                                "GetEntries(), or from the kernel",
                                LIMIT_SNAPSHOT_BYTES / 1024 / 1024);
        else if (r < 0)
                (void) sd_bus_reply_method_errorf(s->message, bus_error_from_errno(r),
                                "measurement list cannot be read: %s; see \"imactl doctor\"",
                                strerror(-r));
        remove_snapshot(s);
}

/* 1: go on; 0: the copy is complete. */
static int copy_some(Snapshot *s)
{
        char bytes[READ_SIZE];
        ssize_t n = read(s->list_fd, bytes, sizeof(bytes));
        int r;

        if (n <= 0)
                return n < 0 ? -errno : 0;
        s->size += (size_t) n;
        if (s->size > LIMIT_SNAPSHOT_BYTES)
                return -EFBIG;
        r = fs_write_all(s->memory_fd, bytes, (size_t) n);
        return r < 0 ? r : 1;
}

static int on_reading(sd_event_source *source, void *userdata)
{
        Snapshot *s = userdata;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < READS_MAX; i++)
                r = copy_some(s);
        if (r <= 0)
                end_snapshot(s, r);
        return 0;
}

static int snapshot_new(Manager *manager, sd_bus_message *m, uid_t uid, Snapshot **ret_snapshot)
{
        _cleanup_(snapshot_freep) Snapshot *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->manager = manager;
        s->message = sd_bus_message_ref(m);
        s->uid = uid;
        s->list_fd = -EBADF;
        s->memory_fd = memfd_create("measurements", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (s->memory_fd < 0)
                return -errno;
        r = securityfs_open_list(manager->root_fd, HASH_SHA1, &s->list_fd);
        if (r >= 0)
                r = sd_event_add_defer(manager->event, &s->reading, on_reading, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->reading, SD_EVENT_PRIORITY_NORMAL + 5);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->reading, SD_EVENT_ON);
        if (r < 0)
                return r;
        *ret_snapshot = TAKE_PTR(s);
        return 0;
}

int snapshot_start(Manager *manager, sd_bus_message *m, uid_t uid, sd_bus_error *reterr_error)
{
        SnapshotTable *table = &manager->snapshots;
        unsigned of_uid = 0;
        Snapshot *s = NULL;
        int r;

        for (size_t i = 0; i < table->count; i++)
                of_uid += table->items[i]->uid == uid;
        r = limit_check(LIMIT_SNAPSHOTS, of_uid, (unsigned) table->count, reterr_error);
        if (r < 0)
                return r;
        r = snapshot_new(manager, m, uid, &s);
        if (r < 0)
                return sd_bus_error_setf(reterr_error, bus_error_from_errno(r),
                                "measurement list cannot be copied: %s; see \"imactl doctor\"",
                                strerror(-r));
        table->items[table->count++] = s;
        return 0;
}
