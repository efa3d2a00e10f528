/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/cursor.h"

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09 };

Test(cursor, reads_little_endian_by_default)
{
        Cursor c = cursor_new(bytes, sizeof(bytes));
        uint32_t value;

        cr_assert_eq(cursor_read_u32(&c, &value), 0);
        cr_assert_eq(value, 0x04030201U);
        cr_assert_eq(cursor_left(&c), 5);
}

Test(cursor, reads_big_endian_when_told)
{
        Cursor c = cursor_new(bytes, sizeof(bytes));
        uint64_t value;

        c.big_endian = true;
        cr_assert_eq(cursor_read_u64(&c, &value), 0);
        cr_assert_eq(value, 0x0102030405060708ULL);
}

Test(cursor, a_failing_read_moves_and_writes_nothing)
{
        Cursor c = cursor_new(bytes, 3);
        uint32_t value = 42;
        const uint8_t *view = NULL;

        cr_assert_eq(cursor_read_u32(&c, &value), -EBADMSG);
        cr_assert_eq(cursor_read_view(&c, SIZE_MAX, &view), -EBADMSG);
        cr_assert_eq(value, 42);
        cr_assert_null(view);
        cr_assert_eq(c.offset, 0);
}
