/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Public keys that signatures are checked with, from X.509 certificates or bare public keys, and
 * the key ids by which signatures name them.
 *
 * A key id is four bytes. The kernel looks for a key that has an id which ends in them: the
 * SubjectKeyIdentifier, or serial number and issuer, which ends as the issuer's name in DER does
 * (crypto/asymmetric_keys/asymmetric_type.c, x509_public_key.c). Bare keys, which the kernel does
 * not have, go by what tools set the SKI to: the SHA-1 of the public key.
 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/digest.h"

#define CERTIFICATES_MAX 4096U
#define CERTIFICATE_FILE_SIZE_MAX ((size_t) 4 << 20)

typedef struct Certificate {
        uint32_t key_ids[2];
        size_t n_key_ids;
        EVP_PKEY *key;
        X509 *x509; /* NULL: a bare key */
} Certificate;

typedef struct CertificateList {
        Certificate *items;
        size_t count;
} CertificateList;

void certificate_list_done(CertificateList *list);

/* Whether a signature with this key id may be by this key. */
bool certificate_has_key_id(const Certificate *certificate, uint32_t key_id);

/* The key id out of the SubjectKeyIdentifier; -ENODATA when there is none. */
int certificate_find_subject_key_id(const Certificate *certificate, uint32_t *ret_key_id);

/* The last four bytes of the SHA-1 over the public key: what tools take without a certificate. */
int certificate_hash_public_key(EVP_PKEY *key, uint32_t *ret_key_id);

/*
 * The subject in one line, as openssl(1) shows it (RFC 2253, UTF-8); NULL for a bare key and
 * without memory. The caller frees.
 */
char *certificate_format_subject(const Certificate *certificate);

/*
 * Whether kernels verify signatures of that hash by such a key: RSA, or ECDSA over P-192, P-256,
 * P-384 or P-521 (crypto/rsa-pkcs1pad.c, crypto/ecdsa.c and public_key.c).
 */
bool certificate_key_is_supported(EVP_PKEY *key, HashAlgorithm hash);

/*
 * Adds every certificate and public key of a file: PEM (several blocks are fine) or DER. -EBADMSG
 * with an E430 when there is none, -E2BIG, -ENOMEM.
 */
int certificate_list_parse(CertificateList *list, const void *bytes, size_t size, DiagList *diags,
                const char *source);

#define _cleanup_certificates_ _cleanup_(certificate_list_done)
