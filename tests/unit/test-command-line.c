/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/command-line.h"

#include <criterion/criterion.h>

static void expect_next(const char **rest, const char *name, const char *value)
{
        _cleanup_free_ char *got_name = NULL, *got_value = NULL;

        cr_assert_eq(command_line_next(rest, &got_name, &got_value), 1);
        cr_expect_str_eq(got_name, name);
        cr_expect_str_eq(got_value, value);
}

Test(command_line, parameters_come_one_by_one_without_quotes)
{
        const char *rest = "  quiet ima_policy=\"tcb x\" \"a=b c\" d= e=f=g";
        char *none = NULL;

        expect_next(&rest, "quiet", "");
        expect_next(&rest, "ima_policy", "tcb x");
        expect_next(&rest, "a", "b c");
        expect_next(&rest, "d", "");
        expect_next(&rest, "e", "f=g");
        cr_expect_eq(command_line_next(&rest, &none, &none), 0);
        cr_expect_null(none);
}

Test(command_line, dash_and_underscore_are_the_same_in_names)
{
        cr_expect(command_line_name_equal("ima-hash", "ima_hash"));
        cr_expect(command_line_name_equal("ima_hash", "ima-hash"));
        cr_expect_not(command_line_name_equal("ima_hash", "ima_hashes"));
        cr_expect_not(command_line_name_equal("ima.hash", "ima_hash"));
}
