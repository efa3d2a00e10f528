/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/label-record.h"

#include <criterion/criterion.h>

#include "base/strings.h"

static LabelRecord make_file(void)
{
        return (LabelRecord){
                .kind = LABEL_RECORD_FILE,
                .file = {.inode = 7,
                         .size = 4096,
                         .mtime_sec = -1,
                         .mtime_nsec = 999999999,
                         .path = "/usr/bin/odd\n\xff",
                         .path_size = 14,
                         .source = "archive",
                         .source_size = 7,
                         .changes = { { FILE_LABEL_IMA, NULL, 0, true, { { 1, 2, 3 } } },
                                                { FILE_LABEL_EVM, (const uint8_t *) "\x05\x02", 2,
                                                                false, { { 0 } } } },
                         .n_changes = 2}
        };
}

static void format(const LabelRecord *record, Buffer *buffer)
{
        cr_assert_eq(label_record_format(record, buffer), 0);
}

Test(label_record, a_file_comes_back_as_it_was)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelRecord record = make_file(), again;
        size_t size;

        format(&record, &buffer);
        cr_assert_eq(label_record_parse(buffer.data, buffer.size, &again, &size), 0);
        cr_expect_eq(size, buffer.size);
        cr_expect_eq(again.file.inode, 7);
        cr_expect_eq(again.file.mtime_sec, -1);
        cr_expect_eq(again.file.mtime_nsec, 999999999);
        cr_expect_eq(again.file.path_size, 14);
        cr_expect_eq(memcmp(again.file.path, record.file.path, 14), 0);
        cr_assert_eq(again.file.source_size, 7);
        cr_expect_eq(memcmp(again.file.source, "archive", 7), 0);
        cr_assert_eq(again.file.n_changes, 2);
        cr_expect_eq(again.file.changes[0].old_size, 0);
        cr_expect(again.file.changes[0].has_new);
        cr_expect(label_mark_equal(&again.file.changes[0].new, &record.file.changes[0].new));
        cr_expect_eq(again.file.changes[1].attribute, FILE_LABEL_EVM);
        cr_expect_eq(memcmp(again.file.changes[1].old, "\x05\x02", 2), 0);
        cr_expect_not(again.file.changes[1].has_new);
}

Test(label_record, words_and_counts_come_back)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelRecord begin = { .kind = LABEL_RECORD_BEGIN,
                .begin = { .time_usec = 5, .words = "sign\0/a b", .words_size = 10 } },
                    end = { .kind = LABEL_RECORD_END,
                            .end = { LABEL_OUTCOME_UNDONE, 3, 2, 1 } },
                    record;
        size_t size, offset;

        format(&begin, &buffer);
        offset = buffer.size;
        format(&end, &buffer);
        cr_assert_eq(label_record_parse(buffer.data, buffer.size, &record, &size), 0);
        cr_expect_eq(size, offset);
        cr_expect_eq(record.begin.time_usec, 5);
        cr_expect_eq(memcmp(record.begin.words, "sign\0/a b", 10), 0);
        cr_assert_eq(label_record_parse(buffer.data + offset, buffer.size - offset, &record, &size),
                        0);
        cr_expect_eq(record.end.outcome, LABEL_OUTCOME_UNDONE);
        cr_expect_eq(record.end.files, 3);
        cr_expect_eq(record.end.failed, 1);
}

Test(label_record, a_torn_record_asks_for_more)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelRecord record = make_file();
        size_t size;

        format(&record, &buffer);
        for (size_t i = 4; i < buffer.size; i++) {
                cr_assert_eq(label_record_parse(buffer.data, i, &record, &size), -ENODATA);
                cr_expect_eq(size, buffer.size);
        }
}

Test(label_record, every_changed_byte_is_found)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelRecord record = make_file();
        size_t size;

        format(&record, &buffer);
        for (size_t i = 0; i < buffer.size; i++) {
                buffer.data[i] ^= 1;
                cr_expect_lt(label_record_parse(buffer.data, buffer.size, &record, &size), 0);
                buffer.data[i] ^= 1;
        }
}

Test(label_record, what_is_too_long_is_not_written)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelRecord record = make_file();
        static const char path[LABEL_RECORD_PATH_MAX + 1] = "/";

        record.file.path = path;
        record.file.path_size = sizeof(path);
        cr_expect_eq(label_record_format(&record, &buffer), -ENAMETOOLONG);
        cr_expect_eq(buffer.size, 0);
        record = make_file();
        record.file.source = path;
        record.file.source_size = LABEL_RECORD_SOURCE_MAX + 1;
        cr_expect_eq(label_record_format(&record, &buffer), -E2BIG);
        cr_expect_eq(buffer.size, 0);
}
