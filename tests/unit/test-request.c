/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/request.h"

#include <criterion/criterion.h>

static void expect_shown(const Request *request, KeywordId keyword, const char *expected)
{
        _cleanup_buffer_ Buffer b = { 0 };

        cr_assert_eq(request_format(request, keyword, &b), 0);
        cr_expect_str_eq(b.data, expected);
}

Test(request, masks_are_read_in_both_spellings)
{
        unsigned mask = 0;

        cr_assert_eq(request_parse_mask("MAY_READ|MAY_WRITE", &mask), 0);
        cr_expect_eq(mask, RULE_MASK_READ | RULE_MASK_WRITE);
        cr_assert_eq(request_parse_mask("exec", &mask), 0);
        cr_expect_eq(mask, RULE_MASK_EXEC);
        cr_assert_eq(request_parse_mask("write,append", &mask), 0);
        cr_expect_eq(mask, RULE_MASK_WRITE | RULE_MASK_APPEND);
        cr_expect_eq(request_parse_mask("MAY_FLY", &mask), -EINVAL);
        cr_expect_eq(request_parse_mask("", &mask), -EINVAL);
        cr_expect_eq(request_parse_mask("read|", &mask), -EINVAL);
}

Test(request, uuids_are_bytes_in_textual_order)
{
        uint8_t uuid[REQUEST_UUID_SIZE] = { 0 };

        cr_assert_eq(request_parse_uuid("8BCBE394-4f13-4144-be8e-5aa9ea2ce2f6", uuid), 0);
        cr_expect_eq(uuid[0], 0x8b);
        cr_expect_eq(uuid[15], 0xf6);
        cr_expect_eq(request_parse_uuid("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f", uuid), -EINVAL);
        cr_expect_eq(request_parse_uuid("8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6x", uuid), -EINVAL);
        cr_expect_eq(request_parse_uuid("8bcbe394.4f13-4144-be8e-5aa9ea2ce2f6", uuid), -EINVAL);
        cr_expect_eq(request_parse_uuid("", uuid), -EINVAL);
}

Test(request, what_a_request_has_is_shown_as_a_rule_would_say_it)
{
        Request request = {
                .func = RULE_FUNC_FILE_CHECK,
                .mask = RULE_MASK_READ | RULE_MASK_WRITE,
                .user = {1000,  0, 5, true },
                .group = { 1000, 7, 5, false},
                .owner = 34,
                .fsmagic = 0xef53,
        };

        expect_shown(&request, KEYWORD_FUNC, "FILE_CHECK");
        expect_shown(&request, KEYWORD_MASK, "MAY_READ|MAY_WRITE");
        expect_shown(&request, KEYWORD_UID, "1000");
        expect_shown(&request, KEYWORD_EUID, "0, 5 or 1000");
        expect_shown(&request, KEYWORD_EGID, "7");
        expect_shown(&request, KEYWORD_FOWNER, "34");
        expect_shown(&request, KEYWORD_FSMAGIC, "0xef53 (ext4)");
        expect_shown(&request, KEYWORD_FSUUID, "00000000-0000-0000-0000-000000000000");
        expect_shown(&request, KEYWORD_FSNAME, "none");
        expect_shown(&request, KEYWORD_OBJ_TYPE, "none");
        request.mask = 0;
        expect_shown(&request, KEYWORD_MASK, "none");
}
