/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether what a key signs verifies with its public half. */
#pragma once

#include <criterion/criterion.h>

#include "core/signature/signer.h"
#include "core/signature/verifier.h"

static inline void fixture_signing_expect_good(const SigningKey *key, HashAlgorithm hash)
{
        Certificate certificate = { .key_ids = { key->key_id }, .n_key_ids = 1, .key = key->key };
        const CertificateList list = { &certificate, 1 };
        _cleanup_verifier_ SignatureVerifier *verifier = NULL;
        _cleanup_signer_ Signer *signer = NULL;
        _cleanup_free_ uint8_t *value = NULL;
        Digest digest, other;
        Signature signature;
        size_t size;

        cr_assert_eq(digest_compute(hash, "a", 1, &digest), 0);
        cr_assert_eq(digest_compute(hash, "b", 1, &other), 0);
        cr_assert_eq(signer_new(key, hash, &signer), 0);
        cr_assert_eq(signer_sign(signer, SIGNATURE_TYPE_DIGSIG, &digest, &value, &size), 0, "%s",
                        hash_algorithm_to_string(hash));
        cr_assert_eq(signature_parse(value, size, &signature), 0);
        cr_assert_eq(signature_verifier_new(&list, &verifier), 0);
        cr_expect_eq(signature_verifier_check(verifier, &signature, &digest),
                        SIGNATURE_VERDICT_GOOD);
        cr_expect_eq(signature_verifier_check(verifier, &signature, &other), SIGNATURE_VERDICT_BAD);
}
