/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/bundle-path.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "base/cleanup.h"

Test(bundle_path, bytes_become_text_and_back)
{
        static const char *const cases[][2] = {
                {"/usr/bin/x",         "/usr/bin/x"       },
                { "/a b/\xc3\xa4\\\"", "/a b/\xc3\xa4\\\""},
                { "/100%",             "/100%25"          },
                { "/a\nb\x7f",         "/a%0ab%7f"        },
                { "/\xc2\x80\xc2\x9f", "/%c2%80%c2%9f"    },
                { "/\xc2\xa0",         "/\xc2\xa0"        },
                { "/\xff\xc3",         "/%ff%c3"          },
                { "/\xed\xa0\x80",     "/%ed%a0%80"       },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *text = bundle_path_encode(cases[i][0]), *path = NULL;

                cr_expect_str_eq(text, cases[i][1]);
                cr_assert_eq(bundle_path_decode(text, &path), 0, "%s", text);
                cr_expect_str_eq(path, cases[i][0]);
        }
}

Test(bundle_path, one_path_has_one_form)
{
        static const char *const cases[] = { "%", "%2", "%zz", "%00", "%41", "%FF", "a\nb",
                "%c3%a4", "%c2%a0", "\xc2\x9b" };
        char *path;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(bundle_path_decode(cases[i], &path), -EBADMSG, "%s", cases[i]);
}
