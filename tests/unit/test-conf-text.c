/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-conf.h"

Test(conf_text, values_comments_and_blanks)
{
        _cleanup_settings_ FixtureSettings s = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(conf_text_parse("# c\n\n[Main]\n Enabled = yes \nName=a=b\n", "f",
                                     fixture_items, ELEMENTSOF(fixture_items), &s, &diags),
                        0);
        cr_assert(s.enabled);
        cr_assert_str_eq(s.name, "a=b");
        cr_assert_eq(diags.count, 0);
}

Test(conf_text, what_is_not_understood_warns_with_its_line)
{
        _cleanup_settings_ FixtureSettings s = { .enabled = true };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(conf_text_parse("[Main]\nColour=red\nEnabled=perhaps\nnonsense\n[Oth", "f",
                                     fixture_items, ELEMENTSOF(fixture_items), &s, &diags),
                        0);
        cr_assert_eq(diags.count, 4);
        cr_assert_eq(diags.errors, 0);
        cr_assert_eq(diags.items[0].line, 2);
        cr_assert_eq(diags.items[1].line, 3);
        cr_assert(s.enabled, "a value that does not parse changes nothing");
}
