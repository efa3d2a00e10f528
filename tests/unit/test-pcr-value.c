/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/cleanup.h"
#include "core/measurements/pcr-value.h"

#define SHA1 "000102030405060708090a0b0c0d0e0f10111213"
#define SHA256 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static int parse(PcrValueList *list, DiagList *diags, const char *text)
{
        *list = (PcrValueList){ 0 };
        return pcr_value_list_parse(list, text, strlen(text), diags, "pcrs");
}

Test(pcr_value, every_form_names_bank_and_pcr)
{
        static const char *const forms[] = {
                "sha1:10=" SHA1 "\n",
                "# comment\n sha1 : 10 = " SHA1 " # more\n",
                "  sha1:\n    0 : 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\n    10: 0x" SHA1
                "\n  sha384:\n",
                "PCR sha1 10 000102030405060708090A0B0C0D0E0F10111213\n",
                "PCR-10: 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 \n",
                " PCR 10: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13",
                "PCR-09: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                "00\nsha1:10=" SHA1,
        };

        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                _cleanup_diags_ DiagList diags = { 0 };
                PcrValueList list;
                const Digest *value;

                cr_assert_eq(parse(&list, &diags, forms[i]), 0, "%s", forms[i]);
                cr_assert_eq(diags.count, 0, "%s", forms[i]);
                value = pcr_value_list_find(&list, HASH_SHA1, 10);
                cr_assert_not_null(value, "%s", forms[i]);
                cr_assert_eq(value->size, 20);
                for (size_t j = 0; j < 20; j++)
                        cr_assert_eq(value->bytes[j], j);
        }
}

Test(pcr_value, the_length_tells_the_bank_where_nothing_else_does)
{
        _cleanup_diags_ DiagList diags = { 0 };
        PcrValueList list;

        cr_assert_eq(parse(&list, &diags, "PCR-10: " SHA256 "\nPCR-10: " SHA1 "\n"), 0);
        cr_assert_not_null(pcr_value_list_find(&list, HASH_SHA256, 10));
        cr_assert_not_null(pcr_value_list_find(&list, HASH_SHA1, 10));
}

Test(pcr_value, wrong_lines_are_told_with_their_number)
{
        static const struct {
                const char *text;
                const char *code;
                uint32_t line;
        } wrong[] = {
                {"sha1:10=00\n",                                                          "E410", 1},
                { "\nsha1:24=" SHA1 "\n",                                                 "E410", 2},
                { "sha256:10=" SHA1 "\n",                                                 "E410", 1},
                { "sha1:\n 10: 0x" SHA1 "00\n",                                           "E410", 2},
                { "sha1:1=" SHA1 "\nsha1:10=" SHA1 "\nsha1:10=f" SHA1 "\n",               "E410", 3},
                { "sha1:10=" SHA1 "\nsha1:10=ffffffffffffffffffffffffffffffffffffffff\n", "E411",
                 2                                                                                 },
                { "sha1:\n",                                                              "E412", 0},
                { "",                                                                     "E412", 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_diags_ DiagList diags = { 0 };
                PcrValueList list;

                cr_assert_eq(parse(&list, &diags, wrong[i].text), -EBADMSG, "%s", wrong[i].text);
                cr_assert_eq(diags.count, 1);
                cr_assert_str_eq(diags.items[0].code, wrong[i].code);
                cr_assert_eq(diags.items[0].line, wrong[i].line);
        }
}

Test(pcr_value, other_lines_are_ignored_and_named)
{
        _cleanup_diags_ DiagList diags = { 0 };
        PcrValueList list;

        cr_assert_eq(parse(&list, &diags, "hello\nsha1:10=" SHA1 "\n"), 0);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, "W410");
        cr_assert_eq(diags.items[0].line, 1);
}

Test(pcr_value, banks_of_unknown_hashes_are_kept_by_name)
{
        _cleanup_diags_ DiagList diags = { 0 };
        PcrValueList list;

        cr_assert_eq(parse(&list, &diags, "sm9:\n 9: 0x00\n 10: 0x00\nsm3_256:10=" SHA256 "\n"), 0);
        cr_assert_eq(list.n_unsupported, 1);
        cr_assert_str_eq(list.unsupported[0], "sm9");
        cr_assert_not_null(pcr_value_list_find(&list, HASH_SM3, 10));
}

Test(pcr_value, arguments)
{
        static const char *const wrong[] = { "sha256", "sha256:10", "sha256:=00", "sha256:10=00",
                "nohash:10=" SHA1, "sha1:24=" SHA1, "sha1:10=" SHA1 "00", "sha1:010=" SHA256 };
        PcrValue value;

        cr_assert_eq(pcr_value_parse("sha256:10=" SHA256, &value), 0);
        cr_assert_eq(value.pcr, 10);
        cr_assert_eq(value.value.algorithm, HASH_SHA256);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_assert_eq(pcr_value_parse(wrong[i], &value), -EINVAL, "%s", wrong[i]);
}
