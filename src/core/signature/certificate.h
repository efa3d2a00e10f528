/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Public keys that signatures are checked with, from X.509 certificates or bare public keys, and
 * the key ids by which signatures name them.
 *
 * A key id is the last four bytes of the SubjectKeyIdentifier, which is what the kernel compares
 * (crypto/asymmetric_keys/asymmetric_type.c). Certificates without one, and bare keys, get the last
 * four bytes of the SHA-1 over the public key, which is what tools set the SKI to.
 */
#pragma once

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define CERTIFICATES_MAX 4096U
#define CERTIFICATE_FILE_SIZE_MAX ((size_t) 4 << 20)

typedef struct Certificate {
        uint32_t key_id;
        EVP_PKEY *key;
        X509 *x509; /* NULL: a bare key */
} Certificate;

typedef struct CertificateList {
        Certificate *items;
        size_t count;
} CertificateList;

void certificate_list_done(CertificateList *list);

/*
 * Adds every certificate and public key of a file: PEM (several blocks are fine) or DER. -EBADMSG
 * with an E430 when there is none, -E2BIG, -ENOMEM.
 */
int certificate_list_parse(CertificateList *list, const void *bytes, size_t size, DiagList *diags,
                const char *source);

#define _cleanup_certificates_ _cleanup_(certificate_list_done)
