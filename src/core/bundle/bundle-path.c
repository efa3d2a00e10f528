/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/bundle-path.h"

#include <errno.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "base/utf8.h"

static bool is_plain(uint32_t character)
{
        return character >= ' ' && character != '%' && (character < 0x7f || character > 0x9f);
}

static int encode(const char *path, size_t size, Buffer *text)
{
        int r = 0;

        while (r >= 0 && size > 0) {
                uint32_t character = 0;
                size_t length = utf8_decode(path, size, &character);

                if (length > 0 && is_plain(character)) {
                        r = buffer_append(text, path, length);
                } else {
                        r = buffer_append_format(text, "%%%02x", (unsigned char) *path);
                        length = 1;
                }
                path += length;
                size -= length;
        }
        return r;
}

char *bundle_path_encode(const char *path)
{
        _cleanup_buffer_ Buffer text = { 0 };
        char *result;

        if (encode(path, strlen(path), &text) < 0 || buffer_take(&text, &result, NULL) < 0)
                return NULL;
        return result;
}

/* One path has one form only. */
static bool is_canonical(const char *path, const char *text)
{
        _cleanup_free_ char *encoded = bundle_path_encode(path);

        return string_equal(encoded, text);
}

int bundle_path_decode(const char *text, char **ret_path)
{
        _cleanup_free_ char *path = calloc(1, strlen(text) + 1);
        char *out = path;

        if (!path)
                return -ENOMEM;
        for (const char *c = text; *c; c++) {
                char digits[3] = { 0 };
                size_t size;

                if (*c != '%') {
                        *out++ = *c;
                        continue;
                }
                (void) strncat(digits, c + 1, 2);
                if (hex_decode(digits, out, 1, &size) < 0 || size != 1 || *out == '\0')
                        return -EBADMSG;
                out++;
                c += 2;
        }
        *out = '\0';
        if (!is_canonical(path, text))
                return -EBADMSG;
        *ret_path = TAKE_PTR(path);
        return 0;
}
