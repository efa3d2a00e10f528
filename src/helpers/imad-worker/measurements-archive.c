/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds what the kernel has measured since the last time to the archive of this boot. */
#include "base/fs.h"
#include "helpers/imad-worker/worker.h"
#include "system/list-archive.h"
#include "system/securityfs.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define LIST_SIZE_MAX ((size_t) 512 << 20)

/* A segment ends with the entry that reaches this size. */
#define SEGMENT_SIZE ((size_t) 1 << 20)

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

/* The list as it is now, from the first entry on. */
static int read_list(Worker *worker, char **ret_bytes, size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (worker->list)
                return fs_read_file(
                                worker->root_fd, worker->list, LIST_SIZE_MAX, ret_bytes, ret_size);
        r = securityfs_open_list(worker->root_fd, HASH_SHA1, &fd);
        return r < 0 ? r : fs_read_fd(fd, LIST_SIZE_MAX, ret_bytes, ret_size);
}

/* Writes whole entries as segments; the last one may be short. */
static int append_entries(Worker *worker, ListArchive *archive, const char *directory,
                const char *bytes, size_t size)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        size_t begin = 0, end;
        Measurement m;
        int r;

        r = measurement_reader_new(archive->list.digest_size, archive->list.big_endian, &reader);
        for (size_t at = 0; r >= 0 && at < size;) {
                size_t n = size - at < SEGMENT_SIZE ? size - at : SEGMENT_SIZE;

                r = measurement_reader_feed(reader, bytes + at, n);
                at += n;
                while (r >= 0 && (r = measurement_reader_next(reader, &m)) > 0)
                        ;
                end = (size_t) measurement_reader_offset(reader);
                if (r >= 0 && end > begin)
                        r = list_archive_append(worker->root_fd, directory, archive, bytes + begin,
                                        end - begin);
                begin = end;
        }
        return r;
}

/* Finds out the form of a list that nothing was archived of. */
static int detect(ListArchive *archive, const char *bytes, size_t size)
{
        if (archive->segments > 0)
                return 0;
        return measurement_format_detect(bytes, size, true, &archive->list) < 0 ||
                                               archive->list.ascii || archive->list.kexec
                               ? -EBADMSG
                               : 0;
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

static ExitCode archive_list(Worker *worker, ListArchive *archive, const char *directory)
{
        const char *name = worker->list ?: SECURITYFS_IMA_PATH;
        _cleanup_free_ char *bytes = NULL;
        uint64_t before = archive->entries;
        size_t size;
        int r = read_list(worker, &bytes, &size);

        if (r < 0)
                return worker_fail_errno(worker, r, name);
        if (size < archive->size || memcmp(bytes, archive->bytes ?: "", archive->size) != 0)
                return worker_fail(worker, EXIT_CODE_MISMATCH,
                                "one of both was changed; imactl measurements verify tells whether "
                                "it was the list",
                                "the measurement list does not begin as the archive of this boot");
        if (size > archive->size)
                r = detect(archive, bytes, size);
        if (r >= 0 && size > archive->size)
                r = append_entries(worker, archive, directory, bytes + archive->size,
                                size - archive->size);
        if (r >= 0)
                r = set_result(worker, archive, before);
        return r < 0 ? worker_fail_errno(worker, r, name) : EXIT_CODE_OK;
}

ExitCode verb_measurements_archive(Worker *worker)
{
        _cleanup_list_archive_ ListArchive archive = { 0 };
        _cleanup_free_ char *boot_id = NULL, *directory = NULL;
        int r = get_boot_id(worker, &boot_id);

        if (r < 0)
                return worker_fail_errno(worker, r, BOOT_ID_PATH);
        if (asprintf(&directory, LIST_ARCHIVE_PATH "/%s", boot_id) < 0)
                directory = NULL;
        r = directory ? list_archive_load(worker->root_fd, directory, boot_id, &worker->diags,
                                        &archive)
                      : -ENOMEM;
        /* What a damaged segment held is archived again: the kernel has it still. */
        if (r == -EBADMSG)
                r = list_archive_set_aside(worker->root_fd, directory, &archive);
        if (r < 0)
                return worker_fail_errno(worker, r, LIST_ARCHIVE_PATH);
        return archive_list(worker, &archive, directory);
}
