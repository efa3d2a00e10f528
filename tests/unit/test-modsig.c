/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that the kernel judged, see tests/data/signature/modsig. */
#include "core/signature/modsig.h"

#include "fixture-policy.h"

static int parse(const char *name, char **ret_text, Modsig *ret_modsig)
{
        _cleanup_free_ char *path =
                        fixture_path("%s/signature/modsig/%s", getenv("TEST_DATA"), name);
        size_t size;

        *ret_text = fixture_read(path, &size);
        return modsig_parse(*ret_text, size, size, ret_modsig);
}

static void expect_hash(const char *name, HashAlgorithm hash)
{
        _cleanup_free_ char *text = NULL;
        HashAlgorithm found;
        Modsig modsig;

        cr_assert_eq(parse(name, &text, &modsig), 0, "%s", name);
        cr_assert_eq(modsig_get_hash(text + modsig.content_size, modsig.der_size, &found), 0, "%s",
                        name);
        cr_expect_eq(found, hash, "%s", name);
}

Test(modsig, appended_signatures_are_found)
{
        expect_hash("modsig", HASH_SHA256);
        expect_hash("modsig-sha1", HASH_SHA1);
        expect_hash("modsig-sha512", HASH_SHA512);
        expect_hash("modsig-ec", HASH_SHA256);
        expect_hash("modsig-certs", HASH_SHA256);
}

Test(modsig, only_the_outer_one_of_two_counts)
{
        _cleanup_free_ char *text = NULL, *content = NULL;
        Modsig outer, inner;

        cr_assert_eq(parse("double", &text, &outer), 0);
        cr_expect_eq(modsig_parse(text, outer.content_size, outer.content_size, &inner), 0);
        cr_expect_lt(inner.content_size, outer.content_size);
}

Test(modsig, what_the_kernel_takes_for_none_is_none)
{
        static const char *const names[] = { "none", "tr-algo", "tr-empty-content", "tr-extra",
                "tr-hash", "tr-idtype", "tr-keyid", "tr-len0", "tr-lenbig", "tr-mark", "tr-pad",
                "tr-signer" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *text = NULL;
                Modsig modsig;

                cr_expect_eq(parse(names[i], &text, &modsig), -ENODATA, "%s", names[i]);
        }
}

Test(modsig, a_signature_that_is_cut_has_no_hash)
{
        _cleanup_free_ char *text = NULL;
        HashAlgorithm hash;
        Modsig modsig;

        cr_assert_eq(parse("tr-lenshort", &text, &modsig), 0);
        cr_expect_eq(modsig_get_hash(text + modsig.content_size, modsig.der_size, &hash), -EBADMSG);
}
