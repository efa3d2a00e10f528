/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/utf8.h"

#include "base/cleanup.h"

typedef struct Range {
        uint32_t first, last;
} Range;

size_t utf8_decode(const char *bytes, size_t size, uint32_t *ret_character)
{
        static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const uint8_t *p = (const uint8_t *) bytes;
        size_t length;
        uint32_t c;

        if (size == 0)
                return 0;
        length = p[0] < 0x80   ? 1
                 : p[0] < 0xc0 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf8 ? 4
                               : 0;
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

bool utf8_is_valid(const char *bytes, size_t size)
{
        for (size_t i = 0; i < size;) {
                uint32_t c;
                size_t length = utf8_decode(bytes + i, size - i, &c);

                if (length == 0 || c == 0)
                        return false;
                i += length;
        }
        return true;
}

static bool is_in(uint32_t c, const Range *ranges, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (c >= ranges[i].first && c <= ranges[i].last)
                        return true;
        return false;
}

unsigned utf8_cells(uint32_t character)
{
        /* Blocks, not single characters: a caret that is one cell off in a rare script is no harm.
         */
        static const Range combining[] = {
                {0x0300,   0x036f },
                { 0x0483,  0x0489 },
                { 0x0591,  0x05bd },
                { 0x064b,  0x065f },
                { 0x1ab0,  0x1aff },
                { 0x1dc0,  0x1dff },
                { 0x20d0,  0x20ff },
                { 0xfe00,  0xfe0f },
                { 0xfe20,  0xfe2f },
                { 0xe0100, 0xe01ef},
        };
        static const Range wide[] = {
                {0x1100,   0x115f },
                { 0x2e80,  0x303e },
                { 0x3041,  0x4dbf },
                { 0x4e00,  0x9fff },
                { 0xa000,  0xa4cf },
                { 0xa960,  0xa97f },
                { 0xac00,  0xd7a3 },
                { 0xf900,  0xfaff },
                { 0xfe30,  0xfe6f },
                { 0xff01,  0xff60 },
                { 0xffe0,  0xffe6 },
                { 0x1f300, 0x1f64f},
                { 0x1f680, 0x1f6ff},
                { 0x1f900, 0x1f9ff},
                { 0x20000, 0x3fffd},
        };

        if (is_in(character, combining, ELEMENTSOF(combining)))
                return 0;
        return is_in(character, wide, ELEMENTSOF(wide)) ? 2 : 1;
}
