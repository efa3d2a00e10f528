/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signature checks as the kernel makes them: RSA PKCS#1 v1.5 with the DigestInfo of the header's
 * hash, or ECDSA, over a digest. Source: security/integrity/digsig_asymmetric.c and
 * crypto/asymmetric_keys/pkcs7_verify.c.
 */
#pragma once

#include "core/signature/certificate.h"
#include "core/signature/signature.h"

/* For one thread at a time; several may share the certificates, which must outlive them. */
typedef struct SignatureVerifier SignatureVerifier;

int signature_verifier_new(const CertificateList *certificates, SignatureVerifier **ret_verifier);
SignatureVerifier *signature_verifier_free(SignatureVerifier *verifier);

/*
 * Who knows more keys, or that a key does not count, has the last word on signatures of digests; it
 * gets what the certificates say. Appended ones are left to the certificates.
 */
typedef SignatureVerdict SignatureAsk(void *userdata, const Signature *signature,
                const Digest *digest, SignatureVerdict verdict);
void signature_verifier_set_ask(SignatureVerifier *verifier, SignatureAsk *ask, void *userdata);

/*
 * Whether the signature is one of this digest; its algorithm must be the header's. Good when any
 * certificate of that key id verifies it.
 */
SignatureVerdict signature_verifier_check(
                SignatureVerifier *verifier, const Signature *signature, const Digest *digest);

/* Whether a value of security.ima is a signature of that type, of this digest, and good. */
bool signature_verifier_accepts(SignatureVerifier *verifier, SignatureType type, const void *value,
                size_t size, const Digest *digest);

/*
 * signature_verifier_check() for a signature in security.ima of a file with this digest; one of
 * fs-verity is checked over the file id, of the digest that is given.
 */
SignatureVerdict signature_verifier_check_file(
                SignatureVerifier *verifier, const Signature *signature, const Digest *digest);

/*
 * The same for an appended signature (PKCS#7 SignedData in DER, without signed attributes) over
 * content of this digest. One good signer is enough.
 */
SignatureVerdict signature_verifier_check_pkcs7(
                SignatureVerifier *verifier, const void *der, size_t size, const Digest *digest);

/* The certificate that made the last check good; borrowed, NULL when none did. */
const Certificate *signature_verifier_get_certificate(const SignatureVerifier *verifier);

bool signature_verifier_has_certificates(const SignatureVerifier *verifier);

DEFINE_CLEANUP_FUNC(SignatureVerifier *, signature_verifier_free)
#define _cleanup_verifier_ _cleanup_(signature_verifier_freep)
