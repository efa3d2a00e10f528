/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes certificates with exactly the extensions that kernels look at (kernel: x509_cert_parser.c,
 * restrict.c): SubjectKeyIdentifier and AuthorityKeyIdentifier by key, and keyUsage and
 * basicConstraints as trusted keyrings ask for them: digitalSignature without CA for keys that sign
 * files, CA and keyCertSign for the CA.
 */
#pragma once

#include "core/signature/certificate.h"

typedef struct CertificateOrder {
        const char *name; /* common name of the subject, UTF-8 */
        bool is_ca;
        int64_t begins, ends; /* seconds since 1970 */
} CertificateOrder;

/* Who signs it; the key is the private one. Both NULL: self-signed, which a CA is. */
typedef struct CertificateIssuer {
        X509 *certificate;
        EVP_PKEY *key;
} CertificateIssuer;

/*
 * Certifies a public key. -EKEYREJECTED when the issuer's key and certificate do not belong
 * together, -EMEDIUMTYPE when the issuer is no CA, -EIO when OpenSSL fails. The caller frees.
 */
int certificate_issue(const CertificateOrder *order, EVP_PKEY *public,
                const CertificateIssuer *issuer, X509 **ret_certificate);

/* malloc()ed. */
int certificate_format_pem(X509 *certificate, char **ret_text);
int certificate_format_der(X509 *certificate, uint8_t **ret_bytes, size_t *ret_size);
