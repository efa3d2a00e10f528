/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <poll.h>

#include "base/fs.h"
#include "helpers/imad-gate/record-reader.h"

static int tell(const void *setup, int pipe_fd)
{
        const Buffer *records = setup;

        return fs_write_all(pipe_fd, records->data, records->size);
}

/* As one that was taken over: it says no more, and does not end. */
static int tell_and_stay(const void *setup, int pipe_fd)
{
        (void) tell(setup, pipe_fd);
        (void) poll(NULL, 0, -1);
        return 0;
}

static int tell_and_close(const void *setup, int pipe_fd)
{
        (void) tell(setup, pipe_fd);
        (void) close(pipe_fd);
        return tell_and_stay(&(Buffer){ 0 }, -EBADF);
}

/* What comes first that is not -EAGAIN. */
static int next(RecordReader *reader, Record *record)
{
        int r;

        while ((r = record_reader_next(reader, record)) == -EAGAIN)
                (void) poll(NULL, 0, 1);
        return r;
}

static Record record;

Test(record_reader, tells_what_the_process_writes)
{
        static const uint8_t digest[LABEL_DIGEST_SIZE] = { 7 };
        _cleanup_record_reader_ RecordReader reader = { 0, -EBADF };
        _cleanup_buffer_ Buffer records = { 0 };

        cr_assert_eq(record_append(&records, RECORD_FILE, 5, digest, "/usr/bin/a"), 0);
        cr_assert_eq(record_reader_start(tell, &records, &reader), 0);
        cr_assert_eq(next(&reader, &record), 1);
        cr_expect_str_eq(record.text, "/usr/bin/a");
        cr_expect_eq(record.size, 5);
        cr_expect_eq(memcmp(record.digest, digest, sizeof(digest)), 0);
        cr_expect_eq(next(&reader, &record), 0);
}

Test(record_reader, does_not_wait_for_the_rest_of_a_record, .timeout = 60)
{
        _cleanup_record_reader_ RecordReader reader = { 0, -EBADF };
        _cleanup_buffer_ Buffer records = { 0 };

        cr_assert_eq(record_append(&records, RECORD_FILE, 5, NULL, "/usr/bin/a"), 0);
        records.size -= 3;
        cr_assert_eq(record_reader_start(tell_and_stay, &records, &reader), 0);
        cr_expect_eq(next(&reader, &record), -ETIMEDOUT);
}

Test(record_reader, does_not_wait_for_a_process_that_does_not_end, .timeout = 60)
{
        _cleanup_record_reader_ RecordReader reader = { 0, -EBADF };
        _cleanup_buffer_ Buffer records = { 0 };

        cr_assert_eq(record_append(&records, RECORD_FILE, 5, NULL, "/usr/bin/a"), 0);
        cr_assert_eq(record_reader_start(tell_and_close, &records, &reader), 0);
        cr_assert_eq(next(&reader, &record), 1);
        cr_expect_eq(next(&reader, &record), -ETIMEDOUT);
}
