/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/template.h"

#include <string.h>

#include "base/cursor.h"

/* Takes the bytes of one field, never empty, into the view. -EBADMSG when they are not of its form.
 */
typedef int FieldParser(Cursor *c, MeasurementView *view);

#define F(name) MEASUREMENT_FIELD_##name

static const MeasurementTemplate templates[] = {
        {"ima",         true,  2, { F(D), F(N) }                                      },
        { "ima-ng",     false, 2, { F(D_NG), F(N_NG) }                                },
        { "ima-sig",    false, 3, { F(D_NG), F(N_NG), F(SIG) }                        },
        { "ima-ngv2",   false, 2, { F(D_NGV2), F(N_NG) }                              },
        { "ima-sigv2",  false, 3, { F(D_NGV2), F(N_NG), F(SIG) }                      },
        { "ima-buf",    false, 3, { F(D_NG), F(N_NG), F(BUF) }                        },
        { "ima-modsig", false, 5, { F(D_NG), F(N_NG), F(SIG), F(D_MODSIG), F(MODSIG) }},
        { "evm-sig",    false, 9,
         { F(D_NG), F(N_NG), F(EVMSIG), F(XATTRNAMES), F(XATTRLENGTHS),
                                        F(XATTRVALUES), F(IUID), F(IGID), F(IMODE) }  },
};

const MeasurementTemplate *measurement_template_find(const char *name, size_t size)
{
        for (size_t i = 0; i < ELEMENTSOF(templates); i++)
                if (strlen(templates[i].name) == size && memcmp(templates[i].name, name, size) == 0)
                        return &templates[i];
        return NULL;
}

static const uint8_t *take_rest(Cursor *c, size_t *ret_size)
{
        const uint8_t *view = c->data + c->offset;

        *ret_size = cursor_left(c);
        c->offset = c->size;
        return view;
}

static int parse_d(Cursor *c, MeasurementView *view)
{
        Digest digest = { .size = cursor_left(c) };

        if (digest.size != 16 && digest.size != 20)
                return -EBADMSG;
        digest.algorithm = digest.size == 16 ? HASH_MD5 : HASH_SHA1;
        (void) cursor_read_bytes(c, digest.bytes, digest.size);
        if (view->digest.size == 0)
                view->digest = digest;
        return 0;
}

/* "ALGORITHM:" NUL digest; `prefix` is the part before it that the caller has taken. */
static int parse_named_digest(const char *text, size_t text_size, Cursor *c, Digest *ret_digest)
{
        char name[16];
        Digest digest = { 0 };

        if (text_size < 2 || text_size > sizeof(name) || text[text_size - 1] != ':')
                return -EBADMSG;
        memcpy(name, text, text_size - 1);
        name[text_size - 1] = '\0';
        digest.algorithm = hash_algorithm_from_string(name);
        digest.size = hash_algorithm_size(digest.algorithm);
        if (digest.size == 0 || cursor_left(c) != digest.size)
                return -EBADMSG;
        (void) cursor_read_bytes(c, digest.bytes, digest.size);
        *ret_digest = digest;
        return 0;
}

/* Borrows the text before the next NUL, which is skipped. */
static int read_text(Cursor *c, const char **ret_text, size_t *ret_size)
{
        const uint8_t *start = c->data + c->offset;
        const uint8_t *end = memchr(start, '\0', cursor_left(c));

        if (!end)
                return -EBADMSG;
        *ret_text = (const char *) start;
        *ret_size = (size_t) (end - start);
        c->offset += *ret_size + 1;
        return 0;
}

static int parse_d_ng(Cursor *c, MeasurementView *view)
{
        const char *text;
        size_t size;

        if (read_text(c, &text, &size) < 0)
                return -EBADMSG;
        return parse_named_digest(text, size, c, &view->digest);
}

static int parse_d_modsig(Cursor *c, MeasurementView *view)
{
        const char *text;
        size_t size;

        if (read_text(c, &text, &size) < 0)
                return -EBADMSG;
        return parse_named_digest(text, size, c, &view->modsig_digest);
}

static int parse_d_ngv2(Cursor *c, MeasurementView *view)
{
        static const struct {
                const char *prefix;
                MeasurementDigestType type;
        } types[] = {
                {"ima:",     MEASUREMENT_DIGEST_IMA   },
                { "verity:", MEASUREMENT_DIGEST_VERITY},
        };
        const char *text;
        size_t size;

        if (read_text(c, &text, &size) < 0)
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                size_t prefix = strlen(types[i].prefix);

                if (size <= prefix || memcmp(text, types[i].prefix, prefix) != 0)
                        continue;
                if (parse_named_digest(text + prefix, size - prefix, c, &view->digest) < 0)
                        return -EBADMSG;
                view->digest_type = types[i].type;
                return 0;
        }
        return -EBADMSG;
}

/* Text and one NUL at its end. */
static int parse_text(Cursor *c, const char **ret_text, size_t *ret_size)
{
        const char *text;
        size_t size;

        if (read_text(c, &text, &size) < 0 || cursor_left(c) > 0)
                return -EBADMSG;
        *ret_text = text;
        *ret_size = size;
        return 0;
}

static int parse_n(Cursor *c, MeasurementView *view)
{
        if (cursor_left(c) > MEASUREMENT_NAME_MAX + 1)
                return -EBADMSG;
        return parse_text(c, &view->name, &view->name_size);
}

static int parse_n_ng(Cursor *c, MeasurementView *view)
{
        return parse_text(c, &view->name, &view->name_size);
}

static int parse_sig(Cursor *c, MeasurementView *view)
{
        view->signature = take_rest(c, &view->signature_size);
        return 0;
}

static int parse_buf(Cursor *c, MeasurementView *view)
{
        view->buffer = take_rest(c, &view->buffer_size);
        return 0;
}

static int parse_modsig(Cursor *c, MeasurementView *view)
{
        view->modsig = take_rest(c, &view->modsig_size);
        return 0;
}

static int parse_evmsig(Cursor *c, MeasurementView *view)
{
        view->evm_signature = take_rest(c, &view->evm_signature_size);
        return 0;
}

static int parse_iuid(Cursor *c, MeasurementView *view)
{
        return cursor_left(c) == sizeof(view->uid) ? cursor_read_u32(c, &view->uid) : -EBADMSG;
}

static int parse_igid(Cursor *c, MeasurementView *view)
{
        return cursor_left(c) == sizeof(view->gid) ? cursor_read_u32(c, &view->gid) : -EBADMSG;
}

static int parse_imode(Cursor *c, MeasurementView *view)
{
        return cursor_left(c) == sizeof(view->mode) ? cursor_read_u16(c, &view->mode) : -EBADMSG;
}

static int parse_xattrnames(Cursor *c, MeasurementView *view)
{
        return parse_text(c, &view->xattr_names, &view->xattr_names_size);
}

static int parse_xattrlengths(Cursor *c, MeasurementView *view)
{
        if (cursor_left(c) % 4 != 0)
                return -EBADMSG;
        view->xattr_lengths = take_rest(c, &view->xattr_lengths_size);
        return 0;
}

static int parse_xattrvalues(Cursor *c, MeasurementView *view)
{
        view->xattr_values = take_rest(c, &view->xattr_values_size);
        return 0;
}

static const struct {
        const char *id;
        FieldParser *parse;
} fields[MEASUREMENT_FIELD_MAX] = {
        [F(D)] = {"d",             parse_d           },
        [F(N)] = { "n",            parse_n           },
        [F(D_NG)] = { "d-ng",         parse_d_ng        },
        [F(D_NGV2)] = { "d-ngv2",       parse_d_ngv2      },
        [F(N_NG)] = { "n-ng",         parse_n_ng        },
        [F(SIG)] = { "sig",          parse_sig         },
        [F(BUF)] = { "buf",          parse_buf         },
        [F(D_MODSIG)] = { "d-modsig",     parse_d_modsig    },
        [F(MODSIG)] = { "modsig",       parse_modsig      },
        [F(EVMSIG)] = { "evmsig",       parse_evmsig      },
        [F(IUID)] = { "iuid",         parse_iuid        },
        [F(IGID)] = { "igid",         parse_igid        },
        [F(IMODE)] = { "imode",        parse_imode       },
        [F(XATTRNAMES)] = { "xattrnames",   parse_xattrnames  },
        [F(XATTRLENGTHS)] = { "xattrlengths", parse_xattrlengths},
        [F(XATTRVALUES)] = { "xattrvalues",  parse_xattrvalues },
};

const char *measurement_field_to_string(MeasurementField field)
{
        return field >= 0 && field < MEASUREMENT_FIELD_MAX ? fields[field].id : NULL;
}

static MeasurementField field_from_string(const char *id, size_t size)
{
        for (MeasurementField i = 0; i < MEASUREMENT_FIELD_MAX; i++)
                if (strlen(fields[i].id) == size && memcmp(fields[i].id, id, size) == 0)
                        return i;
        return MEASUREMENT_FIELD_INVALID;
}

int measurement_template_parse(const char *format, size_t size, MeasurementTemplate *ret_template)
{
        MeasurementTemplate parsed = { 0 };
        size_t start = 0;

        if (size == 0 || size > MEASUREMENT_TEMPLATE_NAME_MAX)
                return -EBADMSG;
        memcpy(parsed.name, format, size);
        while (start <= size) {
                const char *bar = memchr(format + start, '|', size - start);
                size_t end = bar ? (size_t) (bar - format) : size;
                MeasurementField field = field_from_string(format + start, end - start);

                if (field < 0 || parsed.n_fields == MEASUREMENT_FIELDS_MAX)
                        return -EBADMSG;
                parsed.fields[parsed.n_fields++] = field;
                start = end + 1;
        }
        *ret_template = parsed;
        return 0;
}

static void decode_field(
                MeasurementField field, const Measurement *m, Cursor content, MeasurementView *view)
{
        uint32_t bit = UINT32_C(1) << field;

        content.big_endian = m->big_endian;
        if (content.size == 0)
                return;
        if (fields[field].parse(&content, view) < 0)
                view->malformed |= bit;
        else
                view->present |= bit;
}

/* digest, u32 name length, name without NUL; the reader has checked that the lengths fit. */
static void decode_unframed(const Measurement *m, MeasurementView *view)
{
        size_t digest_size = m->data_size;
        Cursor c = cursor_new(m->data, m->data_size);
        static const size_t sizes[] = { 20, 16 };

        c.big_endian = m->big_endian;
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                Cursor look = c;
                const uint8_t *digest, *name;
                uint32_t size;

                if (cursor_read_view(&look, sizes[i], &digest) < 0 ||
                                cursor_read_u32(&look, &size) < 0 || cursor_left(&look) != size ||
                                cursor_read_view(&look, size, &name) < 0)
                        continue;
                digest_size = sizes[i];
                view->name = (const char *) name;
                view->name_size = size;
                view->present |= UINT32_C(1) << MEASUREMENT_FIELD_N;
                break;
        }
        if (!view->name)
                view->malformed |= UINT32_C(1) << MEASUREMENT_FIELD_N;
        decode_field(MEASUREMENT_FIELD_D, m, cursor_new(m->data, digest_size), view);
}

static void decode_framed(const Measurement *m, MeasurementView *view)
{
        Cursor c = cursor_new(m->data, m->data_size);

        c.big_endian = m->big_endian;
        for (size_t i = 0; i < m->template->n_fields; i++) {
                const uint8_t *content;
                uint32_t size;

                if (cursor_read_u32(&c, &size) < 0 || cursor_read_view(&c, size, &content) < 0) {
                        /* Where the next field begins is unknown from here on. */
                        for (; i < m->template->n_fields; i++)
                                view->malformed |= UINT32_C(1) << m->template->fields[i];
                        return;
                }
                decode_field(m->template->fields[i], m, cursor_new(content, size), view);
        }
        view->trailing = cursor_left(&c) > 0;
}

int measurement_decode(const Measurement *m, MeasurementView *ret_view)
{
        MeasurementView view = { 0 };

        if (!m->template)
                return -EOPNOTSUPP;
        if (m->template->unframed)
                decode_unframed(m, &view);
        else
                decode_framed(m, &view);
        *ret_view = view;
        return 0;
}

bool measurement_is_boot_aggregate(const Measurement *m, const MeasurementView *view)
{
        static const char name[] = "boot_aggregate";

        return !m->violation && view->name && view->name_size == strlen(name) &&
               memcmp(view->name, name, strlen(name)) == 0;
}
