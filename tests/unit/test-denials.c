/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "imad/denials.h"

Test(denials, message_names_process_file_and_cause)
{
        const AuditIntegrity record = {
                .type = AUDIT_TYPE_DATA,
                .pid = 812,
                .process = (char *) "bash",
                .file = (char *) "/usr/local/bin/tool",
                .cause = (char *) "IMA-signature-required",
        };
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(denial_format(&record, &text), 0);
        cr_expect_str_eq(text,
                        "IMA denied bash (pid 812) /usr/local/bin/tool: IMA-signature-required");
}

Test(denials, names_cannot_forge_a_line)
{
        const AuditIntegrity record = {
                .type = AUDIT_TYPE_METADATA,
                .file = (char *) "/tmp/a\nimad: all is well",
        };
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(denial_format(&record, &text), 0);
        cr_expect_null(strchr(text, '\n'));
        cr_expect_eq(strncmp(text, "EVM denied ?", strlen("EVM denied ?")), 0);
}

Test(denials, flood_is_counted)
{
        DenialLimit limit = { 0 };
        uint64_t held_back;
        unsigned told = 0;

        for (unsigned i = 0; i < 1000; i++)
                told += denial_limit_pass(&limit, 1 + i, &held_back);
        cr_expect_eq(told, DENIALS_PER_INTERVAL);
        cr_expect(denial_limit_pass(&limit, 1 + DENIALS_INTERVAL_USEC, &held_back));
        cr_expect_eq(held_back, 1000 - DENIALS_PER_INTERVAL);
        cr_expect(denial_limit_pass(&limit, 2 + DENIALS_INTERVAL_USEC, &held_back));
        cr_expect_eq(held_back, 0);
}
