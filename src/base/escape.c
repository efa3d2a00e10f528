/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* "\xNN" for one byte. */
#define ESCAPED_SIZE 4

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

size_t escape_character(const char *bytes, size_t size, unsigned flags, char out[static ESCAPE_MAX])
{
        uint32_t c = 0;
        size_t length = utf8_decode(bytes, size, &c);
        bool plain = length > 0 && character_is_harmless(c) &&
                     !((flags & ESCAPE_ASCII) && c > 0x7f);

        if (length == 0)
                length = 1;
        if (plain && c == '\\' && !(flags & ESCAPE_KEEP_BACKSLASH))
                *out++ = '\\';
        for (size_t i = 0; i < length; i++) {
                if (plain)
                        *out++ = bytes[i];
                else
                        out += escape_byte((uint8_t) bytes[i], out);
        }
        *out = '\0';
        return length;
}

char *escape_text(const char *bytes, size_t size, unsigned flags)
{
        size_t needed;
        char *text, *out;

        if (__builtin_mul_overflow(size, ESCAPED_SIZE, &needed) || needed > SIZE_MAX - ESCAPE_MAX)
                return NULL;
        text = malloc(needed + ESCAPE_MAX);
        if (!text)
                return NULL;
        out = text;
        *out = '\0';
        for (size_t i = 0; i < size; out += strlen(out))
                i += escape_character(bytes + i, size - i, flags, out);
        return text;
}
