/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"

Test(strings, parse_u64_takes_digits_only)
{
        uint64_t value = 7;

        cr_assert_eq(parse_u64("4294967295", UINT32_MAX, &value), 0);
        cr_assert_eq(value, 4294967295U);
        cr_assert_eq(parse_u64("4294967296", UINT32_MAX, &value), -ERANGE);
        cr_assert_eq(parse_u64("99999999999999999999", UINT64_MAX, &value), -ERANGE);
        cr_assert_eq(parse_u64("+1", UINT32_MAX, &value), -EINVAL);
        cr_assert_eq(parse_u64("", UINT32_MAX, &value), -EINVAL);
        cr_assert_eq(value, 4294967295U, "a failing parse writes nothing");
}

Test(strings, nearest_suggests_a_typo_and_nothing_far)
{
        static const char *const names[] = { "measure", "appraise", "audit", NULL };

        cr_assert_str_eq(string_nearest("mesure", names), "measure");
        cr_assert_str_eq(string_nearest("Appraise", names), "appraise");
        cr_assert_null(string_nearest("kitchen", names));
}

Test(strings, hex_round_trip_and_refusals)
{
        uint8_t bytes[4];
        char text[9];
        size_t size;

        cr_assert_eq(hex_decode("00aBff10", bytes, sizeof(bytes), &size), 0);
        hex_encode(bytes, size, text);
        cr_assert_str_eq(text, "00abff10");
        cr_assert_eq(hex_decode("abc", bytes, sizeof(bytes), &size), -EBADMSG);
        cr_assert_eq(hex_decode("zz", bytes, sizeof(bytes), &size), -EBADMSG);
        cr_assert_eq(hex_decode("0011223344", bytes, sizeof(bytes), &size), -EBADMSG);
}
