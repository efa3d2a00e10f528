/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C escapes, as recordings and expectations have them. */
#pragma once

#include <stddef.h>
#include <string.h>
#include <sys/types.h>

static inline int fixture_hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline const char *fixture_unescape_hex(const char *text, char *ret_byte)
{
        int value = 0, digits = 0;

        for (; digits < 2 && fixture_hex_value(*text) >= 0; digits++)
                value = value << 4 | fixture_hex_value(*text++);
        if (digits == 0)
                return NULL;
        *ret_byte = (char) value;
        return text;
}

static inline const char *fixture_unescape_octal(const char *text, char *ret_byte)
{
        int value = 0;

        for (int digits = 0; digits < 3 && *text >= '0' && *text <= '7'; digits++)
                value = value << 3 | (*text++ - '0');
        *ret_byte = (char) value;
        return text;
}

/*
 * Undoes the escapes of C strings; bytes has room for as much as text. How many bytes there are, or
 * -1 for an escape that does not exist.
 */
static inline ssize_t fixture_unescape(const char *text, char *bytes)
{
        static const char letters[] = "ntrabfv\\\"'?", meanings[] = "\n\t\r\a\b\f\v\\\"'?";
        char *p = bytes;

        while (*text) {
                const char *letter;

                if (*text != '\\') {
                        *p++ = *text++;
                        continue;
                }
                text++;
                letter = *text ? strchr(letters, *text) : NULL;
                if (letter) {
                        *p++ = meanings[letter - letters];
                        text++;
                } else if (*text >= '0' && *text <= '7') {
                        text = fixture_unescape_octal(text, p++);
                } else if (*text != 'x' || !(text = fixture_unescape_hex(text + 1, p++))) {
                        return -1;
                }
        }
        return p - bytes;
}
