/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/pgp-text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

#define BEGIN_MESSAGE "-----BEGIN PGP SIGNED MESSAGE-----"
#define BEGIN_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define END_SIGNATURE "-----END PGP SIGNATURE-----"
#define BEGIN_KEYS "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END_KEYS "-----END PGP PUBLIC KEY BLOCK-----"

typedef struct Line {
        const char *text;
        size_t size; /* less the blanks at its end, which are not signed */
} Line;

typedef struct Lines {
        const char *text, *end;
} Lines;

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(Lines *lines, Line *ret_line)
{
        const char *newline;
        size_t size;

        if (lines->text == lines->end)
                return false;
        newline = memchr(lines->text, '\n', (size_t) (lines->end - lines->text)) ?: lines->end;
        size = (size_t) (newline - lines->text);
        while (size > 0 && is_blank(lines->text[size - 1]))
                size--;
        *ret_line = (Line){ lines->text, size };
        lines->text = newline < lines->end ? newline + 1 : newline;
        return true;
}

static bool line_is(Line line, const char *text)
{
        return line.size == strlen(text) && memcmp(line.text, text, line.size) == 0;
}

static bool line_begins(Line line, const char *text)
{
        return line.size >= strlen(text) && memcmp(line.text, text, strlen(text)) == 0;
}

/* "Hash: SHA512" and an empty line; no other header may be there. */
static int skip_headers(Lines *lines)
{
        Line line;

        while (next_line(lines, &line)) {
                if (line.size == 0)
                        return 0;
                if (!line_begins(line, "Hash: "))
                        return -EBADMSG;
        }
        return -EBADMSG;
}

static int append_line(Buffer *text, Line line, bool is_first)
{
        int r = is_first ? 0 : buffer_append(text, "\n", 1);

        return r < 0 ? r : buffer_append(text, line.text, line.size);
}

/* Up to the signature, whose first line is returned. */
static int read_signed(Lines *lines, Buffer *text, Line *ret_line)
{
        bool is_first = true;
        Line line;

        for (; next_line(lines, &line); is_first = false) {
                if (line_is(line, BEGIN_SIGNATURE)) {
                        *ret_line = line;
                        return is_first ? -EBADMSG : 0;
                }
                if (line_begins(line, "- "))
                        line = (Line){ line.text + 2, line.size - 2 };
                else if (line.size > 0 && line.text[0] == '-')
                        return -EBADMSG;
                if (append_line(text, line, is_first) < 0)
                        return -ENOMEM;
        }
        return -EBADMSG;
}

static int read_signature(Lines *lines, Line line, Buffer *signature)
{
        bool is_end = false;

        if (append_line(signature, line, true) < 0)
                return -ENOMEM;
        while (!is_end && next_line(lines, &line)) {
                is_end = line_is(line, END_SIGNATURE);
                if (!is_end && line_begins(line, "-"))
                        return -EBADMSG;
                if (append_line(signature, line, false) < 0)
                        return -ENOMEM;
        }
        /* Only empty lines may follow. */
        while (next_line(lines, &line))
                if (line.size > 0)
                        return -EBADMSG;
        return is_end ? buffer_append(signature, "\n", 1) : -EBADMSG;
}

int pgp_text_split_signed(const char *text, size_t size, Buffer *ret_signed, Buffer *ret_signature)
{
        _cleanup_buffer_ Buffer content = { 0 }, signature = { 0 };
        Lines lines = { text, text + size };
        Line line;
        int r;

        if (memchr(text, '\0', size) || !next_line(&lines, &line) || !line_is(line, BEGIN_MESSAGE))
                return -EBADMSG;
        r = skip_headers(&lines);
        if (r >= 0)
                r = read_signed(&lines, &content, &line);
        if (r >= 0)
                r = read_signature(&lines, line, &signature);
        if (r < 0)
                return r;
        *ret_signed = TAKE_STRUCT(content);
        *ret_signature = TAKE_STRUCT(signature);
        return 0;
}

bool pgp_text_is_armored(const void *bytes, size_t size)
{
        return size > strlen(BEGIN_KEYS) && memmem(bytes, size, BEGIN_KEYS, strlen(BEGIN_KEYS));
}

static int decode(EVP_ENCODE_CTX *context, Line line, Buffer *keys)
{
        int n = 0, r;

        if (line.size > 1024 || buffer_reserve(keys, line.size + 64) < 0)
                return line.size > 1024 ? -EBADMSG : -ENOMEM;
        r = EVP_DecodeUpdate(context, (unsigned char *) keys->data + keys->size, &n,
                        (const unsigned char *) line.text, (int) line.size);
        if (r < 0)
                return -EBADMSG;
        keys->size += (size_t) n;
        return 0;
}

/* From behind the first line of a key to its end. */
static int decode_key(EVP_ENCODE_CTX *context, Lines *lines, Buffer *keys)
{
        bool in_headers = true;
        unsigned char rest[64];
        Line line;
        int n = 0;

        EVP_DecodeInit(context);
        while (next_line(lines, &line)) {
                /* A line that has a colon is a header; "=" begins a checksum of the armor. */
                if (in_headers && line.size > 0 && memchr(line.text, ':', line.size))
                        continue;
                in_headers = false;
                if (line_is(line, END_KEYS))
                        return EVP_DecodeFinal(context, rest, &n) < 0 ? -EBADMSG : 0;
                if (line.size == 0 || line.text[0] == '=')
                        continue;
                if (decode(context, line, keys) < 0)
                        return -EBADMSG;
        }
        return -EBADMSG;
}

int pgp_text_decode_keys(const char *text, size_t size, Buffer *keys)
{
        EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
        Lines lines = { text, text + size };
        size_t n = 0;
        Line line;
        int r = context ? 0 : -ENOMEM;

        while (r >= 0 && next_line(&lines, &line)) {
                if (!line_is(line, BEGIN_KEYS))
                        continue;
                r = decode_key(context, &lines, keys);
                n++;
        }
        EVP_ENCODE_CTX_free(context);
        return r < 0 ? r : n > 0 ? 0 : -EBADMSG;
}
