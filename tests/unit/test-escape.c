/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/escape.h"
#include "base/strings.h"

typedef struct Case {
        const char *in;
        const char *out;
} Case;

static void check(const Case *cases, size_t n, unsigned flags)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *text = escape_text(cases[i].in, strlen(cases[i].in), flags);

                cr_expect_str_eq(text, cases[i].out);
        }
}

Test(escape, printable_text_of_any_language_stays)
{
        static const Case cases[] = {
                {"/usr/bin/true",        "/usr/bin/true"      },
                { "Grüße 日本 😀", "Grüße 日本 😀"},
        };

        check(cases, ELEMENTSOF(cases), 0);
}

Test(escape, what_a_terminal_would_obey_is_escaped)
{
        static const Case cases[] = {
                {"a\nb\tc",                   "a\\x0ab\\x09c"         },
                { "\033[31mred",              "\\x1b[31mred"          },
                { "\x7f",                     "\\x7f"                 },
                { "\xc2\x9b\x33",             "\\xc2\\x9b3"           }, /* U+009B, control sequence */
                { "\xe2\x80\xae"
                  "cod.exe", "\\xe2\\x80\\xaecod.exe"}, /* U+202E, right to left */
                { "C:\\",                     "C:\\\\"                },
        };

        check(cases, ELEMENTSOF(cases), 0);
}

Test(escape, malformed_utf8_is_escaped_byte_by_byte)
{
        static const Case cases[] = {
                {"\xff\xfe",          "\\xff\\xfe"          },
                { "\xc3",             "\\xc3"               },
                { "\xc3(",            "\\xc3("              },
                { "\xc0\xaf",         "\\xc0\\xaf"          }, /* overlong */
                { "\xed\xa0\x80",     "\\xed\\xa0\\x80"     }, /* surrogate */
                { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
        };

        check(cases, ELEMENTSOF(cases), 0);
}

Test(escape, ascii_and_backslashes_are_choices)
{
        static const Case ascii[] = {
                {"é", "\\xc3\\xa9"}
        };
        static const Case prose[] = {
                {"C:\\ é", "C:\\ é"}
        };

        check(ascii, ELEMENTSOF(ascii), ESCAPE_ASCII);
        check(prose, ELEMENTSOF(prose), ESCAPE_KEEP_BACKSLASH);
}

Test(escape, zero_bytes_inside_are_seen)
{
        _cleanup_free_ char *text = escape_text("a\0b", 3, 0);

        cr_assert_str_eq(text, "a\\x00b");
}
