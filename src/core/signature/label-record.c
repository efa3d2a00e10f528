/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/label-record.h"

#include "base/cursor.h"

#define HEAD_SIZE 5U /* size and kind */
#define CHECKSUM_SIZE 8U
#define NSEC_PER_SEC 1000000000U

static const char *const outcome_names[LABEL_OUTCOME_MAX] = {
        [LABEL_OUTCOME_FINISHED] = "finished",
        [LABEL_OUTCOME_INTERRUPTED] = "interrupted",
        [LABEL_OUTCOME_UNDOING] = "undoing",
        [LABEL_OUTCOME_UNDONE] = "undone",
};

const char *label_outcome_to_string(LabelOutcome outcome)
{
        return outcome_names[outcome];
}

int label_mark_compute(const void *value, size_t size, LabelMark *ret_mark)
{
        Digest digest;
        int r = digest_compute(HASH_SHA256, value, size, &digest);

        if (r >= 0)
                memcpy(ret_mark->bytes, digest.bytes, sizeof(ret_mark->bytes));
        return r;
}

bool label_mark_equal(const LabelMark *a, const LabelMark *b)
{
        return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static int append_u8(Buffer *buffer, uint8_t value)
{
        return buffer_append(buffer, &value, sizeof(value));
}

static int append_u32(Buffer *buffer, uint32_t value)
{
        value = htole32(value);
        return buffer_append(buffer, &value, sizeof(value));
}

static int append_u64(Buffer *buffer, uint64_t value)
{
        value = htole64(value);
        return buffer_append(buffer, &value, sizeof(value));
}

static int format_begin(const LabelRecord *record, Buffer *buffer)
{
        const uint16_t format = htole16(LABEL_RECORD_FORMAT);
        int r;

        if (record->begin.words_size > LABEL_RECORD_SIZE_MAX - 64)
                return -E2BIG;
        r = buffer_append(buffer, &format, sizeof(format));
        if (r >= 0)
                r = append_u64(buffer, record->begin.time_usec);
        return r < 0 ? r : buffer_append(buffer, record->begin.words, record->begin.words_size);
}

static int format_change(const LabelRecordChange *change, Buffer *buffer)
{
        int r;

        if (change->old_size > LABEL_RECORD_VALUE_MAX)
                return -E2BIG;
        r = append_u8(buffer, (uint8_t) change->attribute);
        if (r >= 0)
                r = append_u32(buffer, (uint32_t) change->old_size);
        if (r >= 0)
                r = buffer_append(buffer, change->old, change->old_size);
        if (r >= 0)
                r = append_u8(buffer, change->has_new);
        return r < 0 ? r : buffer_append(buffer, change->new.bytes, sizeof(change->new.bytes));
}

static int format_file(const LabelRecord *record, Buffer *buffer)
{
        int r;

        if (record->file.path_size > LABEL_RECORD_PATH_MAX)
                return -ENAMETOOLONG;
        if (record->file.source_size > LABEL_RECORD_SOURCE_MAX)
                return -E2BIG;
        r = append_u64(buffer, record->file.inode);
        if (r >= 0)
                r = append_u64(buffer, record->file.size);
        if (r >= 0)
                r = append_u64(buffer, (uint64_t) record->file.mtime_sec);
        if (r >= 0)
                r = append_u32(buffer, record->file.mtime_nsec);
        if (r >= 0)
                r = append_u32(buffer, (uint32_t) record->file.path_size);
        if (r >= 0)
                r = buffer_append(buffer, record->file.path, record->file.path_size);
        if (r >= 0)
                r = append_u8(buffer, (uint8_t) record->file.source_size);
        if (r >= 0)
                r = buffer_append(buffer, record->file.source, record->file.source_size);
        for (size_t i = 0; r >= 0 && i < record->file.n_changes; i++)
                r = format_change(&record->file.changes[i], buffer);
        return r;
}

static int format_end(const LabelRecord *record, Buffer *buffer)
{
        int r = append_u8(buffer, (uint8_t) record->end.outcome);

        if (r >= 0)
                r = append_u64(buffer, record->end.files);
        if (r >= 0)
                r = append_u64(buffer, record->end.changed);
        return r < 0 ? r : append_u64(buffer, record->end.failed);
}

static int format_body(const LabelRecord *record, Buffer *buffer)
{
        if (record->kind == LABEL_RECORD_BEGIN)
                return format_begin(record, buffer);
        return record->kind == LABEL_RECORD_FILE ? format_file(record, buffer)
                                                 : format_end(record, buffer);
}

/* A body that fails leaves the buffer as it was. */
int label_record_format(const LabelRecord *record, Buffer *buffer)
{
        const size_t start = buffer->size;
        uint32_t size;
        Digest digest;
        int r = append_u32(buffer, 0);

        if (r >= 0)
                r = append_u8(buffer, (uint8_t) record->kind);
        if (r >= 0)
                r = format_body(record, buffer);
        if (r >= 0) {
                size = htole32((uint32_t) (buffer->size - start - HEAD_SIZE));
                memcpy(buffer->data + start, &size, sizeof(size));
                r = digest_compute(
                                HASH_SHA256, buffer->data + start, buffer->size - start, &digest);
        }
        if (r >= 0)
                r = buffer_append(buffer, digest.bytes, CHECKSUM_SIZE);
        if (r < 0)
                buffer->size = start;
        return r;
}

static int parse_begin(Cursor *body, LabelRecord *record)
{
        const uint8_t *words;
        uint16_t format;

        if (cursor_read_u16(body, &format) < 0 || format != LABEL_RECORD_FORMAT ||
                        cursor_read_u64(body, &record->begin.time_usec) < 0)
                return -EBADMSG;
        record->begin.words_size = cursor_left(body);
        if (cursor_read_view(body, record->begin.words_size, &words) < 0 ||
                        (record->begin.words_size > 0 &&
                                        words[record->begin.words_size - 1] != '\0'))
                return -EBADMSG;
        record->begin.words = (const char *) words;
        return 0;
}

static int parse_change(Cursor *body, LabelRecordChange *change)
{
        uint8_t attribute, has_new;
        uint32_t size;

        if (cursor_read_u8(body, &attribute) < 0 || attribute >= FILE_LABEL_ATTRIBUTE_MAX ||
                        cursor_read_u32(body, &size) < 0 || size > LABEL_RECORD_VALUE_MAX ||
                        cursor_read_view(body, size, &change->old) < 0 ||
                        cursor_read_u8(body, &has_new) < 0 || has_new > 1 ||
                        cursor_read_bytes(body, change->new.bytes, sizeof(change->new.bytes)) < 0)
                return -EBADMSG;
        change->attribute = (FileLabelAttribute) attribute;
        change->old_size = size;
        change->has_new = has_new;
        return 0;
}

static int parse_source(Cursor *body, LabelRecord *record)
{
        const uint8_t *source;
        uint8_t size;

        if (cursor_read_u8(body, &size) < 0 || size > LABEL_RECORD_SOURCE_MAX ||
                        cursor_read_view(body, size, &source) < 0 || memchr(source, '\0', size))
                return -EBADMSG;
        record->file.source = (const char *) source;
        record->file.source_size = size;
        return 0;
}

static int parse_file(Cursor *body, LabelRecord *record)
{
        const uint8_t *path;
        uint64_t seconds;
        uint32_t size;

        if (cursor_read_u64(body, &record->file.inode) < 0 ||
                        cursor_read_u64(body, &record->file.size) < 0 ||
                        cursor_read_u64(body, &seconds) < 0 ||
                        cursor_read_u32(body, &record->file.mtime_nsec) < 0 ||
                        record->file.mtime_nsec >= NSEC_PER_SEC ||
                        cursor_read_u32(body, &size) < 0 || size == 0 ||
                        size > LABEL_RECORD_PATH_MAX || cursor_read_view(body, size, &path) < 0 ||
                        memchr(path, '\0', size) || parse_source(body, record) < 0)
                return -EBADMSG;
        record->file.mtime_sec = (int64_t) seconds;
        record->file.path = (const char *) path;
        record->file.path_size = size;
        while (cursor_left(body) > 0) {
                if (record->file.n_changes == LABEL_RECORD_CHANGES_MAX ||
                                parse_change(body, &record->file.changes[record->file.n_changes]) <
                                                0)
                        return -EBADMSG;
                record->file.n_changes++;
        }
        return 0;
}

static int parse_end(Cursor *body, LabelRecord *record)
{
        uint8_t outcome;

        if (cursor_read_u8(body, &outcome) < 0 || outcome >= LABEL_OUTCOME_MAX ||
                        cursor_read_u64(body, &record->end.files) < 0 ||
                        cursor_read_u64(body, &record->end.changed) < 0 ||
                        cursor_read_u64(body, &record->end.failed) < 0 || cursor_left(body) > 0)
                return -EBADMSG;
        record->end.outcome = (LabelOutcome) outcome;
        return 0;
}

static int parse_body(uint8_t kind, Cursor *body, LabelRecord *ret_record)
{
        LabelRecord record = { .kind = (LabelRecordKind) kind };
        int r = kind == LABEL_RECORD_BEGIN  ? parse_begin(body, &record)
                : kind == LABEL_RECORD_FILE ? parse_file(body, &record)
                : kind == LABEL_RECORD_END  ? parse_end(body, &record)
                                            : -EBADMSG;

        if (r >= 0)
                *ret_record = record;
        return r;
}

int label_record_parse(const void *bytes, size_t size, LabelRecord *ret_record, size_t *ret_size)
{
        Cursor cursor = cursor_new(bytes, size);
        const uint8_t *view, *checksum;
        uint32_t body_size;
        uint8_t kind;
        Digest digest;
        Cursor body;
        int r;

        *ret_size = HEAD_SIZE + CHECKSUM_SIZE;
        if (cursor_read_u32(&cursor, &body_size) < 0)
                return -ENODATA;
        if (body_size > LABEL_RECORD_SIZE_MAX - HEAD_SIZE - CHECKSUM_SIZE)
                return -EBADMSG;
        *ret_size = HEAD_SIZE + body_size + CHECKSUM_SIZE;
        if (cursor_read_u8(&cursor, &kind) < 0 || cursor_read_view(&cursor, body_size, &view) < 0 ||
                        cursor_read_view(&cursor, CHECKSUM_SIZE, &checksum) < 0)
                return -ENODATA;
        r = digest_compute(HASH_SHA256, bytes, HEAD_SIZE + (size_t) body_size, &digest);
        if (r < 0)
                return r;
        if (memcmp(digest.bytes, checksum, CHECKSUM_SIZE) != 0)
                return -EBADMSG;
        body = cursor_new(view, body_size);
        return parse_body(kind, &body, ret_record);
}
