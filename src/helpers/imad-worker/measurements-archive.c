/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds what the kernel has measured since the last time to the archive of this boot. */
#include <fcntl.h>
#include <sys/file.h>

#include "base/buffer.h"
#include "base/fs.h"
#include "helpers/imad-worker/worker.h"
#include "system/list-archive.h"
#include "system/securityfs.h"
#include "system/settings.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define READ_SIZE ((size_t) 64 * 1024)

/* A segment ends with the entry that reaches this size. */
#define SEGMENT_SIZE ((size_t) 1 << 20)

typedef struct Archiving {
        int list_fd;
        int lock_fd;
        char *boot_id;
        char *directory;
        ListArchive archive;
        MeasurementReader *reader; /* of what is not archived yet */
        Buffer pending;            /* raw bytes of that which are in no segment yet */
        uint64_t begin;            /* where `pending` begins, in the reader's offsets */
} Archiving;

static void archiving_done(Archiving *a)
{
        cleanup_closep(&a->list_fd);
        cleanup_closep(&a->lock_fd);
        free(a->boot_id);
        free(a->directory);
        list_archive_done(&a->archive);
        measurement_reader_free(a->reader);
        buffer_done(&a->pending);
}

static int get_boot_id(Worker *worker, char **ret_boot_id)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(worker->root_fd, BOOT_ID_PATH, SEGMENT_BOOT_ID_SIZE, &text, &size);

        if (r < 0)
                return r;
        (void) string_strip(text);
        if (strspn(text, "0123456789abcdef-") != strlen(text) || !*text)
                return -EBADMSG;
        *ret_boot_id = TAKE_PTR(text);
        return 0;
}

/* Two at a time would write the same segment. */
static int lock_directory(Worker *worker, Archiving *a)
{
        int r = fs_make_directories(worker->root_fd, a->directory, 0700);

        if (r < 0)
                return r;
        a->lock_fd = fs_open(worker->root_fd, a->directory, O_RDONLY | O_DIRECTORY, 0);
        if (a->lock_fd < 0)
                return a->lock_fd;
        return flock(a->lock_fd, LOCK_EX) < 0 ? -errno : 0;
}

/* The list as it is now, from the first entry on. */
static int open_list(Worker *worker, int *ret_fd)
{
        int fd;

        if (!worker->list)
                return securityfs_open_list(worker->root_fd, HASH_SHA1, ret_fd);
        fd = fs_open(worker->root_fd, worker->list, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        if (fd < 0)
                return fd;
        *ret_fd = fd;
        return 0;
}

/* Bytes that were read, 0 at the end. */
static int read_some(int fd, char *bytes, size_t size)
{
        ssize_t n;

        do
                n = read(fd, bytes, size);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : (int) n;
}

/* -ESTALE when the list does not go on as the segment does. */
static int compare_list(void *userdata, const void *bytes, size_t size)
{
        const Archiving *a = userdata;
        char chunk[READ_SIZE];

        for (size_t at = 0; at < size;) {
                size_t left = size - at;
                int n = read_some(a->list_fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));

                if (n < 0)
                        return n;
                if (n == 0 || memcmp(chunk, (const char *) bytes + at, (size_t) n) != 0)
                        return -ESTALE;
                at += (size_t) n;
        }
        return 0;
}

/* The form of a list that nothing was archived of is that of its first entry. */
static int take_format(Archiving *a)
{
        const MeasurementFormat *format = measurement_reader_format(a->reader);

        if (!format || format->ascii || format->kexec)
                return -EBADMSG;
        if (a->archive.segments == 0)
                a->archive.list = *format;
        return 0;
}

/* Writes the whole entries that are there when they fill a segment, or else on request. */
static int write_segment(Worker *worker, Archiving *a, bool all)
{
        size_t size = (size_t) (measurement_reader_offset(a->reader) - a->begin);
        int r;

        if (size == 0 || (size < SEGMENT_SIZE && !all))
                return 0;
        r = take_format(a);
        if (r >= 0)
                r = list_archive_append(
                                worker->root_fd, a->directory, &a->archive, a->pending.data, size);
        if (r < 0)
                return r;
        buffer_consume(&a->pending, size);
        a->begin += size;
        return 0;
}

/* Skips the entries that the reader has whole: only where they end matters. */
static int skip_entries(MeasurementReader *reader)
{
        Measurement m;
        int r;

        do
                r = measurement_reader_next(reader, &m);
        while (r > 0);
        return r;
}

static int append_entries(Worker *worker, Archiving *a)
{
        const MeasurementFormat *list = &a->archive.list;
        char chunk[READ_SIZE];
        int n, r;

        r = a->archive.segments > 0 ? measurement_reader_new(list->digest_size, list->big_endian,
                                                      &a->reader)
                                    : measurement_reader_new_detecting(&a->reader);
        while (r >= 0 && (n = read_some(a->list_fd, chunk, sizeof(chunk))) != 0) {
                if (n < 0)
                        return n;
                r = measurement_reader_feed(a->reader, chunk, (size_t) n);
                if (r >= 0)
                        r = buffer_append(&a->pending, chunk, (size_t) n);
                if (r >= 0)
                        r = skip_entries(a->reader);
                if (r >= 0)
                        r = write_segment(worker, a, /* all= */ false);
        }
        if (r >= 0 && !measurement_reader_format(a->reader)) {
                measurement_reader_end(a->reader);
                r = skip_entries(a->reader);
        }
        return r < 0 ? r : write_segment(worker, a, /* all= */ true);
}

static int set_result(Worker *worker, const ListArchive *archive, uint64_t before)
{
        int r = worker_set(
                        worker, "archived", json_integer((json_int_t) (archive->entries - before)));

        if (r >= 0)
                r = worker_set(worker, "entries", json_integer((json_int_t) archive->entries));
        if (r >= 0)
                r = worker_set(worker, "segments", json_integer((json_int_t) archive->segments));
        return r < 0 ? r : worker_set(worker, "changed", json_boolean(archive->entries > before));
}

/* Reads the archive against the list, which stands at its first new entry then. */
static int load_archive(Worker *worker, Archiving *a)
{
        int r = list_archive_load(worker->root_fd, a->directory, a->boot_id, compare_list, a,
                        &worker->diags, &a->archive);

        /* What a damaged segment held is archived again: the kernel has it still. */
        return r == -EBADMSG ? list_archive_set_aside(worker->root_fd, a->directory, &a->archive)
                             : r;
}

static ExitCode archive_list(Worker *worker, Archiving *a)
{
        const char *name = worker->list ?: SECURITYFS_IMA_PATH;
        uint64_t before;
        int r = open_list(worker, &a->list_fd);

        if (r < 0)
                return worker_fail_errno(worker, r, name);
        r = load_archive(worker, a);
        if (r == -ESTALE)
                return worker_fail(worker, EXIT_CODE_MISMATCH,
                                "one of both was changed; imactl measurements verify tells whether "
                                "it was the list",
                                "the measurement list does not begin as the archive of this boot");
        if (r < 0)
                return worker_fail_errno(worker, r, a->directory);
        before = a->archive.entries;
        r = append_entries(worker, a);
        if (r >= 0)
                r = set_result(worker, &a->archive, before);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

static ExitCode prune(Worker *worker, const Archiving *a)
{
        _cleanup_settings_ Settings settings = { 0 };
        int r = settings_load(worker->root_fd, &settings, &worker->diags);

        if (r >= 0)
                r = list_archive_prune(worker->root_fd, LIST_ARCHIVE_PATH, a->boot_id,
                                settings.keep_archives);
        return r < 0 ? worker_fail_errno(worker, r, LIST_ARCHIVE_PATH) : EXIT_CODE_OK;
}

ExitCode verb_measurements_archive(Worker *worker)
{
        _cleanup_(archiving_done) Archiving a = { .list_fd = -EBADF, .lock_fd = -EBADF };
        ExitCode code;
        int r = get_boot_id(worker, &a.boot_id);

        if (r < 0)
                return worker_fail_errno(worker, r, BOOT_ID_PATH);
        if (asprintf(&a.directory, LIST_ARCHIVE_PATH "/%s", a.boot_id) < 0) {
                a.directory = NULL;
                return worker_fail_errno(worker, -ENOMEM, LIST_ARCHIVE_PATH);
        }
        r = lock_directory(worker, &a);
        if (r < 0)
                return worker_fail_errno(worker, r, a.directory);
        code = archive_list(worker, &a);
        return code == EXIT_CODE_OK ? prune(worker, &a) : code;
}
