/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/diag-code.h"
#include "core/measurements/ascii.h"
#include "core/measurements/kexec-header.h"

struct MeasurementReader {
        MeasurementFormat format;
        bool detected;
        KexecHeader kexec; /* all zero in other formats, and before it was read */
        Buffer pending;
        bool ended;
        size_t start;    /* bytes of pending that earlier entries used up */
        uint64_t offset; /* of the byte at start in the list */
        uint64_t number;
        bool failed;
        MeasurementError error;
        MeasurementTemplates templates;
        Arena arena; /* template data made of ASCII entries, until the next feed */
};

int measurement_reader_new_detecting(MeasurementReader **ret_reader)
{
        MeasurementReader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        *ret_reader = reader;
        return 0;
}

int measurement_reader_new(size_t digest_size, bool big_endian, MeasurementReader **ret_reader)
{
        MeasurementReader *reader;

        if (digest_size != 20 && digest_size != 32 && digest_size != 48 && digest_size != 64)
                return -EINVAL;
        if (measurement_reader_new_detecting(&reader) < 0)
                return -ENOMEM;
        reader->format.digest_size = digest_size;
        reader->format.big_endian = big_endian;
        reader->detected = true;
        *ret_reader = reader;
        return 0;
}

MeasurementReader *measurement_reader_free(MeasurementReader *reader)
{
        if (reader) {
                buffer_done(&reader->pending);
                measurement_templates_done(&reader->templates);
                arena_done(&reader->arena);
                free(reader);
        }
        return NULL;
}

int measurement_reader_feed(MeasurementReader *reader, const void *bytes, size_t size)
{
        if (reader->failed)
                return -EBADMSG;
        arena_done(&reader->arena);
        buffer_consume(&reader->pending, reader->start);
        reader->start = 0;
        if (size > MEASUREMENT_PENDING_MAX - reader->pending.size)
                return -E2BIG;
        return buffer_append(&reader->pending, bytes, size);
}

void measurement_reader_end(MeasurementReader *reader)
{
        reader->ended = true;
}

static int fail(MeasurementReader *reader, const MeasurementFault *fault)
{
        reader->failed = true;
        reader->error = (MeasurementError){
                .number = reader->number + 1,
                .offset = reader->offset,
                .where = reader->offset + fault->where,
        };
        memcpy(reader->error.reason, fault->reason, sizeof(fault->reason));
        return -EBADMSG;
}

static Cursor remaining(const MeasurementReader *reader)
{
        const char *data = reader->pending.data; /* NULL before the first byte is kept */
        Cursor c = cursor_new(
                        data ? data + reader->start : NULL, reader->pending.size - reader->start);

        c.big_endian = reader->format.big_endian;
        return c;
}

static void consume(MeasurementReader *reader, size_t size)
{
        reader->start += size;
        reader->offset += size;
}

/* 1, or 0 when more bytes are needed. What is no list at all fails as a binary one, at its place.
 */
static int detect(MeasurementReader *reader)
{
        Cursor c = remaining(reader);
        int r = measurement_format_detect(c.data, c.size, reader->ended, &reader->format);

        if (c.size == 0 || r == -EAGAIN)
                return 0;
        if (r < 0)
                reader->format = (MeasurementFormat){ .digest_size = 20 };
        reader->detected = true;
        if (reader->format.kexec) {
                c.big_endian = reader->format.big_endian;
                (void) kexec_header_parse(&c, &reader->kexec);
                consume(reader, c.offset);
        }
        return 1;
}

static int parse_ascii(MeasurementReader *reader, Measurement *m, MeasurementFault *fault)
{
        Cursor c = remaining(reader);
        const char *text = (const char *) c.data;
        size_t end = measurement_ascii_find_end(text, c.size, reader->ended);
        int r;

        if (end == 0)
                return 0;
        r = measurement_ascii_parse(
                        &reader->format, text, end, &reader->templates, &reader->arena, m, fault);
        if (r < 0)
                return r;
        consume(reader, end);
        return 1;
}

static int parse_binary(MeasurementReader *reader, Measurement *m, MeasurementFault *fault)
{
        Cursor c = remaining(reader);
        int r = measurement_entry_parse(&reader->format, &c, &reader->templates, m, fault);

        if (r > 0)
                consume(reader, c.offset);
        return r;
}

int measurement_reader_next(MeasurementReader *reader, Measurement *ret_measurement)
{
        uint64_t offset;
        MeasurementFault fault;
        Measurement m;
        int r;

        if (reader->failed)
                return -EBADMSG;
        if (!reader->detected) {
                r = detect(reader);
                if (r <= 0)
                        return r;
        }
        /* The pages behind the entries that a kexec buffer has are not part of it. */
        if (reader->format.kexec && reader->offset >= reader->kexec.size)
                return 0;
        offset = reader->offset;
        r = reader->format.ascii ? parse_ascii(reader, &m, &fault)
                                 : parse_binary(reader, &m, &fault);
        if (r == -EBADMSG)
                return fail(reader, &fault);
        if (r <= 0)
                return r;
        m.offset = offset;
        m.number = ++reader->number;
        *ret_measurement = m;
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

const MeasurementFormat *measurement_reader_format(const MeasurementReader *reader)
{
        return reader->detected ? &reader->format : NULL;
}

static int finish_kexec(MeasurementReader *reader, DiagList *diags, const char *source)
{
        if (reader->offset == reader->kexec.size && reader->number == reader->kexec.count)
                return 0;
        return diag_error(diags, DIAG_CODE_LIST_KEXEC, (DiagPlace){ .source = source },
                        "the entries are valid as far as they go; copy the buffer again",
                        "the header promises %" PRIu64 " entries in %" PRIu64
                        " bytes, but byte %" PRIu64 " is the end of entry %" PRIu64,
                        reader->kexec.count, reader->kexec.size, reader->offset, reader->number);
}

int measurement_reader_finish(MeasurementReader *reader, DiagList *diags, const char *source)
{
        const MeasurementError *e = &reader->error;
        size_t left = reader->pending.size - reader->start;
        DiagPlace place = { .source = source };

        if (reader->failed)
                return diag_error(diags, DIAG_CODE_LIST_MALFORMED, place,
                                "the entries before it are valid; check that the list was copied "
                                "whole and that it is a measurement list",
                                "entry %" PRIu64 " at byte %" PRIu64
                                " is malformed at byte %" PRIu64 ": %s",
                                e->number, e->offset, e->where, e->reason);
        if (reader->format.kexec)
                return finish_kexec(reader, diags, source);
        if (left > 0)
                return diag_error(diags, DIAG_CODE_LIST_CUT, place,
                                "the entries before it are valid; copy the list again",
                                "the list ends inside entry %" PRIu64
                                ", %zu bytes after its start at byte %" PRIu64,
                                reader->number + 1, left, reader->offset);
        return 0;
}
