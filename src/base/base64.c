/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/base64.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const void *bytes, size_t size, char **ret_text)
{
        const uint8_t *in = bytes;
        char *text = malloc((size + 2) / 3 * 4 + 1), *out = text;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < size; i += 3) {
                size_t n = size - i < 3 ? size - i : 3;
                uint32_t group = (uint32_t) in[i] << 16;

                if (n > 1)
                        group |= (uint32_t) in[i + 1] << 8;
                if (n > 2)
                        group |= in[i + 2];
                *out++ = alphabet[group >> 18];
                *out++ = alphabet[(group >> 12) & 63];
                *out++ = '=';
                *out++ = '=';
                if (n > 1)
                        out[-2] = alphabet[(group >> 6) & 63];
                if (n > 2)
                        out[-1] = alphabet[group & 63];
        }
        *out = '\0';
        *ret_text = text;
        return 0;
}

/* -1: none. */
static int decode_digit(char c)
{
        const char *place = c ? strchr(alphabet, c) : NULL;

        if (place)
                return (int) (place - alphabet);
        return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Four characters, the last `padding` of which are "=". */
static int decode_group(const char *text, size_t padding, uint8_t *out)
{
        uint32_t group = 0;

        for (size_t i = 0; i < 4; i++) {
                int digit = i < 4 - padding ? decode_digit(text[i]) : 0;

                if (digit < 0)
                        return -EBADMSG;
                group = group << 6 | (uint32_t) digit;
        }
        if (group & ((UINT32_C(1) << 8 * padding) - 1))
                return -EBADMSG;
        for (size_t i = 0; i < 3 - padding; i++)
                out[i] = (uint8_t) (group >> (16 - 8 * i));
        return 0;
}

int base64_decode(const char *text, size_t length, uint8_t **ret_bytes, size_t *ret_size)
{
        _cleanup_free_ uint8_t *bytes = malloc(length / 4 * 3 + 1);
        size_t padding = 0;

        if (!bytes)
                return -ENOMEM;
        if (length % 4 != 0)
                return -EBADMSG;
        while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
                padding++;
        for (size_t i = 0; i < length; i += 4)
                if (decode_group(text + i, i + 4 == length ? padding : 0, bytes + i / 4 * 3) < 0)
                        return -EBADMSG;
        *ret_size = length / 4 * 3 - padding;
        *ret_bytes = TAKE_PTR(bytes);
        return 0;
}
