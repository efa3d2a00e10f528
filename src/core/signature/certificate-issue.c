/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/certificate-issue.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* RFC 5280, 4.1.2.2: at most 20 bytes, positive. */
#define SERIAL_BITS 159

static const struct {
        int nid;
        const char *of_ca;
        const char *of_signer;
} extensions[] = {
        {NID_basic_constraints,         "critical,CA:TRUE",             "critical,CA:FALSE"        },
        { NID_key_usage,                "critical,keyCertSign,cRLSign", "critical,digitalSignature"},
        { NID_subject_key_identifier,   "hash",                         "hash"                     },
        { NID_authority_key_identifier, "keyid:always",                 "keyid:always"             },
};

static bool set_serial(X509 *x509)
{
        BIGNUM *number = BN_new();
        bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));

        BN_free(number);
        return done;
}

static bool set_names(X509 *x509, const char *name, const X509 *issuer)
{
        X509_NAME *subject = X509_get_subject_name(x509);

        return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               (const unsigned char *) name, -1, -1, 0) == 1 &&
               X509_set_issuer_name(x509, issuer ? X509_get_subject_name(issuer) : subject) == 1;
}

static bool add_extensions(X509 *x509, bool is_ca, X509 *issuer)
{
        X509V3_CTX context;

        X509V3_set_ctx(&context, issuer ?: x509, x509, NULL, NULL, 0);
        for (size_t i = 0; i < ELEMENTSOF(extensions); i++) {
                const char *value = is_ca ? extensions[i].of_ca : extensions[i].of_signer;
                X509_EXTENSION *extension =
                                X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, value);
                bool added = extension && X509_add_ext(x509, extension, -1) == 1;

                X509_EXTENSION_free(extension);
                if (!added)
                        return false;
        }
        return true;
}

static int check_issuer(const CertificateIssuer *issuer)
{
        if (!issuer->certificate)
                return 0;
        if (X509_check_private_key(issuer->certificate, issuer->key) != 1) {
                ERR_clear_error();
                return -EKEYREJECTED;
        }
        return X509_check_ca(issuer->certificate) == 1 ? 0 : -EMEDIUMTYPE;
}

int certificate_issue(const CertificateOrder *order, EVP_PKEY *public,
                const CertificateIssuer *issuer, X509 **ret_certificate)
{
        X509 *x509;
        bool done;
        int r = check_issuer(issuer);

        if (r < 0)
                return r;
        x509 = X509_new();
        done = x509 && X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
               set_names(x509, order->name, issuer->certificate) &&
               ASN1_TIME_set(X509_getm_notBefore(x509), (time_t) order->begins) &&
               ASN1_TIME_set(X509_getm_notAfter(x509), (time_t) order->ends) &&
               X509_set_pubkey(x509, public) == 1 &&
               add_extensions(x509, order->is_ca, issuer->certificate) &&
               X509_sign(x509, issuer->key ?: public, EVP_sha256()) > 0;
        ERR_clear_error();
        if (!done) {
                X509_free(x509);
                return -EIO;
        }
        *ret_certificate = x509;
        return 0;
}

int certificate_format_pem(X509 *certificate, char **ret_text)
{
        BIO *bio = BIO_new(BIO_s_mem());
        char *bytes, *text = NULL;

        if (bio && PEM_write_bio_X509(bio, certificate) == 1) {
                long size = BIO_get_mem_data(bio, &bytes);

                text = strndup(bytes, (size_t) size);
        }
        BIO_free(bio);
        ERR_clear_error();
        if (!text)
                return -ENOMEM;
        *ret_text = text;
        return 0;
}

int certificate_format_der(X509 *certificate, uint8_t **ret_bytes, size_t *ret_size)
{
        int size = i2d_X509(certificate, NULL);
        uint8_t *bytes = size > 0 ? malloc((size_t) size) : NULL;
        unsigned char *at = bytes;

        if (!bytes)
                return -ENOMEM;
        (void) i2d_X509(certificate, &at);
        *ret_bytes = bytes;
        *ret_size = (size_t) size;
        return 0;
}
