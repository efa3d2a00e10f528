/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/diag-code.h"
#include "base/strings.h"

void certificate_list_done(CertificateList *list)
{
        for (size_t i = 0; i < list->count; i++) {
                EVP_PKEY_free(list->items[i].key);
                X509_free(list->items[i].x509);
        }
        free(list->items);
        *list = (CertificateList){ 0 };
}

static uint32_t last_four(const uint8_t *bytes, size_t size)
{
        const uint8_t *end = bytes + size - 4;

        return (uint32_t) end[0] << 24 | (uint32_t) end[1] << 16 | (uint32_t) end[2] << 8 | end[3];
}

/* The SHA-1 covers the BIT STRING of the SubjectPublicKeyInfo. */
int certificate_hash_public_key(EVP_PKEY *key, uint32_t *ret_key_id)
{
        X509_PUBKEY *info = NULL;
        const unsigned char *bytes;
        Digest digest;
        int size, r = -EBADMSG;

        if (X509_PUBKEY_set(&info, key) == 1 &&
                        X509_PUBKEY_get0_param(NULL, &bytes, &size, NULL, info) == 1)
                r = digest_compute(HASH_SHA1, bytes, (size_t) size, &digest);
        X509_PUBKEY_free(info);
        if (r >= 0)
                *ret_key_id = last_four(digest.bytes, digest.size);
        return r;
}

int certificate_find_subject_key_id(const Certificate *certificate, uint32_t *ret_key_id)
{
        const ASN1_OCTET_STRING *ski =
                        certificate->x509 ? X509_get0_subject_key_id(certificate->x509) : NULL;

        if (!ski || ASN1_STRING_length(ski) < 4)
                return -ENODATA;
        *ret_key_id = last_four(ASN1_STRING_get0_data(ski), (size_t) ASN1_STRING_length(ski));
        return 0;
}

static int find_key_ids(Certificate *certificate)
{
        const unsigned char *issuer;
        size_t size;
        uint32_t id;
        int r;

        if (!certificate->x509) {
                r = certificate_hash_public_key(certificate->key, &id);
                if (r >= 0)
                        certificate->key_ids[certificate->n_key_ids++] = id;
                return r;
        }
        if (certificate_find_subject_key_id(certificate, &id) >= 0)
                certificate->key_ids[certificate->n_key_ids++] = id;
        if (X509_NAME_get0_der(X509_get_issuer_name(certificate->x509), &issuer, &size) == 1 &&
                        size >= 4)
                certificate->key_ids[certificate->n_key_ids++] = last_four(issuer, size);
        return 0;
}

bool certificate_has_key_id(const Certificate *certificate, uint32_t key_id)
{
        for (size_t i = 0; i < certificate->n_key_ids; i++)
                if (certificate->key_ids[i] == key_id)
                        return true;
        return false;
}

char *certificate_format_subject(const Certificate *certificate)
{
        BIO *bio = certificate->x509 ? BIO_new(BIO_s_mem()) : NULL;
        char *bytes, *text = NULL;
        long size;

        if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate->x509), 0,
                                   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
                size = BIO_get_mem_data(bio, &bytes);
                text = strndup(bytes, (size_t) size);
        }
        BIO_free(bio);
        if (text)
                string_make_utf8(text);
        return text;
}

bool certificate_key_is_supported(EVP_PKEY *key, HashAlgorithm hash)
{
        static const char *const curves[] = { SN_X9_62_prime192v1, SN_X9_62_prime256v1,
                SN_secp384r1, SN_secp521r1 };
        static const bool for_both[HASH_ALGORITHM_MAX] = {
                [HASH_SHA1] = true,
                [HASH_SHA224] = true,
                [HASH_SHA256] = true,
                [HASH_SHA384] = true,
                [HASH_SHA512] = true,
                [HASH_SHA3_256] = true,
                [HASH_SHA3_384] = true,
                [HASH_SHA3_512] = true,
        };
        char curve[64];

        if (hash < 0 || hash >= HASH_ALGORITHM_MAX)
                return false;
        if (EVP_PKEY_is_a(key, "RSA"))
                return for_both[hash] || hash == HASH_MD5 || hash == HASH_RMD160;
        if (!for_both[hash] || !EVP_PKEY_is_a(key, "EC") ||
                        EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(curves); i++)
                if (string_equal(curves[i], curve))
                        return true;
        return false;
}

/* Takes both references, on failure too. */
static int add(CertificateList *list, X509 *x509, EVP_PKEY *key)
{
        Certificate certificate = { .x509 = x509, .key = key };
        Certificate *items;
        int r = list->count == CERTIFICATES_MAX ? -E2BIG : 0;

        if (r >= 0)
                r = find_key_ids(&certificate);
        items = r < 0 ? NULL : realloc(list->items, (list->count + 1) * sizeof(*items));
        if (!items) {
                EVP_PKEY_free(key);
                X509_free(x509);
                return r < 0 ? r : -ENOMEM;
        }
        list->items = items;
        list->items[list->count++] = certificate;
        return 0;
}

/* One certificate or public key in DER. */
static int add_der(CertificateList *list, const unsigned char *der, long size)
{
        const unsigned char *at = der;
        X509 *x509 = d2i_X509(NULL, &at, size);
        EVP_PKEY *key = x509 ? X509_get_pubkey(x509) : NULL;

        if (!x509) {
                at = der;
                key = d2i_PUBKEY(NULL, &at, size);
        }
        if (!key) {
                X509_free(x509);
                return -EBADMSG;
        }
        return add(list, x509, key);
}

/* Private keys in the same file are of no concern. */
static int add_pem(CertificateList *list, BIO *bio)
{
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        long size;
        int r = 0;

        while (r >= 0 && PEM_read_bio(bio, &name, &header, &der, &size) == 1) {
                if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
                                strcmp(name, PEM_STRING_PUBLIC) == 0)
                        r = add_der(list, der, size);
                OPENSSL_free(name);
                OPENSSL_free(header);
                OPENSSL_free(der);
        }
        return r;
}

int certificate_list_parse(CertificateList *list, const void *bytes, size_t size, DiagList *diags,
                const char *source)
{
        size_t before = list->count;
        BIO *bio;
        int r;

        if (size > CERTIFICATE_FILE_SIZE_MAX)
                return -E2BIG;
        r = add_der(list, bytes, (long) size);
        if (r == -EBADMSG) {
                bio = BIO_new_mem_buf(bytes, (int) size);
                if (!bio)
                        return -ENOMEM;
                r = add_pem(list, bio);
                BIO_free(bio);
        }
        ERR_clear_error();
        if (r == -EBADMSG || (r >= 0 && list->count == before))
                return diag_error(diags, DIAG_CODE_CERTIFICATE, (DiagPlace){ .source = source },
                                "give a certificate in PEM or DER",
                                "there is no certificate or public key in it that can be read");
        return r;
}
