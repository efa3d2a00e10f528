/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/ascii.h"

#include <errno.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/strings.h"

/* "%2d " */
#define PCR_TEXT_SIZE 3U

/* A text that is taken apart, and bytes that are put together: there is always room for them. */
typedef struct Span {
        const char *text;
        size_t size;
} Span;

typedef struct Out {
        uint8_t *bytes;
        size_t size;
        bool big_endian;
} Out;

typedef int FieldWriter(Span text, Out *out);

static bool is_hex_digit(char c)
{
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* True as far as the text goes, when it may be cut off. */
static bool begins_entry(const char *text, size_t size)
{
        size_t digits = 0;

        for (size_t i = 0; i < size && i < PCR_TEXT_SIZE; i++)
                if (i == 2 ? text[i] != ' '
                           : !(text[i] >= '0' && text[i] <= '9') && !(i == 0 && text[i] == ' '))
                        return false;
        while (PCR_TEXT_SIZE + digits < size && is_hex_digit(text[PCR_TEXT_SIZE + digits]))
                digits++;
        if (PCR_TEXT_SIZE + digits >= size)
                return digits <= 2 * DIGEST_SIZE_MAX;
        return digits >= 40 && digits % 2 == 0 && text[PCR_TEXT_SIZE + digits] == ' ';
}

size_t measurement_ascii_find_end(const char *text, size_t size, bool ended)
{
        size_t enough = PCR_TEXT_SIZE + 2 * DIGEST_SIZE_MAX + 1, at = 0;

        while (at < size) {
                const char *newline = memchr(text + at, '\n', size - at);

                if (!newline)
                        return 0;
                at = (size_t) (newline - text) + 1;
                if (!ended && size - at < enough)
                        return 0;
                if (at == size || begins_entry(text + at, size - at))
                        return at;
        }
        return 0;
}

/* Takes what stands before the next space, or the rest; false when there is no text left. */
static bool take_word(Span *text, Span *ret_word)
{
        const char *space;

        if (!text->text)
                return false;
        space = memchr(text->text, ' ', text->size);
        ret_word->text = text->text;
        ret_word->size = space ? (size_t) (space - text->text) : text->size;
        text->text = space ? space + 1 : NULL;
        text->size = space ? text->size - ret_word->size - 1 : 0;
        return true;
}

static void put(Out *out, const void *bytes, size_t size)
{
        if (size > 0)
                memcpy(out->bytes + out->size, bytes, size);
        out->size += size;
}

static void put_u32(Out *out, uint32_t value)
{
        value = out->big_endian ? htobe32(value) : htole32(value);
        put(out, &value, sizeof(value));
}

static int decode_digit(char c)
{
        return c <= '9' ? c - '0' : c - 'a' + 10;
}

static int write_hex(Span text, Out *out)
{
        if (text.size % 2 != 0)
                return -EBADMSG;
        for (size_t i = 0; i < text.size; i += 2) {
                uint8_t byte;

                if (!is_hex_digit(text.text[i]) || !is_hex_digit(text.text[i + 1]))
                        return -EBADMSG;
                byte = (uint8_t) (decode_digit(text.text[i]) << 4 | decode_digit(text.text[i + 1]));
                put(out, &byte, 1);
        }
        return 0;
}

static int write_text(Span text, Out *out)
{
        put(out, text.text, text.size);
        put(out, "", 1);
        return 0;
}

/* Fields that are there or empty, as names of attributes are. */
static int write_optional_text(Span text, Out *out)
{
        return text.size > 0 ? write_text(text, out) : 0;
}

/* "ALGORITHM:HEX" or "TYPE:ALGORITHM:HEX": all before the last colon is a text of its own. */
static int write_named_digest(Span text, Out *out)
{
        const char *colon = memrchr(text.text, ':', text.size);
        size_t name;

        if (text.size == 0)
                return 0;
        if (!colon)
                return -EBADMSG;
        name = (size_t) (colon - text.text) + 1;
        (void) write_text((Span){ text.text, name }, out);
        return write_hex((Span){ text.text + name, text.size - name }, out);
}

static int parse_number(Span text, uint64_t max, uint64_t *ret_value)
{
        char digits[24];

        if (text.size == 0 || text.size >= sizeof(digits))
                return -EBADMSG;
        memcpy(digits, text.text, text.size);
        digits[text.size] = '\0';
        return parse_u64(digits, max, ret_value) < 0 ? -EBADMSG : 0;
}

static int write_u32(Span text, Out *out)
{
        uint64_t value;

        if (text.size == 0)
                return 0;
        if (parse_number(text, UINT32_MAX, &value) < 0)
                return -EBADMSG;
        put_u32(out, (uint32_t) value);
        return 0;
}

static int write_u16(Span text, Out *out)
{
        uint64_t value;
        uint16_t raw;

        if (text.size == 0)
                return 0;
        if (parse_number(text, UINT16_MAX, &value) < 0)
                return -EBADMSG;
        raw = out->big_endian ? htobe16((uint16_t) value) : htole16((uint16_t) value);
        put(out, &raw, sizeof(raw));
        return 0;
}

static FieldWriter *const writers[MEASUREMENT_FIELD_MAX] = {
        [MEASUREMENT_FIELD_D] = write_hex,
        [MEASUREMENT_FIELD_N] = write_text,
        [MEASUREMENT_FIELD_D_NG] = write_named_digest,
        [MEASUREMENT_FIELD_D_NGV2] = write_named_digest,
        [MEASUREMENT_FIELD_N_NG] = write_text,
        [MEASUREMENT_FIELD_SIG] = write_hex,
        [MEASUREMENT_FIELD_BUF] = write_hex,
        [MEASUREMENT_FIELD_D_MODSIG] = write_named_digest,
        [MEASUREMENT_FIELD_MODSIG] = write_hex,
        [MEASUREMENT_FIELD_EVMSIG] = write_hex,
        [MEASUREMENT_FIELD_IUID] = write_u32,
        [MEASUREMENT_FIELD_IGID] = write_u32,
        [MEASUREMENT_FIELD_IMODE] = write_u16,
        [MEASUREMENT_FIELD_XATTRNAMES] = write_optional_text,
        [MEASUREMENT_FIELD_XATTRLENGTHS] = write_hex,
        [MEASUREMENT_FIELD_XATTRVALUES] = write_hex,
};

/* Length and bytes; the length is known last. */
static int write_framed(MeasurementField field, Span text, Out *out)
{
        Out length = { out->bytes + out->size, 0, out->big_endian };
        size_t start = out->size + sizeof(uint32_t);
        int r;

        out->size = start;
        r = writers[field](text, out);
        if (r >= 0)
                put_u32(&length, (uint32_t) (out->size - start));
        return r;
}

/* Template "ima": the digest without length, the name without NUL. */
static int write_unframed(Span text, Out *out)
{
        Span digest;

        if (!take_word(&text, &digest) || !text.text || write_hex(digest, out) < 0)
                return -EBADMSG;
        put_u32(out, (uint32_t) text.size);
        put(out, text.text, text.size);
        return 0;
}

static int write_data(const MeasurementTemplate *template, Span text, Out *out)
{
        Span word;

        if (template->unframed)
                return write_unframed(text, out);
        for (size_t i = 0; i < template->n_fields; i++)
                if (!take_word(&text, &word) || write_framed(template->fields[i], word, out) < 0)
                        return -EBADMSG;
        return text.text ? -EBADMSG : 0;
}

static int fail(MeasurementFault *fault, const char *start, Span word, const char *reason)
{
        fault->where = word.text ? (size_t) (word.text - start) : 0;
        (void) snprintf(fault->reason, sizeof(fault->reason), "%s", reason);
        return -EBADMSG;
}

static int parse_head(const MeasurementFormat *format, Span *text, Out *digest, Measurement *m,
                MeasurementFault *fault)
{
        const char *start = text->text;
        Span word = { 0 };
        uint64_t pcr;

        if (text->size > 0 && text->text[0] == ' ') {
                text->text++;
                text->size--;
        }
        if (!take_word(text, &word) || parse_number(word, MEASUREMENT_PCR_MAX, &pcr) < 0)
                return fail(fault, start, word, "the line does not begin with a PCR index");
        if (!take_word(text, &word) || word.size != 2 * format->digest_size ||
                        write_hex(word, digest) < 0)
                return fail(fault, start, word, "no template digest of the list's size follows");
        if (!take_word(text, &word) || word.size == 0 || word.size > MEASUREMENT_TEMPLATE_NAME_MAX)
                return fail(fault, start, word, "no template name follows");
        m->pcr = (uint32_t) pcr;
        m->template_digest = digest->bytes;
        m->template_digest_size = digest->size;
        m->template_name = word.text;
        m->template_name_size = word.size;
        m->violation = bytes_are_zero(digest->bytes, digest->size);
        return 0;
}

int measurement_ascii_parse(const MeasurementFormat *format, const char *text, size_t size,
                MeasurementTemplates *templates, Arena *arena, Measurement *ret_measurement,
                MeasurementFault *ret_fault)
{
        /* Bytes are fewer than the characters of their text, but for the lengths and NULs. */
        size_t room = size + MEASUREMENT_FIELDS_MAX * 2 * sizeof(uint32_t);
        Out digest = { arena_allocate(arena, DIGEST_SIZE_MAX), 0, false };
        Out data = { arena_allocate(arena, room), 0, format->big_endian };
        Span rest = { text, size > 0 && text[size - 1] == '\n' ? size - 1 : size };
        Measurement m = { .big_endian = format->big_endian };
        int r;

        if (!digest.bytes || !data.bytes)
                return -ENOMEM;
        r = parse_head(format, &rest, &digest, &m, ret_fault);
        if (r < 0)
                return r;
        m.template = measurement_templates_find(templates, m.template_name, m.template_name_size);
        m.opaque = !m.template;
        if (m.template && write_data(m.template, rest, &data) < 0)
                return fail(ret_fault, text, rest, "the fields are not those of the template");
        m.data = data.bytes;
        m.data_size = data.size;
        *ret_measurement = m;
        return 0;
}
