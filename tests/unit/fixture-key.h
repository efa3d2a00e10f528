/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and certificates that are made for one test. */
#pragma once

#include <criterion/criterion.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/cleanup.h"

/* "rsa" with 2048 bits, or the name of a curve. */
static inline EVP_PKEY *fixture_key(const char *kind)
{
        EVP_PKEY *key = strcmp(kind, "rsa") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen(kind);

        cr_assert_not_null(key, "%s", kind);
        return key;
}

/* Encrypted when there is a passphrase. malloc()ed. */
static inline char *fixture_key_to_pem(EVP_PKEY *key, const char *passphrase)
{
        BIO *bio = BIO_new(BIO_s_mem());
        char *bytes, *pem;
        long size;

        cr_assert_eq(PEM_write_bio_PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL,
                                     0, NULL, (void *) passphrase),
                        1);
        size = BIO_get_mem_data(bio, &bytes);
        pem = strndup(bytes, (size_t) size);
        BIO_free(bio);
        cr_assert_not_null(pem);
        return pem;
}

/* What a certificate of a test is to be. */
typedef struct FixtureCertificate {
        EVP_PKEY *issuer;              /* NULL: self-signed */
        const char *const *extensions; /* names and values, ended by NULL; or NULL */
        long begins, ends;             /* seconds from now; both 0: for the next hour */
} FixtureCertificate;

static inline void fixture_add_extensions(X509 *x509, const char *const *extensions)
{
        X509V3_CTX context;

        X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
        for (; extensions && *extensions; extensions += 2) {
                X509_EXTENSION *extension =
                                X509V3_EXT_conf(NULL, &context, extensions[0], extensions[1]);

                cr_assert_not_null(extension, "%s", extensions[0]);
                X509_add_ext(x509, extension, -1);
                X509_EXTENSION_free(extension);
        }
}

static inline X509 *fixture_certificate_make(EVP_PKEY *key, const FixtureCertificate *wanted)
{
        X509 *x509 = X509_new();
        X509_NAME *issuer = X509_NAME_new();

        X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC,
                        (const unsigned char *) (wanted->issuer ? "fixture-CA" : "fixture-WXYZ"),
                        -1, -1, 0);
        X509_set_version(x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), wanted->begins ?: -60);
        X509_gmtime_adj(X509_getm_notAfter(x509), wanted->ends ?: 3600);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                        (const unsigned char *) "fixture-WXYZ", -1, -1, 0);
        X509_set_issuer_name(x509, issuer);
        X509_set_pubkey(x509, key);
        fixture_add_extensions(x509, wanted->extensions);
        cr_assert_gt(X509_sign(x509, wanted->issuer ?: key, EVP_sha256()), 0);
        X509_NAME_free(issuer);
        return x509;
}

/* In PEM; malloc()ed. */
static inline char *fixture_certificate_with(EVP_PKEY *key, const FixtureCertificate *wanted)
{
        X509 *x509 = fixture_certificate_make(key, wanted);
        BIO *bio = BIO_new(BIO_s_mem());
        char *bytes, *pem;
        long size;

        cr_assert_eq(PEM_write_bio_X509(bio, x509), 1);
        size = BIO_get_mem_data(bio, &bytes);
        pem = strndup(bytes, (size_t) size);
        BIO_free(bio);
        X509_free(x509);
        cr_assert_not_null(pem);
        return pem;
}

/* Self-signed, in PEM; ski: hexadecimal, "hash", or NULL for a certificate without one. */
static inline char *fixture_certificate(EVP_PKEY *key, const char *ski)
{
        const char *const extensions[] = { "subjectKeyIdentifier", ski, NULL };

        return fixture_certificate_with(
                        key, &(FixtureCertificate){ .extensions = ski ? extensions : NULL });
}
