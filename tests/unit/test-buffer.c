/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/buffer.h"

Test(buffer, grows_and_stays_terminated)
{
        _cleanup_buffer_ Buffer b = { 0 };

        for (int i = 0; i < 1000; i++)
                cr_assert_eq(buffer_append_format(&b, "%d,", i), 0);
        cr_assert_eq(b.size, 3890);
        cr_assert_eq(strlen(b.data), b.size);
}

Test(buffer, consume_drops_the_front)
{
        _cleanup_buffer_ Buffer b = { 0 };

        cr_assert_eq(buffer_append_string(&b, "measurement"), 0);
        buffer_consume(&b, 7);
        cr_assert_str_eq(b.data, "ment");
        buffer_consume(&b, 100);
        cr_assert_eq(b.size, 0);
}

Test(buffer, take_of_an_empty_buffer_is_an_empty_string)
{
        _cleanup_buffer_ Buffer b = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        cr_assert_eq(buffer_take(&b, &text, &size), 0);
        cr_assert_str_eq(text, "");
        cr_assert_eq(size, 0);
}

Test(buffer, impossible_sizes_are_refused)
{
        _cleanup_buffer_ Buffer b = { 0 };

        cr_assert_eq(buffer_append_string(&b, "x"), 0);
        cr_assert_eq(buffer_reserve(&b, SIZE_MAX), -EOVERFLOW);
        cr_assert_str_eq(b.data, "x");
}
