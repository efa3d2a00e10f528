/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/diag-code.h"
#include "base/digest.h"
#include "core/measurements/template.h"

struct MeasurementReader {
        size_t digest_size;
        bool big_endian;
        Buffer pending;
        size_t start;    /* bytes of pending that earlier entries used up */
        uint64_t offset; /* of the byte at start in the list */
        uint64_t number;
        bool failed;
        MeasurementError error;
        /* The last custom layout seen: a list rarely has more than one. */
        MeasurementTemplate custom;
};

static const size_t digest_sizes[] = { 20, 32, 48, 64 };

int measurement_reader_new(size_t digest_size, bool big_endian, MeasurementReader **ret_reader)
{
        MeasurementReader *reader;
        bool known = false;

        for (size_t i = 0; i < ELEMENTSOF(digest_sizes); i++)
                known = known || digest_sizes[i] == digest_size;
        if (!known)
                return -EINVAL;
        reader = calloc(1, sizeof(*reader));
        if (!reader)
                return -ENOMEM;
        reader->digest_size = digest_size;
        reader->big_endian = big_endian;
        *ret_reader = reader;
        return 0;
}

MeasurementReader *measurement_reader_free(MeasurementReader *reader)
{
        if (reader) {
                buffer_done(&reader->pending);
                free(reader);
        }
        return NULL;
}

int measurement_reader_feed(MeasurementReader *reader, const void *bytes, size_t size)
{
        if (reader->failed)
                return -EBADMSG;
        buffer_consume(&reader->pending, reader->start);
        reader->start = 0;
        if (size > MEASUREMENT_PENDING_MAX - reader->pending.size)
                return -E2BIG;
        return buffer_append(&reader->pending, bytes, size);
}

/* Makes the reader fail at the field that begins at c->offset - back. */
_printf_(4, 5) static int fail(
                MeasurementReader *reader, const Cursor *c, size_t back, const char *format, ...)
{
        va_list args;

        reader->failed = true;
        reader->error.number = reader->number + 1;
        reader->error.offset = reader->offset;
        reader->error.where = reader->offset + c->offset - back;
        va_start(args, format);
        (void) vsnprintf(reader->error.reason, sizeof(reader->error.reason), format, args);
        va_end(args);
        return -EBADMSG;
}

static bool name_is_plausible(const uint8_t *name, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (name[i] <= ' ' || name[i] >= 0x7f)
                        return false;
        return true;
}

static const MeasurementTemplate *find_template(MeasurementReader *reader, const Measurement *m)
{
        const MeasurementTemplate *found;

        found = measurement_template_find(m->template_name, m->template_name_size);
        if (found)
                return found;
        if (m->template_name_size == strlen(reader->custom.name) &&
                        memcmp(m->template_name, reader->custom.name, m->template_name_size) == 0)
                return &reader->custom;
        if (measurement_template_parse(m->template_name, m->template_name_size, &reader->custom) <
                        0)
                return NULL;
        return &reader->custom;
}

/* 1, or 0 when bytes are missing. */
static int parse_header(MeasurementReader *reader, Cursor *c, Measurement *m)
{
        const uint8_t *name;
        uint32_t size;

        if (cursor_read_u32(c, &m->pcr) < 0)
                return 0;
        if (m->pcr > MEASUREMENT_PCR_MAX)
                return fail(reader, c, 4, "PCR index %" PRIu32 " is above %d", m->pcr,
                                MEASUREMENT_PCR_MAX);
        if (cursor_read_view(c, reader->digest_size, &m->template_digest) < 0 ||
                        cursor_read_u32(c, &size) < 0)
                return 0;
        if (size == 0 || size > MEASUREMENT_TEMPLATE_NAME_MAX)
                return fail(reader, c, 4,
                                "template name length %" PRIu32 " is not between 1 and %d", size,
                                MEASUREMENT_TEMPLATE_NAME_MAX);
        if (cursor_read_view(c, size, &name) < 0)
                return 0;
        if (!name_is_plausible(name, size))
                return fail(reader, c, size, "template name holds characters that no name has");
        m->template_digest_size = reader->digest_size;
        m->template_name = (const char *) name;
        m->template_name_size = size;
        m->violation = bytes_are_zero(m->template_digest, reader->digest_size);
        m->template = find_template(reader, m);
        return 1;
}

static int parse_data(MeasurementReader *reader, Cursor *c, Measurement *m)
{
        uint32_t size;

        if (cursor_read_u32(c, &size) < 0)
                return 0;
        if (size > MEASUREMENT_DATA_MAX)
                return fail(reader, c, 4, "template data length %" PRIu32 " is above %zu", size,
                                MEASUREMENT_DATA_MAX);
        if (cursor_read_view(c, size, &m->data) < 0)
                return 0;
        m->data_size = size;
        return 1;
}

/*
 * Template "ima": digest, name length, name. The digest has 20 bytes, or 16 with ima_hash=md5, and
 * nothing says which; only one of them makes the next four bytes the length of a name.
 */
static int parse_ima_data(MeasurementReader *reader, Cursor *c, Measurement *m)
{
        static const size_t sizes[] = { 20, 16 };

        if (cursor_left(c) < 24)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                Cursor look = *c;
                const uint8_t *digest;
                uint32_t size;

                if (cursor_read_view(&look, sizes[i], &digest) < 0 ||
                                cursor_read_u32(&look, &size) < 0 || size == 0 ||
                                size > MEASUREMENT_NAME_MAX)
                        continue;
                m->data_size = sizes[i] + 4 + size;
                return cursor_read_view(c, m->data_size, &m->data) < 0 ? 0 : 1;
        }
        return fail(reader, c, 0, "file name length is not between 1 and %d", MEASUREMENT_NAME_MAX);
}

static int parse_entry(MeasurementReader *reader, Cursor *c, Measurement *ret_measurement)
{
        Measurement m = {
                .number = reader->number + 1,
                .offset = reader->offset,
                .big_endian = reader->big_endian,
        };
        int r;

        r = parse_header(reader, c, &m);
        if (r <= 0)
                return r;
        r = m.template && m.template->unframed ? parse_ima_data(reader, c, &m)
                                               : parse_data(reader, c, &m);
        if (r <= 0)
                return r;
        *ret_measurement = m;
        return 1;
}

int measurement_reader_next(MeasurementReader *reader, Measurement *ret_measurement)
{
        Cursor c;
        int r;

        if (reader->failed)
                return -EBADMSG;
        c = cursor_new(reader->pending.data + reader->start, reader->pending.size - reader->start);
        c.big_endian = reader->big_endian;
        r = parse_entry(reader, &c, ret_measurement);
        if (r <= 0)
                return r;
        reader->start += c.offset;
        reader->offset += c.offset;
        reader->number++;
        return 1;
}

const MeasurementError *measurement_reader_error(const MeasurementReader *reader)
{
        return reader->failed ? &reader->error : NULL;
}

uint64_t measurement_reader_offset(const MeasurementReader *reader)
{
        return reader->offset;
}

int measurement_reader_finish(MeasurementReader *reader, DiagList *diags, const char *source)
{
        const MeasurementError *e = &reader->error;
        size_t left = reader->pending.size - reader->start;
        DiagPlace place = { .source = source };

        if (reader->failed)
                return diag_error(diags, DIAG_CODE_LIST_MALFORMED, place,
                                "the entries before it are valid; check that the list was copied "
                                "whole and that digest size and byte order are right",
                                "entry %" PRIu64 " at byte %" PRIu64
                                " is malformed at byte %" PRIu64 ": %s",
                                e->number, e->offset, e->where, e->reason);
        if (left > 0)
                return diag_error(diags, DIAG_CODE_LIST_CUT, place,
                                "the entries before it are valid; copy the list again",
                                "the list ends inside entry %" PRIu64
                                ", %zu bytes after its start at byte %" PRIu64,
                                reader->number + 1, left, reader->offset);
        return 0;
}

int measurement_detect(
                const void *bytes, size_t size, size_t *ret_digest_size, bool *ret_big_endian)
{
        bool starved = false;

        for (size_t i = 0; i < 2 * ELEMENTSOF(digest_sizes); i++) {
                MeasurementReader reader = {
                        .digest_size = digest_sizes[i / 2],
                        .big_endian = i % 2 == 1,
                };
                Cursor c = cursor_new(bytes, size);
                Measurement m = { 0 };
                int r;

                c.big_endian = reader.big_endian;
                r = parse_header(&reader, &c, &m);
                if (r > 0) {
                        *ret_digest_size = reader.digest_size;
                        *ret_big_endian = reader.big_endian;
                        return 0;
                }
                starved = starved || r == 0;
        }
        return starved ? -EAGAIN : -EBADMSG;
}
