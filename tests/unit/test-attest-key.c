/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <openssl/rsa.h>

#include "core/attest/attest-key.h"
#include "fixture-evidence.h"

static AttestKey *parse_part(const FixtureEvidence *f)
{
        AttestKey *key;

        cr_assert_eq(attest_key_parse(f->evidence.parts[EVIDENCE_KEY].data,
                                     f->evidence.parts[EVIDENCE_KEY].size, &key),
                        0);
        return key;
}

Test(attest_key, the_public_area_of_a_tpm_is_read)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = parse_part(&f);

        cr_assert_str_eq(attest_key_get_type(key), "prime256v1");
        cr_assert(attest_key_is_restricted(key));
}

Test(attest_key, pem_and_tpm_form_are_the_same_key)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new(),
                                                   other = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = parse_part(&f), *from_pem = NULL,
                                       *other_key = parse_part(&other);
        _cleanup_free_ char *pem = NULL;
        Digest first, second;

        cr_assert_eq(attest_key_format_pem(key, &pem), 0);
        cr_assert_eq(attest_key_parse_any(pem, strlen(pem), &from_pem), 0);
        cr_assert(attest_key_equal(key, from_pem));
        cr_assert_not(attest_key_equal(key, other_key));
        cr_assert_not(attest_key_is_restricted(from_pem));
        cr_assert_eq(attest_key_get_fingerprint(key, &first), 0);
        cr_assert_eq(attest_key_get_fingerprint(from_pem, &second), 0);
        cr_assert(digest_equal(&first, &second));
}

Test(attest_key, what_is_cut_off_or_has_more_is_no_key)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        const uint8_t *bytes = f.evidence.parts[EVIDENCE_KEY].data;
        AttestKey *key;

        for (size_t size = 0; size < f.evidence.parts[EVIDENCE_KEY].size; size++)
                cr_assert_eq(attest_key_parse(bytes, size, &key), -EBADMSG);
        cr_assert_eq(attest_key_parse_any("no key", 6, &key), -EBADMSG);
}

Test(attest_key, a_point_off_the_curve_is_no_key)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new();
        AttestKey *key;

        f.evidence.parts[EVIDENCE_KEY].data[f.evidence.parts[EVIDENCE_KEY].size - 1] ^= 1;
        cr_assert_eq(attest_key_parse(f.evidence.parts[EVIDENCE_KEY].data,
                                     f.evidence.parts[EVIDENCE_KEY].size, &key),
                        -EBADMSG);
}

Test(attest_key, signatures_are_of_this_message_and_key)
{
        _cleanup_fixture_evidence_ FixtureEvidence f = fixture_evidence_new(),
                                                   other = fixture_evidence_new();
        _cleanup_attest_key_ AttestKey *key = parse_part(&f), *other_key = parse_part(&other);
        _cleanup_buffer_ Buffer signature = { 0 };

        fixture_append_signature(&signature, f.key, "message", 7);
        cr_assert_eq(attest_key_verify(key, "message", 7, signature.data, signature.size), 0);
        cr_assert_eq(attest_key_verify(key, "massage", 7, signature.data, signature.size),
                        -EKEYREJECTED);
        cr_assert_eq(attest_key_verify(other_key, "message", 7, signature.data, signature.size),
                        -EKEYREJECTED);
        cr_assert_eq(attest_key_verify(key, "message", 7, signature.data, signature.size - 1),
                        -EBADMSG);
        signature.data[3] = 0x04; /* SHA-1 */
        cr_assert_eq(attest_key_verify(key, "message", 7, signature.data, signature.size),
                        -EOPNOTSUPP);
}

/* TPM2B_PUBLIC of an RSA key with exponent 0, which means 65537. */
static void append_rsa(Buffer *b, EVP_PKEY *rsa)
{
        _cleanup_buffer_ Buffer area = { 0 };
        uint8_t modulus[256];
        BIGNUM *n = NULL;

        cr_assert_eq(EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n), 1);
        cr_assert_eq(BN_bn2binpad(n, modulus, sizeof(modulus)), sizeof(modulus));
        BN_free(n);
        fixture_append_be(&area, 0x0001000b, 4);
        fixture_append_be(&area, FIXTURE_RESTRICTED, 4);
        fixture_append_sized(&area, "", 0);
        fixture_append_be(&area, 0x0010, 2);
        fixture_append_be(&area, 0x0014000b, 4);
        fixture_append_be(&area, 2048, 2);
        fixture_append_be(&area, 0, 4);
        fixture_append_sized(&area, modulus, sizeof(modulus));
        fixture_append_sized(b, area.data, area.size);
}

static void assert_rsa_verifies(EVP_PKEY *rsa, const AttestKey *key, uint16_t scheme, int padding)
{
        _cleanup_buffer_ Buffer signature = { 0 };
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        EVP_PKEY_CTX *options;
        uint8_t bytes[256];
        size_t size = sizeof(bytes);

        cr_assert_eq(EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, rsa), 1);
        cr_assert_gt(EVP_PKEY_CTX_set_rsa_padding(options, padding), 0);
        cr_assert_eq(EVP_DigestSign(context, bytes, &size, (const uint8_t *) "message", 7), 1);
        EVP_MD_CTX_free(context);
        fixture_append_be(&signature, scheme, 2);
        fixture_append_be(&signature, 0x000b, 2);
        fixture_append_sized(&signature, bytes, size);
        cr_assert_eq(attest_key_verify(key, "message", 7, signature.data, signature.size), 0);
        signature.data[20] ^= 1;
        cr_assert_eq(attest_key_verify(key, "message", 7, signature.data, signature.size),
                        -EKEYREJECTED);
}

Test(attest_key, rsa_keys_sign_in_both_schemes)
{
        EVP_PKEY *rsa = EVP_RSA_gen(2048);
        _cleanup_attest_key_ AttestKey *key = NULL;
        _cleanup_buffer_ Buffer public = { 0 };

        append_rsa(&public, rsa);
        cr_assert_eq(attest_key_parse(public.data, public.size, &key), 0);
        cr_assert_str_eq(attest_key_get_type(key), "rsa2048");
        assert_rsa_verifies(rsa, key, 0x0014, RSA_PKCS1_PADDING);
        assert_rsa_verifies(rsa, key, 0x0016, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_free(rsa);
}
