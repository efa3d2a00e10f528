/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/tss2-key.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static void expect_equal(const Tss2Key *a, const Tss2Key *b)
{
        cr_expect_eq(a->empty_auth, b->empty_auth);
        cr_expect_eq(a->parent, b->parent);
        cr_expect_eq(a->public_size, b->public_size);
        cr_expect_eq(a->private_size, b->private_size);
        cr_expect_arr_eq(a->public, b->public, sizeof(a->public));
        cr_expect_arr_eq(a->private, b->private, sizeof(a->private));
}

Test(tss2_key, a_key_survives_being_written)
{
        Tss2Key key = { true, TSS2_KEY_PARENT_OWNER, 3, 4, "abc", "defg" }, parsed;
        _cleanup_free_ char *text = NULL, *again = NULL;

        cr_assert_eq(tss2_key_format_pem(&key, &text), 0);
        cr_expect(tss2_key_is_in(text, strlen(text)));
        cr_assert_eq(tss2_key_parse_pem(text, strlen(text), &parsed), 0);
        expect_equal(&key, &parsed);
        key.empty_auth = false;
        key.parent = 0x81000001;
        cr_assert_eq(tss2_key_format_pem(&key, &again), 0);
        cr_assert_eq(tss2_key_parse_pem(again, strlen(again), &parsed), 0);
        expect_equal(&key, &parsed);
}

Test(tss2_key, what_is_none_is_malformed)
{
        static const char *const texts[] = { "", "no key",
                "-----BEGIN TSS2 PRIVATE KEY-----\nMAA=\n-----END TSS2 PRIVATE KEY-----\n",
                "-----BEGIN TSS2 PRIVATE KEY-----\n!!!!\n-----END TSS2 PRIVATE KEY-----\n",
                "-----BEGIN TSS2 PRIVATE KEY-----\n" };
        Tss2Key key;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                cr_expect_eq(tss2_key_parse_pem(texts[i], strlen(texts[i]), &key), -EBADMSG, "%zu",
                                i);
        cr_expect_not(tss2_key_is_in("no key", 6));
}

Test(tss2_key, sealed_data_is_no_key)
{
        /* The same with the object identifier 2.23.133.10.1.5. */
        static const char sealed[] = "-----BEGIN TSS2 PRIVATE KEY-----\n"
                                     "MBYGBmeBBQoBBQIEQAAAAQQBYQQDYmNk\n"
                                     "-----END TSS2 PRIVATE KEY-----\n";
        Tss2Key key;

        cr_expect_eq(tss2_key_parse_pem(sealed, strlen(sealed), &key), -EOPNOTSUPP);
}
