/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bundle/statement.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD "{\"_type\": \"https://in-toto.io/Statement/v1\", "
#define SUBJECTS                                                                                   \
        "\"subject\": [{\"name\": \"a\", \"digest\": {\"sha256\": \"" ZEROS                        \
        "\", \"sha3_256\": \"" ZEROS "\"}}, {\"digest\": {\"sha256\": \"00\"}}], "

static int parse(const char *text, Statement *ret_statement, const char **ret_reason)
{
        return statement_parse(text, strlen(text), ret_statement, ret_reason);
}

Test(statement, subjects_have_names_and_digests)
{
        _cleanup_statement_ Statement s = { 0 };
        const char *reason;
        Digest digest;

        cr_assert_eq(parse(HEAD SUBJECTS "\"predicateType\": \"x\", \"predicate\": {}}", &s,
                                     &reason),
                        0);
        cr_expect_str_eq(s.predicate_type, "x");
        cr_expect_eq(s.n_subjects, 2);
        cr_expect_str_eq(statement_get_name(&s, 0), "a");
        cr_expect_str_eq(statement_get_name(&s, 1), "");
        cr_expect_eq(statement_find_digest(&s, 0, HASH_SHA256, &digest), 0);
        cr_expect_eq(statement_find_digest(&s, 0, HASH_SHA3_256, &digest), 0);
        cr_expect_eq(statement_find_digest(&s, 0, HASH_SHA512, &digest), -ENOENT);
        cr_expect_eq(statement_find_digest(&s, 1, HASH_SHA256, &digest), -EBADMSG);
}

Test(statement, digests_that_are_no_subject_are_found)
{
        const Digest digests[] = {
                {HASH_SHA256,  32, { 0 }},
                { HASH_SHA256, 32, { 1 }},
        };
        _cleanup_statement_ Statement s = { 0 };
        const char *reason;
        size_t missing;

        cr_assert_eq(parse(HEAD SUBJECTS "\"predicateType\": \"x\"}", &s, &reason), 0);
        cr_assert_eq(statement_find_missing(&s, digests, 1, &missing), 0);
        cr_expect_eq(missing, 1);
        cr_assert_eq(statement_find_missing(&s, digests, 2, &missing), 0);
        cr_expect_eq(missing, 1);
        cr_assert_eq(statement_find_missing(&s, digests + 1, 1, &missing), 0);
        cr_expect_eq(missing, 0);
}

Test(statement, the_builder_of_either_version_is_found)
{
        static const char *const cases[] = {
                "\"predicateType\": \"" STATEMENT_SLSA_1
                "\", \"predicate\": {\"runDetails\": {\"builder\": {\"id\": \"b\"}}}}",
                "\"predicateType\": \"" STATEMENT_SLSA_0_2
                "\", \"predicate\": {\"builder\": {\"id\": \"b\"}}}",
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_statement_ Statement s = { 0 };
                char text[1024];
                const char *reason;

                (void) snprintf(text, sizeof(text), HEAD SUBJECTS "%s", cases[i]);
                cr_assert_eq(parse(text, &s, &reason), 0);
                cr_expect(statement_is_slsa(&s));
                cr_expect_str_eq(statement_get_builder(&s), "b");
        }
}

Test(statement, what_is_malformed_is_told)
{
        static const char *const cases[][2] = {
                {"",                                                   "is no JSON, or has a key twice"      },
                { "{\"a\": 1, \"a\": 1}",                              "is no JSON, or has a key twice"      },
                { "[]",                                                "is no in-toto statement of version 1"},
                { HEAD "\"subject\": []}",                             "has no predicateType"                },
                { HEAD "\"predicateType\": \"x\", \"subject\": []}",   "has no subject"                      },
                { HEAD "\"predicateType\": \"x\", \"subject\": {}}",   "has no subject"                      },
                { HEAD "\"predicateType\": \"x\", \"subject\": [{}]}",
                 "has a subject without digest"                                                              },
        };
        Statement s;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *reason = NULL;

                cr_expect_eq(parse(cases[i][0], &s, &reason), -EBADMSG, "%s", cases[i][0]);
                cr_expect_str_eq(reason, cases[i][1]);
        }
}
