/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/utf8.h"

Test(utf8, a_character_is_decoded_with_its_length)
{
        uint32_t character = 0;

        cr_assert_eq(utf8_decode("日本", 6, &character), 3);
        cr_assert_eq(character, 0x65e5);
        cr_assert_eq(utf8_decode("日本", 2, &character), 0, "cut in the middle");
        cr_assert_eq(utf8_decode("\xc0\x80", 2, &character), 0, "overlong");
        cr_assert_eq(utf8_decode("\xed\xa0\x80", 3, &character), 0, "a surrogate");
        cr_assert_eq(utf8_decode("", 0, &character), 0);
}

Test(utf8, text_with_a_zero_byte_or_a_cut_character_is_not_valid)
{
        cr_assert_not(utf8_is_valid("a\0b", 3));
        cr_assert(utf8_is_valid("é", 2));
        cr_assert_not(utf8_is_valid("é", 1));
}

Test(utf8, cells_are_those_of_a_terminal)
{
        cr_assert_eq(utf8_cells('a'), 1);
        cr_assert_eq(utf8_cells(0xe9), 1, "é");
        cr_assert_eq(utf8_cells(0x65e5), 2, "日");
        cr_assert_eq(utf8_cells(0x1f600), 2, "an emoji");
        cr_assert_eq(utf8_cells(0x0301), 0, "an accent over the letter before");
}
