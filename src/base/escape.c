/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/escape.h"

#include <stdint.h>
#include <stdlib.h>

/* "\xNN" for one byte. */
#define ESCAPED_SIZE 4

/*
 * Decodes one character; returns its length in bytes, 0 when the bytes are not UTF-8 (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF).
 */
static size_t utf8_decode(const uint8_t *p, size_t size, uint32_t *ret_character)
{
        static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        size_t length = p[0] < 0x80   ? 1
                        : p[0] < 0xc0 ? 0
                        : p[0] < 0xe0 ? 2
                        : p[0] < 0xf0 ? 3
                        : p[0] < 0xf8 ? 4
                                      : 0;
        uint32_t c;

        if (length == 0 || length > size)
                return 0;
        c = length == 1 ? p[0] : p[0] & (0xffU >> (length + 1));
        for (size_t i = 1; i < length; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        if (c < smallest[length] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
                return 0;
        *ret_character = c;
        return length;
}

static bool character_is_harmless(uint32_t c)
{
        static const struct {
                uint32_t first, last;
        } harmful[] = {
                {0x00,    0x1f  },
                { 0x7f,   0x9f  },
                { 0x061c, 0x061c}, /* direction of text */
                { 0x200b, 0x200f},
                { 0x2028, 0x202e},
                { 0x2060, 0x206f},
                { 0xfeff, 0xfeff},
                { 0xfff0, 0xfffb},
        };

        for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
                if (c >= harmful[i].first && c <= harmful[i].last)
                        return false;
        return true;
}

static size_t escape_byte(uint8_t byte, char *out)
{
        static const char digits[] = "0123456789abcdef";

        out[0] = '\\';
        out[1] = 'x';
        out[2] = digits[byte >> 4];
        out[3] = digits[byte & 15];
        return ESCAPED_SIZE;
}

/* Copies or escapes the character at p; returns how many bytes it took. */
static size_t escape_character(const uint8_t *p, size_t size, unsigned flags, char **out)
{
        uint32_t c = 0;
        size_t length = utf8_decode(p, size, &c);
        bool plain = length > 0 && character_is_harmless(c) &&
                     !((flags & ESCAPE_ASCII) && c > 0x7f);

        if (length == 0)
                length = 1;
        if (plain && c == '\\' && !(flags & ESCAPE_KEEP_BACKSLASH))
                *(*out)++ = '\\';
        for (size_t i = 0; i < length; i++) {
                if (plain)
                        *(*out)++ = (char) p[i];
                else
                        *out += escape_byte(p[i], *out);
        }
        return length;
}

char *escape_text(const char *bytes, size_t size, unsigned flags)
{
        const uint8_t *p = (const uint8_t *) bytes;
        size_t needed;
        char *text, *out;

        if (__builtin_mul_overflow(size, ESCAPED_SIZE, &needed) || needed == SIZE_MAX)
                return NULL;
        text = malloc(needed + 1);
        if (!text)
                return NULL;
        out = text;
        for (size_t i = 0; i < size;)
                i += escape_character(p + i, size - i, flags, &out);
        *out = '\0';
        return text;
}

bool utf8_is_valid(const char *bytes, size_t size)
{
        const uint8_t *p = (const uint8_t *) bytes;

        for (size_t i = 0; i < size;) {
                uint32_t c;
                size_t length = utf8_decode(p + i, size - i, &c);

                if (length == 0 || c == 0)
                        return false;
                i += length;
        }
        return true;
}
