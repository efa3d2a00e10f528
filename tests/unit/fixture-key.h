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

/* Self-signed, in PEM; ski: hexadecimal, "hash", or NULL for a certificate without one. */
static inline char *fixture_certificate(EVP_PKEY *key, const char *ski)
{
        X509 *x509 = X509_new();
        X509V3_CTX context;
        BIO *bio = BIO_new(BIO_s_mem());
        char *bytes, *pem;
        long size;

        X509_set_version(x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), -60);
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                        (const unsigned char *) "fixture-WXYZ", -1, -1, 0);
        X509_set_issuer_name(x509, X509_get_subject_name(x509));
        X509_set_pubkey(x509, key);
        if (ski) {
                X509_EXTENSION *extension;

                X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
                extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, ski);
                cr_assert_not_null(extension);
                X509_add_ext(x509, extension, -1);
                X509_EXTENSION_free(extension);
        }
        cr_assert_gt(X509_sign(x509, key, EVP_sha256()), 0);
        cr_assert_eq(PEM_write_bio_X509(bio, x509), 1);
        size = BIO_get_mem_data(bio, &bytes);
        pem = strndup(bytes, (size_t) size);
        BIO_free(bio);
        X509_free(x509);
        cr_assert_not_null(pem);
        return pem;
}
