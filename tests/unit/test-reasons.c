/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "helpers/imad-gate/reasons.h"

Test(reasons, stand_in_lines_of_their_own)
{
        _cleanup_buffer_ Buffer reasons = { 0 };

        cr_expect_eq(reasons_add(&reasons, -EIO, "it is so", "do this"), -EIO);
        cr_expect_eq(reasons_add_key(&reasons, -ENOENT), -ENOENT);
        cr_expect_str_eq(reasons.data, "it is so; do this\n"
                                       "the signing key is not there; set SigningKey= in "
                                       "imad.conf(5)");
}

Test(reasons, are_as_many_as_fit)
{
        _cleanup_buffer_ Buffer reasons = { 0 };

        for (int i = 0; i < 300; i++)
                (void) reasons_add(&reasons, -EIO, "/var/cache/apt/archives/a.deb is so", "do it");
        reasons_shorten(&reasons, 8000);
        cr_expect_leq(reasons.size, 8000);
        cr_expect_eq(strlen(reasons.data), reasons.size);
        cr_expect(string_ends_with(reasons.data, "do it\nand 115 more"), "%s",
                        reasons.data + reasons.size - 40);
}

Test(reasons, that_fit_stay_as_they_are)
{
        _cleanup_buffer_ Buffer reasons = { 0 };

        (void) reasons_add(&reasons, -EIO, "it is so", "do this");
        reasons_shorten(&reasons, reasons.size);
        cr_expect_str_eq(reasons.data, "it is so; do this");
}

Test(reasons, of_one_long_line_are_cut)
{
        static char text[9000];
        _cleanup_buffer_ Buffer reasons = { 0 };

        memset(text, 'x', sizeof(text) - 1);
        (void) reasons_add(&reasons, -EIO, text, "do this");
        reasons_shorten(&reasons, 8000);
        cr_expect_leq(reasons.size, 8000);
        cr_expect_eq(strspn(reasons.data, "x"), reasons.size);
}
