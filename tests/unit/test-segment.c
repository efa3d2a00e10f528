/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/measurements/segment.h"
#include "fixture-list.h"

static Segment make(void)
{
        Segment segment = {
                .boot_id = "00112233-4455-6677-8899-aabbccddeeff",
                .number = 3,
                .first_entry = 7,
                .entries = 2,
                .contents = {HASH_SHA256,  32, { 1 } },
                .previous = { HASH_SHA256,       32, { 2 } },
                .list = { .digest_size = 20},
        };

        return segment;
}

static char *format(const Segment *segment)
{
        static const HashAlgorithm banks[] = { HASH_SHA256 };
        _cleanup_replay_ Replay *replay = NULL;
        char *line;

        cr_assert_eq(replay_new(banks, 1, &replay), 0);
        cr_assert_eq(segment_format(segment, replay, &line), 0);
        return line;
}

Test(segment, a_head_survives_being_written_and_read)
{
        Segment segment = make(), read;
        _cleanup_free_ char *line = format(&segment);

        cr_assert_eq(line[strlen(line) - 1], '\n');
        cr_assert_eq(segment_parse(line, strlen(line) - 1, &read), 0);
        cr_assert_str_eq(read.boot_id, segment.boot_id);
        cr_assert_eq(read.number, 3);
        cr_assert_eq(read.first_entry, 7);
        cr_assert_eq(read.entries, 2);
        cr_assert(digest_equal(&read.contents, &segment.contents));
        cr_assert(digest_equal(&read.previous, &segment.previous));
        cr_assert_eq(read.list.digest_size, 20);
        cr_assert_not(read.list.big_endian);
}

Test(segment, the_first_one_names_none_before)
{
        Segment segment = make(), read;
        _cleanup_free_ char *line = NULL;

        segment.previous.size = 0;
        line = format(&segment);
        cr_assert_eq(segment_parse(line, strlen(line) - 1, &read), 0);
        cr_assert_eq(read.previous.size, 0);
}

Test(segment, what_is_cut_off_or_of_another_format_is_refused)
{
        Segment segment = make(), read;
        _cleanup_free_ char *line = format(&segment);
        char *format_number = strstr(line, "\"format\":1");

        for (size_t size = 0; size < strlen(line) - 1; size++)
                cr_assert_eq(segment_parse(line, size, &read), -EBADMSG);
        cr_assert_not_null(format_number);
        format_number[9] = '2';
        cr_assert_eq(segment_parse(line, strlen(line) - 1, &read), -EBADMSG);
}
