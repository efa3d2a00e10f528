/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signer.h"

#include "core/signature/verifier.h"
#include "fixture-key.h"

typedef struct Fixture {
        EVP_PKEY *key;
        SigningKey signing_key;
        CertificateList certificates;
        SignatureVerifier *verifier;
} Fixture;

static Fixture set_up(const char *kind)
{
        Fixture f = { .key = fixture_key(kind) };
        _cleanup_free_ char *pem = fixture_key_to_pem(f.key, NULL),
                            *certificate = fixture_certificate(f.key, "hash");
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(signing_key_parse_pem(pem, strlen(pem), NULL, &f.signing_key), 0);
        cr_assert_eq(certificate_list_parse(&f.certificates, certificate, strlen(certificate),
                                     &diags, "certificate"),
                        0);
        return f;
}

static void tear_down(Fixture *f)
{
        EVP_PKEY_free(f->key);
        signing_key_done(&f->signing_key);
        certificate_list_done(&f->certificates);
}

static SignatureVerdict check(
                const Fixture *f, const uint8_t *value, size_t size, const Digest *digest)
{
        SignatureVerifier *verifier;
        SignatureVerdict verdict;
        Signature signature;

        cr_assert_eq(signature_parse(value, size, &signature), 0);
        cr_assert_eq(signature_verifier_new(&f->certificates, &verifier), 0);
        verdict = signature_verifier_check_file(verifier, &signature, digest);
        signature_verifier_free(verifier);
        return verdict;
}

static void expect_round_trip(const Fixture *f, HashAlgorithm hash)
{
        _cleanup_signer_ Signer *signer = NULL;
        _cleanup_free_ uint8_t *value = NULL;
        Digest digest, other;
        size_t size;

        cr_assert_eq(signer_new(&f->signing_key, hash, &signer), 0);
        cr_assert_eq(digest_compute(hash, "a", 1, &digest), 0);
        cr_assert_eq(digest_compute(hash, "b", 1, &other), 0);
        cr_assert_eq(signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &digest, &value, &size), 0);
        cr_expect_eq(check(f, value, size, &digest), SIGNATURE_VERDICT_GOOD);
        cr_expect_eq(check(f, value, size, &other), SIGNATURE_VERDICT_BAD);
        value[SIGNATURE_HEADER_SIZE + 20] ^= 1;
        cr_expect_eq(check(f, value, size, &digest), SIGNATURE_VERDICT_BAD);
        value[3] ^= 1;
        cr_expect_eq(check(f, value, size, &digest), SIGNATURE_VERDICT_UNKNOWN_KEY);
}

Test(signer, signatures_verify_for_every_key_and_hash)
{
        static const char *const kinds[] = { "rsa", "P-256", "P-384", "P-521" };
        static const HashAlgorithm hashes[] = { HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512,
                HASH_SHA3_256 };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                Fixture f = set_up(kinds[i]);

                for (size_t j = 0; j < ELEMENTSOF(hashes); j++)
                        expect_round_trip(&f, hashes[j]);
                tear_down(&f);
        }
}

Test(signer, weak_hashes_are_not_signed)
{
        Fixture f = set_up("rsa");
        Signer *signer;

        cr_expect_eq(signer_new(&f.signing_key, HASH_SHA1, &signer), -EOPNOTSUPP);
        cr_expect_eq(signer_new(&f.signing_key, HASH_MD5, &signer), -EOPNOTSUPP);
        tear_down(&f);
}

Test(signer, signatures_of_fs_verity_cover_the_file_id)
{
        Fixture f = set_up("P-256");
        _cleanup_signer_ Signer *signer = NULL;
        _cleanup_free_ uint8_t *value = NULL;
        Digest verity, file_id;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA256, "a", 1, &verity), 0);
        cr_assert_eq(signature_compute_file_id(&verity, &file_id), 0);
        cr_assert_eq(signer_new(&f.signing_key, HASH_SHA256, &signer), 0);
        cr_assert_eq(signer_sign(signer, SIGNATURE_TYPE_VERITY, &file_id, &value, &size), 0);
        cr_expect_eq(value[1], 3);
        cr_expect_eq(check(&f, value, size, &verity), SIGNATURE_VERDICT_GOOD);
        tear_down(&f);
}
