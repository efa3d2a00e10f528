/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/conf-text.h"

typedef struct Settings {
        bool enabled;
        char *name;
} Settings;

static const ConfItem items[] = {
        {"Main",  "Enabled", conf_text_parse_bool,   offsetof(Settings, enabled), "a boolean"},
        { "Main", "Name",    conf_text_parse_string, offsetof(Settings, name),    "a string" },
};

static void settings_done(Settings *s)
{
        free(s->name);
}

Test(conf_text, values_comments_and_blanks)
{
        _cleanup_(settings_done) Settings s = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(conf_text_parse("# c\n\n[Main]\n Enabled = yes \nName=a=b\n", "f", items,
                                     ELEMENTSOF(items), &s, &diags),
                        0);
        cr_assert(s.enabled);
        cr_assert_str_eq(s.name, "a=b");
        cr_assert_eq(diags.count, 0);
}

Test(conf_text, what_is_not_understood_warns_with_its_line)
{
        _cleanup_(settings_done) Settings s = { .enabled = true };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(conf_text_parse("[Main]\nColour=red\nEnabled=perhaps\nnonsense\n[Oth", "f",
                                     items, ELEMENTSOF(items), &s, &diags),
                        0);
        cr_assert_eq(diags.count, 4);
        cr_assert_eq(diags.errors, 0);
        cr_assert_eq(diags.items[0].line, 2);
        cr_assert_eq(diags.items[1].line, 3);
        cr_assert(s.enabled, "a value that does not parse changes nothing");
}
