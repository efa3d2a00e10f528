/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/signature/attachment.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

Test(attachment, comes_out_of_its_record_as_it_was)
{
        const Attachment attachment = {
                .path = "/usr/bin/a b\nc",
                .size = 20,
                .digest = {1,  0xff},
                .signature = { 3, 2,    4 },
                .signature_size = 3
        };
        _cleanup_buffer_ Buffer buffer = { 0 };
        Attachment parsed;

        cr_assert_eq(attachment_format(&attachment, &buffer), 0);
        cr_assert_eq(buffer.size, strlen(buffer.data) + 1);
        cr_assert_eq(attachment_parse(buffer.data, &parsed), 0);
        cr_assert_str_eq(parsed.path, attachment.path);
        cr_assert_eq(parsed.size, 20);
        cr_assert_eq(memcmp(parsed.digest, attachment.digest, sizeof(parsed.digest)), 0);
        cr_assert_eq(parsed.signature_size, 3);
        cr_assert_eq(memcmp(parsed.signature, attachment.signature, 3), 0);
}

Test(attachment, may_have_no_signature_yet)
{
        Attachment parsed;

        cr_assert_eq(attachment_parse("label 5 " ZEROS " - /a", &parsed), 0);
        cr_assert_eq(parsed.signature_size, 0);
}

Test(attachment, is_refused_when_malformed)
{
        static const char *const records[] = {
                "",
                "label",
                "file 5 " ZEROS " - /a",
                "label x " ZEROS " - /a",
                "label 5 00 - /a",
                "label 5 " ZEROS "00 - /a",
                "label 5 " ZEROS " 0 /a",
                "label 5 " ZEROS "  /a",
                "label 5 " ZEROS " - a",
                "label 5 " ZEROS " -",
                "label 99999999999999999999 " ZEROS " - /a",
        };
        Attachment parsed;

        for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
                cr_assert_eq(attachment_parse(records[i], &parsed), -EBADMSG, "%s", records[i]);
}
