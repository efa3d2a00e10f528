/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>

#include "core/measurements/template.h"
#include "fixture-list.h"

static MeasurementReader *reader_of(const void *bytes, size_t size, size_t digest_size)
{
        MeasurementReader *reader;

        cr_assert_eq(measurement_reader_new(digest_size, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, bytes, size), 0);
        return reader;
}

/* "PCR digest template" as the kernel begins the line of its ASCII list. */
static void format_head(const Measurement *m, char *text, size_t size)
{
        char digest[2 * DIGEST_SIZE_MAX + 1];

        hex_encode(m->template_digest, m->template_digest_size, digest);
        (void) snprintf(text, size, "%2" PRIu32 " %s %.*s ", m->pcr, digest,
                        (int) m->template_name_size, m->template_name);
}

Test(list, recorded_lists_agree_with_the_kernels_ascii_list)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[0];
                _cleanup_measurement_reader_ MeasurementReader *reader =
                                reader_of(b->bytes, b->size, b->digest_size);
                _cleanup_diags_ DiagList diags = { 0 };
                Measurement m;

                for (size_t j = 0; j < list.ascii.count; j++) {
                        char head[512];

                        cr_assert_eq(measurement_reader_next(reader, &m), 1);
                        format_head(&m, head, sizeof(head));
                        cr_assert_not_null(string_after(list.ascii.items[j], head), "%s\n%s", head,
                                        list.ascii.items[j]);
                        cr_assert_eq(m.number, j + 1);
                }
                if (list.ascii.count > 0)
                        cr_assert_eq(measurement_reader_next(reader, &m), 0);
                while (measurement_reader_next(reader, &m) > 0)
                        cr_assert_not_null(m.template);
                cr_assert_eq(measurement_reader_finish(reader, &diags, "list"), 0);
                cr_assert_eq(measurement_reader_offset(reader), b->size);
        }
}

Test(list, all_files_of_one_boot_list_the_same_entries)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[1]);
        const FixtureBinary *sha1 = &list.binaries[1], *sha256 = &list.binaries[2];
        _cleanup_measurement_reader_ MeasurementReader *one = reader_of(
                                                                       sha1->bytes, sha1->size, 20),
                                                       *other = reader_of(sha256->bytes,
                                                                       sha256->size, 32);
        Measurement a, b;

        while (measurement_reader_next(one, &a) > 0) {
                cr_assert_eq(measurement_reader_next(other, &b), 1);
                cr_assert_eq(a.pcr, b.pcr);
                cr_assert_eq(a.violation, b.violation);
                cr_assert_arr_eq(a.data, b.data, a.data_size);
        }
        cr_assert_eq(measurement_reader_next(other, &b), 0);
}

/* What a reader says about the first `size` bytes of a list whose entries end at `ends`. */
static void check_cut(const FixtureBinary *b, size_t size, const size_t *ends, size_t n_ends)
{
        /* An own allocation of this size lets AddressSanitizer see every byte read too far. */
        _cleanup_free_ uint8_t *copy = malloc(size + 1);
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        char expected[64];
        Measurement m;
        size_t whole = 0, n_whole = 0;

        while (n_whole < n_ends && ends[n_whole] <= size)
                n_whole++;
        memcpy(copy, b->bytes, size);
        reader = reader_of(copy, size, b->digest_size);
        while (measurement_reader_next(reader, &m) > 0)
                cr_assert_eq(measurement_reader_offset(reader), ends[whole++]);
        cr_assert_eq(whole, n_whole);
        if (size == measurement_reader_offset(reader)) {
                cr_assert_eq(measurement_reader_finish(reader, &diags, "cut"), 0);
                return;
        }
        cr_assert_eq(measurement_reader_finish(reader, &diags, "cut"), -EBADMSG);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, "E401");
        (void) snprintf(expected, sizeof(expected), "at byte %" PRIu64,
                        measurement_reader_offset(reader));
        cr_assert_not_null(strstr(diags.items[0].message, expected));
}

Test(list, truncation_at_every_byte_keeps_the_entries_before)
{
        for (size_t i = 0; i < 4; i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[list.n_binaries - 1];
                _cleanup_measurement_reader_ MeasurementReader *reader =
                                reader_of(b->bytes, b->size, b->digest_size);
                size_t ends[64], n_ends = 0;
                Measurement m;

                while (measurement_reader_next(reader, &m) > 0)
                        ends[n_ends++] = (size_t) measurement_reader_offset(reader);
                for (size_t size = 0; size <= b->size; size++)
                        check_cut(b, size, ends, n_ends);
        }
}

/* A digest over everything that reading in chunks of this size delivers. */
static Digest digest_of_chunks(const FixtureBinary *b, size_t chunk)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_buffer_ Buffer all = { 0 };
        Measurement m;
        Digest digest;

        cr_assert_eq(measurement_reader_new(b->digest_size, false, &reader), 0);
        for (size_t at = 0; at < b->size; at += chunk) {
                size_t n = b->size - at < chunk ? b->size - at : chunk;

                cr_assert_eq(measurement_reader_feed(reader, b->bytes + at, n), 0);
                while (measurement_reader_next(reader, &m) > 0) {
                        uint64_t head[] = { m.number, m.offset, m.pcr, m.violation, m.data_size };

                        cr_assert_eq(buffer_append(&all, head, sizeof(head)), 0);
                        cr_assert_eq(buffer_append(&all, m.template_digest, b->digest_size), 0);
                        cr_assert_eq(buffer_append(&all, m.template_name, m.template_name_size), 0);
                        cr_assert_eq(buffer_append(&all, m.data, m.data_size), 0);
                }
        }
        cr_assert_eq(digest_compute(HASH_SHA256, all.data, all.size, &digest), 0);
        return digest;
}

Test(list, chunks_of_every_size_give_the_same_entries)
{
        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                const FixtureBinary *b = &list.binaries[list.n_binaries - 1];
                Digest whole = digest_of_chunks(b, b->size);

                for (size_t chunk = 1; chunk <= 64; chunk++) {
                        Digest digest = digest_of_chunks(b, chunk);

                        cr_assert_arr_eq(digest.bytes, whole.bytes, whole.size);
                }
        }
}

Test(list, big_endian_lists_are_read)
{
        _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        fixture_append_field(&data, "x", 1, true);
        fixture_append_entry(&list, 10, HASH_SHA256, "ima-ng", &data, true);
        cr_assert_eq(measurement_reader_new(32, true, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list.data, list.size), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(m.pcr, 10);
        cr_assert_eq(m.data_size, data.size);
        cr_assert_eq(measurement_reader_next(reader, &m), 0);
}

Test(list, unknown_templates_are_carried_raw)
{
        _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        cr_assert_eq(buffer_append(&data, "whatever", 8), 0);
        fixture_append_entry(&list, 10, HASH_SHA1, "ima-future", &data, false);
        reader = reader_of(list.data, list.size, 20);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_null(m.template);
        cr_assert_arr_eq(m.data, "whatever", 8);
}

Test(list, custom_format_strings_become_templates)
{
        _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        fixture_append_field(&data, "x", 1, false);
        fixture_append_entry(&list, 10, HASH_SHA1, "d|n", &data, false);
        fixture_append_entry(&list, 10, HASH_SHA1, "d-ng|n-ng|iuid", &data, false);
        reader = reader_of(list.data, list.size, 20);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_not(m.template->unframed);
        cr_assert_eq(m.template->n_fields, 2);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(m.template->fields[2], MEASUREMENT_FIELD_IUID);
}

Test(list, template_ima_with_md5_is_told_from_sha1)
{
        static const size_t sizes[] = { 16, 20, 16 };
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        char digest[20];
        Measurement m;

        /* A SHA-1 digest whose end looks like the length of a name. */
        memset(digest, 0xd1, sizeof(digest));
        memcpy(digest + 16, "\7\0\0", 4);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                fixture_append_header(&list, 10, HASH_SHA1, "ima", NULL, false);
                cr_assert_eq(buffer_append(&list, digest, sizes[i]), 0);
                fixture_append_field(&list, "/bin/sh", 7, false);
        }
        reader = reader_of(list.data, list.size, 20);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                cr_assert_eq(measurement_reader_next(reader, &m), 1);
                cr_assert_eq(m.data_size, sizes[i] + 4 + 7);
                cr_assert(m.violation);
        }
        cr_assert_eq(measurement_reader_next(reader, &m), 0);
}

/* A good entry and one with a field of this value at this byte of it. */
static void check_fault(size_t at, uint32_t value, const char *reason)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        uint32_t raw = htole32(value);
        const MeasurementError *error;
        size_t first;
        Measurement m;

        fixture_append_ng(&list, 10, "/good");
        first = list.size;
        fixture_append_ng(&list, 10, "/bad");
        memcpy(list.data + first + at, &raw, sizeof(raw));
        reader = reader_of(list.data, list.size, 20);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(measurement_reader_next(reader, &m), -EBADMSG);
        cr_assert_eq(measurement_reader_next(reader, &m), -EBADMSG);
        cr_assert_eq(measurement_reader_feed(reader, "x", 1), -EBADMSG);
        error = measurement_reader_error(reader);
        cr_assert_eq(error->number, 2);
        cr_assert_eq(error->offset, first);
        cr_assert_eq(error->where, first + at);
        cr_assert_not_null(strstr(error->reason, reason), "%s", error->reason);
        cr_assert_eq(measurement_reader_offset(reader), first);
        cr_assert_eq(measurement_reader_finish(reader, &diags, "list"), -EBADMSG);
        cr_assert_str_eq(diags.items[0].code, "E402");
}

Test(list, impossible_pcr)
{
        check_fault(0, MEASUREMENT_PCR_MAX + 1, "PCR index 64");
}

Test(list, empty_template_name)
{
        check_fault(24, 0, "name length 0");
}

Test(list, overlong_template_name)
{
        check_fault(24, 256, "name length 256");
}

Test(list, garbage_in_the_template_name)
{
        check_fault(28, 0x20616d69, "template name holds");
}

Test(list, overlong_data)
{
        check_fault(34, MEASUREMENT_DATA_MAX + 1, "data length 16777217");
}

Test(list, a_reader_holds_no_more_than_its_limit)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_free_ char *zeros = calloc(1, MEASUREMENT_PENDING_MAX + 1);

        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, zeros, MEASUREMENT_PENDING_MAX + 1), -E2BIG);
        cr_assert_eq(measurement_reader_feed(reader, zeros, 1), 0);
        cr_assert_eq(measurement_reader_feed(reader, zeros, MEASUREMENT_PENDING_MAX), -E2BIG);
}

Test(list, digest_sizes_of_no_hash_are_refused)
{
        MeasurementReader *reader;

        cr_assert_eq(measurement_reader_new(0, false, &reader), -EINVAL);
        cr_assert_eq(measurement_reader_new(21, false, &reader), -EINVAL);
}

/* A kexec buffer of two entries whose header says this. */
static int read_kexec(uint64_t extra_size, uint64_t extra_count, size_t cut, DiagList *diags,
                uint64_t *ret_entries)
{
        _cleanup_buffer_ Buffer entries = { 0 }, list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        *ret_entries = 0;
        fixture_append_ng(&entries, 10, "/a");
        fixture_append_ng(&entries, 10, "/b");
        fixture_append_kexec_header(&list, 24 + entries.size + extra_size, 2 + extra_count, false);
        cr_assert_eq(buffer_append(&list, entries.data, entries.size), 0);
        cr_assert_eq(measurement_reader_new_detecting(&reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list.data, list.size - cut), 0);
        cr_assert_eq(measurement_reader_feed(reader, "\0\0\0\0\0\0", cut > 0 ? 0 : 6), 0);
        while (measurement_reader_next(reader, &m) > 0)
                (*ret_entries)++;
        return measurement_reader_finish(reader, diags, "list");
}

Test(list, a_kexec_buffer_ends_where_its_header_says)
{
        _cleanup_diags_ DiagList diags = { 0 };
        uint64_t entries;

        cr_assert_eq(read_kexec(0, 0, 0, &diags, &entries), 0);
        cr_assert_eq(entries, 2);
}

Test(list, a_kexec_buffer_that_is_not_as_its_header_says_is_told)
{
        _cleanup_diags_ DiagList diags = { 0 };
        uint64_t entries;

        cr_assert_eq(read_kexec(0, 1, 0, &diags, &entries), -EBADMSG);
        cr_assert_eq(entries, 2);
        cr_assert_eq(read_kexec(0, 0, 3, &diags, &entries), -EBADMSG);
        cr_assert_eq(entries, 1);
        cr_assert_eq(diags.count, 2);
        cr_assert_str_eq(diags.items[0].code, "E404");
        cr_assert_str_eq(diags.items[1].code, "E404");
}

Test(list, the_first_entry_tells_the_format)
{
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[1]);
        const FixtureBinary *sha256 = &list.binaries[2];
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;

        cr_assert_eq(measurement_reader_new_detecting(&reader), 0);
        cr_assert_null(measurement_reader_format(reader));
        cr_assert_eq(measurement_reader_feed(reader, sha256->bytes, 8), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 0);
        cr_assert_eq(measurement_reader_feed(reader, sha256->bytes + 8, sha256->size - 8), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        cr_assert_eq(m.template_digest_size, 32);
        cr_assert_eq(measurement_reader_format(reader)->digest_size, 32);
}

Test(list, entries_of_one_feed_stay_together)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m[3];

        for (size_t i = 0; i < ELEMENTSOF(m); i++) {
                static const char *const formats[] = { "d|n", "d-ng|n-ng|iuid", "n-ng|d-ng" };
                _cleanup_buffer_ Buffer data = { 0 };

                fixture_append_field(&data, "x", 1, false);
                fixture_append_entry(&list, 10, HASH_SHA1, formats[i], &data, false);
        }
        reader = reader_of(list.data, list.size, 20);
        for (size_t i = 0; i < ELEMENTSOF(m); i++)
                cr_assert_eq(measurement_reader_next(reader, &m[i]), 1);
        cr_assert_str_eq(m[0].template->name, "d|n");
        cr_assert_str_eq(m[1].template->name, "d-ng|n-ng|iuid");
        cr_assert_eq(m[2].template->fields[0], MEASUREMENT_FIELD_N_NG);
}
