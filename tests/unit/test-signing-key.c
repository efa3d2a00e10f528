/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signing-key.h"

#include "fixture-key.h"

static int parse(const char *pem, const char *passphrase, SigningKey *ret_key)
{
        return signing_key_parse_pem(pem, strlen(pem), passphrase, ret_key);
}

static void load_certificate(EVP_PKEY *key, const char *ski, CertificateList *list)
{
        _cleanup_free_ char *pem = fixture_certificate(key, ski);
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(certificate_list_parse(list, pem, strlen(pem), &diags, "certificate"), 0);
        cr_assert_eq(list->count, 1);
}

Test(signing_key, encrypted_keys_need_their_passphrase)
{
        EVP_PKEY *key = fixture_key("P-256");
        _cleanup_free_ char *pem = fixture_key_to_pem(key, "secret");
        _cleanup_signing_key_ SigningKey parsed = { 0 };

        cr_expect_eq(parse(pem, NULL, &parsed), -ENOKEY);
        cr_expect_eq(parse(pem, "wrong", &parsed), -EKEYREJECTED);
        cr_expect_eq(parse(pem, "secret", &parsed), 0);
        EVP_PKEY_free(key);
}

Test(signing_key, what_holds_no_private_key_is_malformed)
{
        EVP_PKEY *key = fixture_key("P-256");
        _cleanup_free_ char *certificate = fixture_certificate(key, "hash");
        _cleanup_signing_key_ SigningKey parsed = { 0 };

        cr_expect_eq(parse("", NULL, &parsed), -EBADMSG);
        cr_expect_eq(parse("no key", NULL, &parsed), -EBADMSG);
        cr_expect_eq(parse(certificate, NULL, &parsed), -EBADMSG);
        EVP_PKEY_free(key);
}

Test(signing_key, curves_that_no_kernel_verifies_are_refused)
{
        EVP_PKEY *key = fixture_key("secp256k1");
        _cleanup_free_ char *pem = fixture_key_to_pem(key, NULL);
        _cleanup_signing_key_ SigningKey parsed = { 0 };

        cr_expect_eq(parse(pem, NULL, &parsed), -EOPNOTSUPP);
        EVP_PKEY_free(key);
}

Test(signing_key, the_key_id_is_that_of_the_certificate)
{
        EVP_PKEY *key = fixture_key("P-256");
        _cleanup_free_ char *pem = fixture_key_to_pem(key, NULL);
        _cleanup_certificates_ CertificateList explicit = { 0 }, hashed = { 0 };
        _cleanup_signing_key_ SigningKey parsed = { 0 };
        uint32_t own;

        cr_assert_eq(parse(pem, NULL, &parsed), 0);
        own = parsed.key_id;
        load_certificate(key, "01020304AABBCCDD", &explicit);
        cr_assert_eq(signing_key_set_certificate(&parsed, &explicit.items[0]), 0);
        cr_expect_eq(parsed.key_id, 0xaabbccdd);
        load_certificate(key, "hash", &hashed);
        cr_assert_eq(signing_key_set_certificate(&parsed, &hashed.items[0]), 0);
        cr_expect_eq(parsed.key_id, own);
        EVP_PKEY_free(key);
}

Test(signing_key, certificates_that_do_not_help_are_refused)
{
        EVP_PKEY *key = fixture_key("P-256"), *other = fixture_key("P-256");
        _cleanup_free_ char *pem = fixture_key_to_pem(key, NULL);
        _cleanup_certificates_ CertificateList nameless = { 0 }, foreign = { 0 };
        _cleanup_signing_key_ SigningKey parsed = { 0 };

        cr_assert_eq(parse(pem, NULL, &parsed), 0);
        load_certificate(key, NULL, &nameless);
        cr_expect_eq(signing_key_set_certificate(&parsed, &nameless.items[0]), -ENODATA);
        load_certificate(other, "hash", &foreign);
        cr_expect_eq(signing_key_set_certificate(&parsed, &foreign.items[0]), -EKEYREJECTED);
        EVP_PKEY_free(key);
        EVP_PKEY_free(other);
}
