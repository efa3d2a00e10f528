/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/time.h"
#include "core/provenance/release.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char good[] = "Origin: Debian\nSuite: stable\nCodename: bookworm\n"
                           "Valid-Until: Sat, 11 Jul 2026 10:16:37 UTC\n"
                           "SHA256:\n " HEX "   12 main/binary-amd64/Packages\n " HEX " 3 x\n";

Test(release, what_it_says)
{
        _cleanup_release_ Release release = { 0 };
        const char *reason;

        cr_assert_eq(release_parse(good, strlen(good), &release, &reason), 0);
        cr_expect_str_eq(release.origin, "Debian");
        cr_expect_str_eq(release.suite, "stable");
        cr_expect_str_eq(release.codename, "bookworm");
        cr_expect_eq(release.valid_until, (usec_t) 1783764997 * USEC_PER_SEC);
        cr_assert_eq(release.n_files, 2);
        cr_expect_str_eq(release.files[0].path, "main/binary-amd64/Packages");
        cr_expect_eq(release.files[0].size, 12);
        cr_expect_eq(release.files[0].digest.bytes[1], 0x11);
}

Test(release, what_is_malformed_is_refused)
{
        static const char *const texts[] = {
                "",
                "Origin: x\n",
                "SHA256:\n 00 12 x\n",
                "SHA256:\n " HEX " -1 x\n",
                "SHA256:\n " HEX " 12\n",
                "Valid-Until: tomorrow\nSHA256:\n " HEX " 1 x\n",
                "SHA256:\n " HEX " 1 x\n\nSHA256:\n " HEX " 1 y\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                const char *reason = NULL;
                Release release;

                cr_expect_eq(release_parse(texts[i], strlen(texts[i]), &release, &reason), -EBADMSG,
                                "%s", texts[i]);
                cr_expect_not_null(reason);
        }
}

Test(release, dates)
{
        static const struct {
                const char *text;
                usec_t seconds;
        } cases[] = {
                {"Thu, 01 Jan 1970 00:00:01 UTC",    1         },
                { "Thu, 29 Feb 2024 23:59:59 GMT",   1709251199},
                { "Sat, 1 Jul 2023 09:00:00 +0000",  1688202000},
                { "Sat, 01 Jul 2023 09:00:00",       0         },
                { "Sat, 01 Jul 2023 09:00:00 +0200", 0         },
                { "Sat, 01 Foo 2023 09:00:00 UTC",   0         },
                { "Sat, 01 Jul 2023 25:00:00 UTC",   0         },
                { "Sat, 01 Jul 2023 09:00:00 UTC x", 0         },
                { "2023-07-01T09:00:00Z",            0         },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                usec_t usec = 0;
                int r = release_parse_date(cases[i].text, &usec);

                cr_expect_eq(r, cases[i].seconds ? 0 : -EBADMSG, "%s", cases[i].text);
                cr_expect_eq(usec, cases[i].seconds * USEC_PER_SEC, "%s", cases[i].text);
        }
}
