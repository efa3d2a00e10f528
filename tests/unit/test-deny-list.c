/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/deny-list.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/strings.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static int parse(DenyList *list, const char *text, size_t *ret_errors)
{
        _cleanup_diags_ DiagList diags = { 0 };
        int r = deny_list_parse(list, text, strlen(text), &diags, "list");

        *ret_errors = diags.errors;
        return r;
}

static bool has_zeros(const DenyList *list, HashAlgorithm algorithm)
{
        const Digest digest = { .algorithm = algorithm, .size = hash_algorithm_size(algorithm) };

        return deny_list_has(list, &digest);
}

Test(deny_list, forms_of_lines)
{
        static const struct {
                const char *line;
                HashAlgorithm algorithm;
        } cases[] = {
                {ZEROS,                                       HASH_SHA256  },
                { ZEROS "\n",                                 HASH_SHA256  },
                { ZEROS "  a file\n",                         HASH_SHA256  },
                { "\t" ZEROS " *a\r\n",                       HASH_SHA256  },
                { "sha256:" ZEROS "\n",                       HASH_SHA256  },
                { "sha3-256:" ZEROS "\n",                     HASH_SHA3_256},
                { "bin:" ZEROS "\n",                          HASH_SHA256  },
                { "# c\n\n  \n" ZEROS "\n",                   HASH_SHA256  },
                { "sha512:" ZEROS ZEROS,                      HASH_SHA512  },
                { ZEROS ZEROS,                                HASH_SHA512  },
                { "0000000000000000000000000000000000000000", HASH_SHA1    },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_deny_list_ DenyList list = { 0 };
                size_t errors;

                cr_expect_eq(parse(&list, cases[i].line, &errors), 0, "%s", cases[i].line);
                cr_expect_eq(list.count, 1, "%s", cases[i].line);
                cr_expect(has_zeros(&list, cases[i].algorithm), "%s", cases[i].line);
                cr_expect_eq(list.algorithms, UINT64_C(1) << cases[i].algorithm);
        }
}

Test(deny_list, every_malformed_line_is_told)
{
        static const char text[] = "nonsense\nsha256:00\nfoo:" ZEROS "\n:" ZEROS "\n" ZEROS
                                   "0\n0\n" ZEROS "\n" ZEROS ZEROS "00\n";
        _cleanup_deny_list_ DenyList list = { 0 };
        size_t errors;

        cr_expect_eq(parse(&list, text, &errors), -EBADMSG);
        cr_expect_eq(errors, 7);
        cr_expect_eq(list.count, 1);
}

/* Whatever is added, exactly that is found. */
Test(deny_list, what_is_listed_is_found_and_nothing_else)
{
        _cleanup_deny_list_ DenyList list = { 0 };
        uint32_t state = 1;

        for (int i = 0; i < 2000; i++) {
                Digest digest = { .algorithm = HASH_SHA256, .size = 32 };
                char line[80];
                size_t errors;

                state = state * 1664525 + 1013904223;
                memcpy(digest.bytes, &state, sizeof(state));
                cr_assert_not(deny_list_has(&list, &digest));
                hex_encode(digest.bytes, digest.size, line);
                cr_assert_eq(parse(&list, line, &errors), 0);
                cr_assert(deny_list_has(&list, &digest));
                digest.algorithm = HASH_SHA3_256;
                cr_assert_not(deny_list_has(&list, &digest));
        }
}
