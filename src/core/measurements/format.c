/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/format.h"

#include <errno.h>

#include "base/digest.h"
#include "core/measurements/ascii.h"
#include "core/measurements/kexec-header.h"

static const size_t digest_sizes[] = { 20, 32, 48, 64 };

/* A header of any format at this byte: 1, 0 when bytes are missing, -EBADMSG. */
static int probe(const void *bytes, size_t size, size_t offset, const MeasurementFormat *format)
{
        _cleanup_(measurement_templates_done) MeasurementTemplates templates = { 0 };
        Cursor c = cursor_new(bytes, size);
        MeasurementFault fault;
        Measurement m;

        c.big_endian = format->big_endian;
        c.offset = offset;
        return measurement_entry_parse_header(format, &c, &templates, &m, &fault);
}

/* The header alone might be an entry for PCR 1: what follows decides. */
static int detect_kexec(const void *bytes, size_t size, MeasurementFormat *ret_format)
{
        for (int big_endian = 0; big_endian < 2; big_endian++) {
                MeasurementFormat format = {
                        .kexec = true, .big_endian = big_endian, .digest_size = 20
                };
                Cursor c = cursor_new(bytes, size);
                KexecHeader header;
                int r;

                c.big_endian = big_endian;
                if (kexec_header_parse(&c, &header) < 0)
                        continue;
                r = header.count == 0 ? 1 : probe(bytes, size, c.offset, &format);
                if (r > 0)
                        *ret_format = format;
                if (r >= 0)
                        return r;
        }
        return -EBADMSG;
}

static int detect_binary(const void *bytes, size_t size, MeasurementFormat *ret_format)
{
        bool starved = false;

        for (size_t i = 0; i < 2 * ELEMENTSOF(digest_sizes); i++) {
                MeasurementFormat format = { .digest_size = digest_sizes[i / 2],
                        .big_endian = i % 2 == 1 };
                int r = probe(bytes, size, 0, &format);

                if (r > 0)
                        *ret_format = format;
                if (r > 0)
                        return r;
                starved = starved || r == 0;
        }
        return starved ? 0 : -EBADMSG;
}

static bool digest_is_of_data(const Measurement *m)
{
        static const HashAlgorithm hashes[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
        Digest digest;

        for (size_t i = 0; i < ELEMENTSOF(hashes); i++)
                if (hash_algorithm_size(hashes[i]) == m->template_digest_size)
                        return digest_compute(hashes[i], m->data, m->data_size, &digest) >= 0 &&
                               memcmp(digest.bytes, m->template_digest, digest.size) == 0;
        return false;
}

/* The text does not show the byte order, but the digest does. */
static int detect_ascii(const char *text, size_t size, bool ended, MeasurementFormat *ret_format)
{
        _cleanup_(measurement_templates_done) MeasurementTemplates templates = { 0 };
        _cleanup_arena_ Arena arena = { 0 };
        size_t end = measurement_ascii_find_end(text, size, ended), digits = 0;
        MeasurementFormat format = { .ascii = true };
        MeasurementFault fault;
        Measurement m;

        if (end == 0)
                return ended ? -EBADMSG : 0;
        while (3 + digits < end && text[3 + digits] != ' ')
                digits++;
        format.digest_size = digits / 2;
        if (measurement_ascii_parse(&format, text, end, &templates, &arena, &m, &fault) < 0)
                return -EBADMSG;
        *ret_format = format;
        format.big_endian = true;
        if (!digest_is_of_data(&m) && measurement_ascii_parse(&format, text, end, &templates,
                                                      &arena, &m, &fault) >= 0)
                ret_format->big_endian = digest_is_of_data(&m);
        return 1;
}

static bool looks_ascii(const uint8_t *text, size_t size)
{
        return size > 3 && (text[0] == ' ' || (text[0] >= '0' && text[0] <= '9')) &&
               text[1] >= '0' && text[1] <= '9' && text[2] == ' ';
}

int measurement_format_detect(
                const void *bytes, size_t size, bool ended, MeasurementFormat *ret_format)
{
        int r;

        if (looks_ascii(bytes, size)) {
                r = detect_ascii(bytes, size, ended, ret_format);
        } else {
                r = detect_kexec(bytes, size, ret_format);
                if (r < 0)
                        r = detect_binary(bytes, size, ret_format);
        }
        if (r == 0)
                return ended ? -EBADMSG : -EAGAIN;
        return r < 0 ? r : 0;
}
