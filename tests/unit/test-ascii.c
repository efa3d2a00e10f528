/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-list.h"

static MeasurementReader *reader_of(const char *text, size_t size)
{
        MeasurementReader *reader;

        cr_assert_eq(measurement_reader_new_detecting(&reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, text, size), 0);
        measurement_reader_end(reader);
        return reader;
}

Test(ascii, recorded_lines_give_the_binary_entries_again)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[0];
                _cleanup_measurement_reader_ MeasurementReader *binary = NULL, *ascii = NULL;
                _cleanup_diags_ DiagList diags = { 0 };
                _cleanup_buffer_ Buffer text = { 0 };
                Measurement m, n;

                for (size_t j = 0; j < list.ascii.count; j++)
                        cr_assert_eq(buffer_append_format(&text, "%s\n", list.ascii.items[j]), 0);
                ascii = reader_of(text.data, text.size);
                cr_assert_eq(measurement_reader_new(b->digest_size, false, &binary), 0);
                cr_assert_eq(measurement_reader_feed(binary, b->bytes, b->size), 0);
                for (size_t j = 0; j < list.ascii.count; j++) {
                        cr_assert_eq(measurement_reader_next(ascii, &m), 1, "%s",
                                        list.ascii.items[j]);
                        cr_assert_eq(measurement_reader_next(binary, &n), 1);
                        cr_assert_eq(m.pcr, n.pcr);
                        cr_assert_eq(m.violation, n.violation);
                        cr_assert_eq(m.data_size, n.data_size, "%s", list.ascii.items[j]);
                        cr_assert_arr_eq(m.data, n.data, n.data_size);
                        cr_assert_arr_eq(m.template_digest, n.template_digest, b->digest_size);
                }
                cr_assert_eq(measurement_reader_next(ascii, &m), 0);
                cr_assert_eq(measurement_reader_finish(ascii, &diags, "list"), 0);
        }
}

/* A line for these fields of a format, and what the reader makes of it. */
#define DIGEST "1111111111111111111111111111111111111111"

Test(ascii, names_with_newlines_are_one_entry)
{
        static const char text[] = "10 " DIGEST " ima-ng sha1:" DIGEST " /a\n10_b\n"
                                   " 9 " DIGEST " ima-ng sha1:" DIGEST " /c\n";
        _cleanup_measurement_reader_ MeasurementReader *reader = reader_of(text, strlen(text));
        Measurement m;

        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(memcmp(m.data + m.data_size - 8, "/a\n10_b", 8), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(m.pcr, 9);
        cr_assert_eq(measurement_reader_next(reader, &m), 0);
}

Test(ascii, numbers_and_empty_fields_of_custom_formats)
{
        static const char text[] = "10 " DIGEST " n-ng|iuid|imode|sig|xattrnames /a 7 33188  \n";
        static const char data[] = "\3\0\0\0/a\0\4\0\0\0\7\0\0\0\2\0\0\0\xa4\x81\0\0\0\0\0\0\0\0";
        _cleanup_measurement_reader_ MeasurementReader *reader = reader_of(text, strlen(text));
        Measurement m;

        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(m.data_size, sizeof(data) - 1);
        cr_assert_arr_eq(m.data, data, m.data_size);
}

Test(ascii, unknown_layouts_have_their_digest_only)
{
        static const char text[] = "10 " DIGEST " ima-future what ever\n";
        static const HashAlgorithm banks[] = { HASH_SHA1, HASH_SHA256 };
        _cleanup_measurement_reader_ MeasurementReader *reader = reader_of(text, strlen(text));
        _cleanup_replay_ Replay *replay = NULL;
        Measurement m;
        Digest digest;

        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert(m.opaque);
        cr_assert_eq(replay_new(banks, 2, &replay), 0);
        cr_assert_eq(replay_add(replay, &m), 1);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA1, 10, &digest), 0);
        cr_assert_eq(replay_get_pcr(replay, HASH_SHA256, 10, &digest), -ENODATA);
}

Test(ascii, lines_that_are_no_entry_are_malformed_at_their_place)
{
        static const struct {
                const char *line;
                const char *reason;
        } wrong[] = {
                {"10 " DIGEST " ima-ng sha1:zz /a\n",            "fields"         },
                { "10 " DIGEST " ima-ng sha1:" DIGEST "\n",      "fields"         },
                { "10 " DIGEST " ima-ng sha1:" DIGEST " /a b\n", "fields"         },
                { "10 " DIGEST "11 ima-ng sha1:" DIGEST " /a\n", "template digest"},
                { "10 " DIGEST " n-ng|iuid /a x\n",              "fields"         },
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_buffer_ Buffer text = { 0 };
                _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
                size_t first;
                Measurement m;

                cr_assert_eq(buffer_append_string(
                                             &text, "10 " DIGEST " ima-ng sha1:" DIGEST " /a\n"),
                                0);
                first = text.size;
                cr_assert_eq(buffer_append_string(&text, wrong[i].line), 0);
                reader = reader_of(text.data, text.size);
                cr_assert_eq(measurement_reader_next(reader, &m), 1);
                cr_assert_eq(measurement_reader_next(reader, &m), -EBADMSG, "%s", wrong[i].line);
                cr_assert_eq(measurement_reader_error(reader)->offset, first);
                cr_assert_not_null(
                                strstr(measurement_reader_error(reader)->reason, wrong[i].reason),
                                "%s", measurement_reader_error(reader)->reason);
        }
}

Test(ascii, a_cut_off_line_is_told)
{
        static const char text[] = "10 " DIGEST " ima-ng sha1:" DIGEST " /a\n10 " DIGEST " ima";
        _cleanup_measurement_reader_ MeasurementReader *reader = reader_of(text, strlen(text));
        _cleanup_diags_ DiagList diags = { 0 };
        Measurement m;

        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(measurement_reader_next(reader, &m), 0);
        cr_assert_eq(measurement_reader_finish(reader, &diags, "list"), -EBADMSG);
        cr_assert_str_eq(diags.items[0].code, "E401");
}
