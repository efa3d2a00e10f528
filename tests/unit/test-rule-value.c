/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/strings.h"
#include "core/policy/rule/rule-value.h"

/* What the kernel reads of a text: its canonical form, or NULL and the errno. */
static const struct {
        KeywordId id;
        const char *text;
        const char *canonical;
        int error;
} cases[] = {
        {KEYWORD_ACTION,          "measure",                                  "measure",            0      },
        { KEYWORD_ACTION,         "Measure",                                  NULL,                 -EINVAL},
        { KEYWORD_FUNC,           "PATH_CHECK",                               "FILE_CHECK",         0      },
        { KEYWORD_FUNC,           "NONE",                                     NULL,                 -EINVAL},
        { KEYWORD_MASK,           "^MAY_EXEC",                                "^MAY_EXEC",          0      },
        { KEYWORD_MASK,           "^^MAY_EXEC",                               NULL,                 -EINVAL},
        { KEYWORD_FSMAGIC,        "EF53",                                     "0xef53",             0      },
        { KEYWORD_FSMAGIC,        "+0X00ef53",                                "0xef53",             0      },
        { KEYWORD_FSMAGIC,        "-1",                                       NULL,                 -EINVAL},
        { KEYWORD_FSMAGIC,        "10000000000000000",                        NULL,                 -ERANGE},
        { KEYWORD_UID,            "+010",                                     "10",                 0      },
        { KEYWORD_UID,            "4294967294",                               "4294967294",         0      },
        { KEYWORD_UID,            "4294967295",                               NULL,                 -EINVAL},
        { KEYWORD_UID,            "0x10",                                     NULL,                 -EINVAL},
        { KEYWORD_UID,            "18446744073709551616",                     NULL,                 -ERANGE},
        { KEYWORD_PCR,            "-0",                                       "0",                  0      },
        { KEYWORD_PCR,            "63",                                       "63",                 0      },
        { KEYWORD_PCR,            "64",                                       NULL,                 -EINVAL},
        { KEYWORD_PCR,            "18446744073709551616",                     NULL,                 -EINVAL},
        { KEYWORD_FSUUID,         "8BCBE394-4f13-4144-be8e-5aa9ea2ce2f6junk",
         "8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6",                                                    0      },
        { KEYWORD_FSUUID,         "8bcbe3944f134144be8e5aa9ea2ce2f6",         NULL,                 -EINVAL},
        { KEYWORD_KEYRINGS,       ".ima|.evm",                                ".ima|.evm",          0      },
        { KEYWORD_KEYRINGS,       ".ima||.evm",                               NULL,                 -EINVAL},
        { KEYWORD_APPRAISE_ALGOS, "sha256,sha1,sha256",                       "sha256,sha1,sha256", 0      },
        { KEYWORD_APPRAISE_ALGOS, "sha256,",                                  NULL,                 -EINVAL},
        { KEYWORD_TEMPLATE,       "d-ng|n-ng",                                "ima-ng",             0      },
        { KEYWORD_APPRAISE_TYPE,  "sigv2",                                    NULL,                 -EINVAL},
        { KEYWORD_FSNAME,         "",                                         NULL,                 -EINVAL},
};

Test(rule_value, texts_are_read_as_the_kernel_reads_them)
{
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_arena_ Arena arena = { 0 };
                RuleValue value;
                int r = rule_value_parse(cases[i].id, KEYWORD_OPERATOR_EQUAL, cases[i].text, NULL,
                                &arena, &value);

                cr_expect_eq(r, cases[i].error, "%s: %d", cases[i].text, r);
                if (r >= 0)
                        cr_expect_str_eq(value.text, cases[i].canonical);
        }
}

Test(rule_value, numbers_are_as_long_as_the_kernel_s)
{
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_arena_ Arena arena = { 0 };
        RuleValue value;

        cr_assert_eq(target_new("6.12.0", NULL, &target), 0);
        target->word_size = 32;
        cr_expect_eq(rule_value_parse(KEYWORD_PCR, KEYWORD_OPERATOR_EQUAL, "32", target, &arena,
                                     &value),
                        -EINVAL);
        cr_expect_eq(rule_value_parse(KEYWORD_FSMAGIC, KEYWORD_OPERATOR_EQUAL, "100000000", target,
                                     &arena, &value),
                        -ERANGE);
}

Test(rule_value, numbers_get_the_same_text)
{
        _cleanup_arena_ Arena arena = { 0 };
        RuleValue magic, id;

        cr_assert_eq(rule_value_from_number(KEYWORD_FSMAGIC, KEYWORD_OPERATOR_EQUAL, 0xef53, &arena,
                                     &magic),
                        0);
        cr_assert_eq(rule_value_from_number(
                                     KEYWORD_UID, KEYWORD_OPERATOR_GREATER, 999, &arena, &id),
                        0);
        cr_expect_str_eq(magic.text, "0xef53");
        cr_expect_str_eq(id.text, "999");
        cr_expect_eq(id.operator_, '>');
}

Test(rule_value, the_nearest_word_may_be_an_ending)
{
        cr_expect_str_eq(rule_value_nearest_word(KEYWORD_FUNC, "BPRM_CHEK"), "BPRM_CHECK");
        cr_expect_str_eq(rule_value_nearest_word(KEYWORD_MASK, "EXEC"), "MAY_EXEC");
        cr_expect_str_eq(rule_value_nearest_word(KEYWORD_APPRAISE_ALGOS, "sha25"), "sha256");
        cr_expect_null(rule_value_nearest_word(KEYWORD_ACTION, "nothing-like-it"));
}

Test(rule_value, a_list_has_whole_items_only)
{
        cr_expect(rule_value_list_has(".ima|.evm", ".evm", 4));
        cr_expect_not(rule_value_list_has(".ima|.evm", ".ev", 3));
        cr_expect_not(rule_value_list_has(".ima|.evm", "", 0));
}

Test(rule_value, a_value_can_need_a_newer_kernel_than_its_keyword)
{
        _cleanup_arena_ Arena arena = { 0 };
        RuleValue value;

        cr_assert_eq(rule_value_parse(KEYWORD_FUNC, KEYWORD_OPERATOR_EQUAL, "MMAP_CHECK_REQPROT",
                                     NULL, &arena, &value),
                        0);
        cr_expect_eq(rule_value_get_need(&value)->version[0], 6);
        cr_expect_eq(rule_value_get_need(&value)->version[1], 3);
        cr_assert_eq(rule_value_parse(KEYWORD_APPRAISE_ALGOS, KEYWORD_OPERATOR_EQUAL, "sha3-256",
                                     NULL, &arena, &value),
                        0);
        cr_expect_eq(rule_value_get_need(&value)->version[1], 7);
}
