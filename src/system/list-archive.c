/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/list-archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/diag-code.h"
#include "base/fs.h"
#include "base/strings.h"

#define BLOCK_SIZE 65536U
#define FILE_SIZE_MAX (LIST_ARCHIVE_SEGMENT_MAX + ((size_t) 1 << 20))
#define BOOTS_MAX 10000U

static void reader_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_read_free(*archive);
}

static void writer_freep(struct archive **archive)
{
        if (*archive)
                (void) archive_write_free(*archive);
}

static void entry_freep(struct archive_entry **entry)
{
        archive_entry_free(*entry);
}

void list_archive_done(ListArchive *archive)
{
        replay_free(archive->replay);
        *archive = (ListArchive){ 0 };
}

static int make_replay(ListArchive *archive)
{
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        return archive->replay ? 0 : replay_new(banks, ELEMENTSOF(banks), &archive->replay);
}

/* Replays whole entries; -EBADMSG when the bytes are none, or have another number of them. */
static int replay_entries(Replay *replay, const MeasurementFormat *format, const void *bytes,
                size_t size, uint64_t *ret_entries)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        uint64_t entries = 0;
        Measurement m;
        int r;

        r = measurement_reader_new(format->digest_size, format->big_endian, &reader);
        for (size_t at = 0; r >= 0 && at < size;) {
                size_t n = size - at < BLOCK_SIZE ? size - at : BLOCK_SIZE;

                r = measurement_reader_feed(reader, (const char *) bytes + at, n);
                at += n;
                while (r >= 0 && (r = measurement_reader_next(reader, &m)) > 0) {
                        r = replay_add(replay, &m);
                        entries++;
                }
        }
        if (r < 0)
                return r;
        if (measurement_reader_offset(reader) != size)
                return -EBADMSG;
        *ret_entries = entries;
        return 0;
}

static int gunzip(const char *bytes, size_t size, Buffer *buffer)
{
        _cleanup_(reader_freep) struct archive *reader = archive_read_new();
        struct archive_entry *entry;
        la_ssize_t n = 1;

        if (!reader)
                return -ENOMEM;
        if (archive_read_support_filter_gzip(reader) != ARCHIVE_OK ||
                        archive_read_support_format_raw(reader) != ARCHIVE_OK ||
                        archive_read_open_memory(reader, bytes, size) != ARCHIVE_OK ||
                        archive_read_next_header(reader, &entry) != ARCHIVE_OK ||
                        archive_filter_code(reader, 0) != ARCHIVE_FILTER_GZIP)
                return -EBADMSG;
        while (n > 0) {
                int r = buffer_reserve(buffer, BLOCK_SIZE);

                if (r < 0)
                        return r;
                n = archive_read_data(reader, buffer->data + buffer->size, BLOCK_SIZE);
                if (n < 0 || buffer->size + (size_t) n > FILE_SIZE_MAX)
                        return -EBADMSG;
                buffer->size += (size_t) n;
        }
        return 0;
}

static int write_gzip(int fd, void *userdata)
{
        _cleanup_(writer_freep) struct archive *writer = archive_write_new();
        _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();
        const Buffer *buffer = userdata;

        if (!writer || !entry)
                return -ENOMEM;
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_pathname(entry, "segment");
        if (archive_write_add_filter_gzip(writer) != ARCHIVE_OK ||
                        archive_write_set_format_raw(writer) != ARCHIVE_OK ||
                        archive_write_open_fd(writer, fd) != ARCHIVE_OK ||
                        archive_write_header(writer, entry) != ARCHIVE_OK ||
                        archive_write_data(writer, buffer->data, buffer->size) !=
                                        (la_ssize_t) buffer->size ||
                        archive_write_close(writer) != ARCHIVE_OK)
                return archive_errno(writer) > 0 ? -archive_errno(writer) : -EIO;
        return 0;
}

static int make_path(const char *directory, uint64_t number, char **ret_path)
{
        return asprintf(ret_path, "%s/%08" PRIu64 ".gz", directory, number) < 0 ? -ENOMEM : 0;
}

static bool is_segment(const char *name)
{
        return name[0] != '.' && string_ends_with(name, ".gz");
}

static bool follows(const ListArchive *archive, const Segment *segment)
{
        if ((*archive->boot_id && strcmp(segment->boot_id, archive->boot_id) != 0) ||
                        segment->number != archive->segments + 1 ||
                        segment->first_entry != archive->entries + 1)
                return false;
        if (archive->segments == 0)
                return segment->previous.size == 0;
        return segment->previous.size == archive->last.size &&
               memcmp(segment->previous.bytes, archive->last.bytes, archive->last.size) == 0 &&
               segment->list.digest_size == archive->list.digest_size &&
               segment->list.big_endian == archive->list.big_endian;
}

/* Where the entries go that were read. */
typedef struct Sink {
        ListArchiveSink *take; /* NULL: nowhere */
        void *userdata;
} Sink;

/* A segment, unpacked: its head, and its entries from bytes.data + entries on. */
typedef struct Unpacked {
        Segment segment;
        Buffer bytes;
        size_t entries;
        Digest file;
} Unpacked;

static void unpacked_done(Unpacked *u)
{
        buffer_done(&u->bytes);
}

/* Unpacks what must be the next one. *ret_reason is a part of a sentence when it is not. */
static int unpack(const ListArchive *archive, const char *file, size_t file_size,
                Unpacked *unpacked, const char **ret_reason)
{
        Buffer *bytes = &unpacked->bytes;
        const char *end;
        Digest contents;
        int r;

        *ret_reason = "is damaged";
        r = gunzip(file, file_size, bytes);
        if (r < 0)
                return r;
        end = bytes->data ? memchr(bytes->data, '\n', bytes->size) : NULL;
        if (!end || segment_parse(bytes->data, (size_t) (end - bytes->data), &unpacked->segment) <
                                        0)
                return -EBADMSG;
        *ret_reason = "does not follow on the one before";
        if (!follows(archive, &unpacked->segment))
                return -EBADMSG;
        *ret_reason = "does not hold the entries that its head names";
        unpacked->entries = (size_t) (end - bytes->data) + 1;
        r = digest_compute(HASH_SHA256, bytes->data + unpacked->entries,
                        bytes->size - unpacked->entries, &contents);
        if (r >= 0 && !digest_equal(&contents, &unpacked->segment.contents))
                r = -EBADMSG;
        return r < 0 ? r : digest_compute(HASH_SHA256, file, file_size, &unpacked->file);
}

static void advance(ListArchive *archive, const Unpacked *unpacked)
{
        archive->size += unpacked->bytes.size - unpacked->entries;
        archive->list = unpacked->segment.list;
        (void) strcpy(archive->boot_id, unpacked->segment.boot_id);
        archive->entries += unpacked->segment.entries;
        archive->last = unpacked->file;
        archive->segments++;
}

/* Adds what the file holds. *ret_reason as above. */
static int take_segment(ListArchive *archive, const char *file, size_t file_size, const Sink *sink,
                const char **ret_reason)
{
        _cleanup_(unpacked_done) Unpacked unpacked = { 0 };
        _cleanup_replay_ Replay *replay = NULL;
        uint64_t entries = 0;
        const char *bytes;
        size_t size;
        int r = unpack(archive, file, file_size, &unpacked, ret_reason);

        if (r < 0)
                return r;
        bytes = unpacked.bytes.data + unpacked.entries;
        size = unpacked.bytes.size - unpacked.entries;
        r = replay_copy(archive->replay, &replay);
        if (r >= 0)
                r = replay_entries(replay, &unpacked.segment.list, bytes, size, &entries);
        if (r >= 0 && entries != unpacked.segment.entries)
                r = -EBADMSG;
        if (r >= 0 && sink->take)
                r = sink->take(sink->userdata, bytes, size);
        if (r < 0)
                return r;
        replay_free(archive->replay);
        archive->replay = TAKE_PTR(replay);
        advance(archive, &unpacked);
        return 0;
}

int list_archive_read(int root_fd, const char *directory, ListArchive *archive, Buffer *ret_entries)
{
        _cleanup_(unpacked_done) Unpacked unpacked = { 0 };
        _cleanup_free_ char *path = NULL, *file = NULL;
        const char *reason;
        size_t size;
        int r = make_path(directory, archive->segments + 1, &path);

        if (r >= 0)
                r = fs_read_file(root_fd, path, FILE_SIZE_MAX, &file, &size);
        if (r >= 0)
                r = unpack(archive, file, size, &unpacked, &reason);
        if (r < 0)
                return r;
        advance(archive, &unpacked);
        buffer_consume(&unpacked.bytes, unpacked.entries);
        *ret_entries = TAKE_STRUCT(unpacked.bytes);
        return 0;
}

static int load_segment(int root_fd, const char *directory, const Sink *sink, DiagList *diags,
                ListArchive *archive)
{
        _cleanup_free_ char *path = NULL, *file = NULL;
        const char *reason = "is damaged";
        size_t size;
        int r = make_path(directory, archive->segments + 1, &path);

        if (r < 0)
                return r;
        r = fs_read_file(root_fd, path, FILE_SIZE_MAX, &file, &size);
        if (r >= 0)
                r = take_segment(archive, file, size, sink, &reason);
        if (r != -EBADMSG && r != -EFBIG)
                return r;
        return diag_error(diags, DIAG_CODE_ARCHIVE_SEGMENT, (DiagPlace){ .source = path },
                        "somebody changed it, or the disk is bad; what came before is good",
                        "the segment with entry %" PRIu64 " %s", archive->entries + 1, reason);
}

/* Segments behind a gap are there for nothing. */
static int check_rest(const ListArchive *archive, const StringList *names, const char *directory,
                DiagList *diags)
{
        _cleanup_free_ char *path = NULL;
        size_t segments = 0;

        for (size_t i = 0; i < names->count; i++)
                segments += is_segment(names->items[i]);
        if (segments <= archive->segments)
                return 0;
        if (make_path(directory, archive->segments + 1, &path) < 0)
                return -ENOMEM;
        return diag_error(diags, DIAG_CODE_ARCHIVE_GAP, (DiagPlace){ .source = path },
                        "restore it from a backup; what came before is good",
                        "the segment is missing, and later ones are there");
}

int list_archive_load(int root_fd, const char *directory, const char *boot_id,
                ListArchiveSink *sink, void *userdata, DiagList *diags, ListArchive *ret_archive)
{
        const Sink into = { sink, userdata };
        _cleanup_list_archive_ ListArchive archive = { 0 };
        _cleanup_strings_ StringList names = { 0 };
        int r = make_replay(&archive);

        if (boot_id && strlen(boot_id) >= sizeof(archive.boot_id))
                return -EINVAL;
        if (boot_id)
                (void) strcpy(archive.boot_id, boot_id);
        if (r >= 0)
                r = fs_list_directory(root_fd, directory, LIST_ARCHIVE_SEGMENTS_MAX, &names);
        if (r == -ENOENT)
                r = 0;
        while (r >= 0 && archive.segments < names.count)
                r = load_segment(root_fd, directory, &into, diags, &archive);
        if (r == -ENOENT || r >= 0)
                r = check_rest(&archive, &names, directory, diags);
        if (r < 0 && r != -EBADMSG)
                return r;
        *ret_archive = TAKE_STRUCT(archive);
        return r;
}

int list_archive_set_aside(int root_fd, const char *directory, const ListArchive *archive)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(root_fd, directory, LIST_ARCHIVE_SEGMENTS_MAX, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *from = NULL, *to = NULL;

                if (!is_segment(names.items[i]) ||
                                strtoull(names.items[i], NULL, 10) <= archive->segments)
                        continue;
                if (asprintf(&from, "%s/%s", directory, names.items[i]) < 0 ||
                                asprintf(&to, "%s.bad", from) < 0)
                        return -ENOMEM;
                r = fs_rename(root_fd, from, to);
        }
        return r == -ENOENT ? 0 : r;
}

/* The head and the entries, as they are compressed. */
static int make_segment(const ListArchive *archive, const void *bytes, size_t size, Buffer *buffer)
{
        Segment segment = {
                .number = archive->segments + 1,
                .first_entry = archive->entries + 1,
                .previous = archive->last,
                .list = archive->list,
        };
        _cleanup_replay_ Replay *replay = NULL;
        _cleanup_free_ char *line = NULL;
        int r = replay_copy(archive->replay, &replay);

        (void) strcpy(segment.boot_id, archive->boot_id);
        if (r >= 0)
                r = replay_entries(replay, &segment.list, bytes, size, &segment.entries);
        if (r >= 0)
                r = digest_compute(HASH_SHA256, bytes, size, &segment.contents);
        if (r >= 0)
                r = segment_format(&segment, replay, &line);
        if (r >= 0)
                r = buffer_append_string(buffer, line);
        return r < 0 ? r : buffer_append(buffer, bytes, size);
}

int list_archive_append(int root_fd, const char *directory, ListArchive *archive, const void *bytes,
                size_t size)
{
        _cleanup_free_ char *path = NULL, *file = NULL;
        _cleanup_buffer_ Buffer buffer = { 0 };
        const Sink nowhere = { 0 };
        const char *reason;
        size_t file_size;
        int r;

        if (size > LIST_ARCHIVE_SEGMENT_MAX)
                return -EFBIG;
        r = make_segment(archive, bytes, size, &buffer);
        if (r >= 0)
                r = make_path(directory, archive->segments + 1, &path);
        if (r >= 0)
                r = fs_make_directories(root_fd, directory, 0700);
        if (r >= 0)
                r = fs_replace_file_by(root_fd, path, write_gzip, &buffer, 0600);
        /* As it will be read one day; the next one names its digest. */
        if (r >= 0)
                r = fs_read_file(root_fd, path, FILE_SIZE_MAX, &file, &file_size);
        return r < 0 ? r : take_segment(archive, file, file_size, &nowhere, &reason);
}

typedef struct Boot {
        char *path;
        struct timespec written;
} Boot;

static int compare_boots(const void *a, const void *b)
{
        const struct timespec *x = &((const Boot *) a)->written, *y = &((const Boot *) b)->written;

        if (x->tv_sec != y->tv_sec)
                return x->tv_sec < y->tv_sec ? 1 : -1;
        return x->tv_nsec < y->tv_nsec ? 1 : x->tv_nsec > y->tv_nsec ? -1 : 0;
}

/* -ENOTDIR for what is no archive. */
static int look_at_boot(int root_fd, const char *path, struct timespec *ret_written)
{
        _cleanup_close_ int fd = fs_open(root_fd, path, O_RDONLY | O_DIRECTORY, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        *ret_written = st.st_mtim;
        return 0;
}

int list_archive_prune(int root_fd, const char *path, const char *boot_id, size_t keep)
{
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_free_ Boot *boots = NULL;
        size_t n = 0;
        int r = fs_list_directory(root_fd, path, BOOTS_MAX, &names);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        boots = calloc(names.count + 1, sizeof(*boots));
        if (!boots)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                if (string_equal(names.items[i], boot_id))
                        continue;
                if (asprintf(&boots[n].path, "%s/%s", path, names.items[i]) < 0)
                        r = -ENOMEM;
                else if (look_at_boot(root_fd, boots[n].path, &boots[n].written) < 0)
                        free(boots[n].path);
                else
                        n++;
        }
        qsort(boots, n, sizeof(*boots), compare_boots);
        for (size_t i = 0; i < n; i++) {
                if (r >= 0 && i >= keep)
                        r = fs_remove_tree(root_fd, boots[i].path);
                free(boots[i].path);
        }
        return r;
}
