/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/provenance/gpgv-status.h"

#define PRIMARY "1111111111111111111111111111111111111111"
#define SUBKEY "2222222222222222222222222222222222222222"
#define VALID(hash)                                                                                \
        "[GNUPG:] VALIDSIG " SUBKEY " 2023-11-14 1700000000 0 4 0 22 " hash " 01 " PRIMARY "\n"
#define GOOD "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 2222222222222222 a\n" VALID("8")
#define BAD "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG 3333333333333333 a\n"
#define UNKNOWN                                                                                    \
        "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG 3 1 8 01 1 9 -\n[GNUPG:] NO_PUBKEY 3333333333333333\n"

static GpgvVerdict judge(const char *text, const char *fingerprint)
{
        StringList wanted = { .items = (char *[]){ (char *) fingerprint }, .count = 1 };
        GpgvStatus status = gpgv_status_parse(text, strlen(text), fingerprint ? &wanted : NULL);

        cr_expect_str_eq(status.fingerprint, status.verdict == GPGV_GOOD ? PRIMARY : "");
        return status.verdict;
}

Test(gpgv_status, one_good_signature_is_enough_unless_another_is_bad)
{
        cr_expect_eq(judge(GOOD, NULL), GPGV_GOOD);
        cr_expect_eq(judge(UNKNOWN GOOD, NULL), GPGV_GOOD);
        cr_expect_eq(judge(GOOD UNKNOWN, NULL), GPGV_GOOD);
        cr_expect_eq(judge(GOOD BAD, NULL), GPGV_BAD);
        cr_expect_eq(judge(BAD GOOD, NULL), GPGV_BAD);
}

Test(gpgv_status, what_is_not_good)
{
        static const struct {
                const char *text;
                GpgvVerdict verdict;
        } cases[] = {
                {"",                                                                     GPGV_NO_SIGNATURE},
                { "[GNUPG:] NODATA 4\n",                                                 GPGV_NO_SIGNATURE},
                { "GOODSIG\n" VALID("8"),                                                GPGV_NO_SIGNATURE},
                { VALID("8"),                                                            GPGV_NO_SIGNATURE},
                { UNKNOWN,                                                               GPGV_UNKNOWN_KEY },
                { "[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG 2222222222222222 a\n" VALID("8"),
                 GPGV_EXPIRED                                                                             },
                { "[GNUPG:] NEWSIG\n[GNUPG:] REVKEYSIG 2222222222222222 a\n" VALID("8"),
                 GPGV_EXPIRED                                                                             },
                { "[GNUPG:] GOODSIG 2222222222222222 a\n" VALID("2"),                    GPGV_WEAK        },
                { "[GNUPG:] GOODSIG 2222222222222222 a\n[GNUPG:] VALIDSIG x\n",          GPGV_NO_SIGNATURE},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(judge(cases[i].text, NULL), cases[i].verdict, "%s", cases[i].text);
}

Test(gpgv_status, only_wanted_keys_count)
{
        cr_expect_eq(judge(GOOD, PRIMARY), GPGV_GOOD);
        cr_expect_eq(judge(GOOD, SUBKEY), GPGV_GOOD);
        cr_expect_eq(judge(GOOD, SUBKEY "!"), GPGV_GOOD);
        cr_expect_eq(judge(GOOD, PRIMARY "!"), GPGV_UNKNOWN_KEY);
        cr_expect_eq(judge(GOOD, "3333333333333333333333333333333333333333"), GPGV_UNKNOWN_KEY);
        cr_expect_eq(judge(GOOD, "22222222"), GPGV_UNKNOWN_KEY);
}
