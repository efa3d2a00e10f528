/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public part of an attestation key, and what it signed. A TPM writes them as TPM2B_PUBLIC and
 * TPMT_SIGNATURE (TPM 2.0 Library, part 2, 12.2.5 and 11.3.4); elsewhere a key is a PEM or DER
 * SubjectPublicKeyInfo, or stands in a certificate.
 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"

#define ATTEST_KEY_SIZE_MAX ((size_t) 64 << 10)
#define ATTEST_SIGNATURE_SIZE_MAX 4096U

typedef struct AttestKey AttestKey;

/* TPM2B_PUBLIC of an RSA or ECC key, whole. -EBADMSG, -EOPNOTSUPP for another kind of key. */
int attest_key_parse(const void *bytes, size_t size, AttestKey **ret_key);

/* The same, or PEM or DER of a public key or certificate. -EBADMSG when it is none of them. */
int attest_key_parse_any(const void *bytes, size_t size, AttestKey **ret_key);
AttestKey *attest_key_free(AttestKey *key);

/*
 * True when the TPM made the key itself, holds it for good and signs with it only what the TPM
 * made: else a quote by it says nothing. Known of a TPM2B_PUBLIC only.
 */
bool attest_key_is_restricted(const AttestKey *key);

bool attest_key_equal(const AttestKey *a, const AttestKey *b);

/* SHA-256 over the SubjectPublicKeyInfo in DER. -EIO. */
int attest_key_get_fingerprint(const AttestKey *key, Digest *ret_digest);

/* "rsa2048", "prime256v1" and the like; never NULL. */
const char *attest_key_get_type(const AttestKey *key);

/* The key itself, borrowed. */
EVP_PKEY *attest_key_get_pkey(const AttestKey *key);

/* SubjectPublicKeyInfo in PEM; malloc()ed text. */
int attest_key_format_pem(const AttestKey *key, char **ret_text);

/*
 * Whether the TPMT_SIGNATURE (RSASSA, RSAPSS or ECDSA) is this key's over the message. 0; -EBADMSG
 * when it is malformed, -EKEYREJECTED when it is of another key or message, -EOPNOTSUPP for another
 * scheme or hash, SHA-1 among them.
 */
int attest_key_verify(const AttestKey *key, const void *message, size_t message_size,
                const void *signature, size_t signature_size);

/* The hash of a TPMT_SIGNATURE, which a quote uses for its PCR digest too. -EBADMSG. */
int attest_signature_get_hash(const void *signature, size_t size, HashAlgorithm *ret_algorithm);

/*
 * The qualified name that a primary key of the endorsement hierarchy with this TPM2B_PUBLIC has,
 * and that its quotes name (TPM 2.0 Library, part 1, "Names"). -EBADMSG, -EOPNOTSUPP.
 */
#define ATTEST_NAME_MAX (2U + DIGEST_SIZE_MAX)
int attest_key_compute_name(const void *bytes, size_t size, uint8_t ret_name[ATTEST_NAME_MAX],
                size_t *ret_size);

DEFINE_CLEANUP_FUNC(AttestKey *, attest_key_free)
#define _cleanup_attest_key_ _cleanup_(attest_key_freep)
