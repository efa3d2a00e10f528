/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/base64.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "base/cleanup.h"

/* RFC 4648, section 10, and both alphabets. */
static const char *const vectors[][2] = {
        {"",           ""        },
        { "f",         "Zg=="    },
        { "fo",        "Zm8="    },
        { "foo",       "Zm9v"    },
        { "foob",      "Zm9vYg=="},
        { "fooba",     "Zm9vYmE="},
        { "foobar",    "Zm9vYmFy"},
        { "\xfb\xff~", "+/9+"    },
};

Test(base64, vectors)
{
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_free_ uint8_t *bytes = NULL;
                _cleanup_free_ char *text = NULL;
                size_t size;

                cr_assert_eq(base64_encode(vectors[i][0], strlen(vectors[i][0]), &text), 0);
                cr_expect_str_eq(text, vectors[i][1]);
                cr_assert_eq(base64_decode(text, strlen(text), &bytes, &size), 0);
                cr_expect_eq(size, strlen(vectors[i][0]));
                cr_expect_arr_eq(bytes, vectors[i][0], size);
        }
}

Test(base64, the_url_alphabet_is_read_too)
{
        _cleanup_free_ uint8_t *bytes = NULL;
        size_t size;

        cr_assert_eq(base64_decode("-_9-", 4, &bytes, &size), 0);
        cr_expect_arr_eq(bytes, "\xfb\xff~", 3);
}

Test(base64, what_is_malformed_is_refused)
{
        static const char *const cases[] = { "A", "AA", "AAA", "A===", "====", "AA=A",
                "Zh==", "Zm9=", "AA A", "AAA\n", "AA==AAAA", "AA*=" };
        uint8_t *bytes;
        size_t size;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(base64_decode(cases[i], strlen(cases[i]), &bytes, &size), -EBADMSG,
                                "%s", cases[i]);
}
