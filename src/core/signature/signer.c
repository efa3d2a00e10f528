/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signer.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

struct Signer {
        uint32_t key_id;
        HashAlgorithm hash;
        EVP_PKEY_CTX *context; /* NULL: a device signs */
        const SigningKeyDevice *device;
        void *device_data;
        size_t size_max;
        uint8_t *bytes;
};

Signer *signer_free(Signer *signer)
{
        if (signer) {
                EVP_PKEY_CTX_free(signer->context);
                free(signer->bytes);
                free(signer);
        }
        return NULL;
}

static bool set_up(Signer *signer, const SigningKey *key)
{
        EVP_MD *md = EVP_MD_fetch(NULL, digest_get_openssl_name(signer->hash), NULL);
        bool usable;

        signer->context = EVP_PKEY_CTX_new(key->key, NULL);
        usable = md && signer->context && EVP_PKEY_sign_init(signer->context) == 1;
        if (usable && EVP_PKEY_is_a(key->key, "RSA"))
                usable = EVP_PKEY_CTX_set_rsa_padding(signer->context, RSA_PKCS1_PADDING) == 1;
        if (usable)
                usable = EVP_PKEY_CTX_set_signature_md(signer->context, md) == 1;
        EVP_MD_free(md);
        ERR_clear_error();
        return usable;
}

/* What signs with MD5 or SHA-1 vouches for nothing; they are verified, but not made any more. */
static bool may_sign(const SigningKey *key, HashAlgorithm hash)
{
        return hash > HASH_SHA1 && hash != HASH_RMD160 && digest_get_openssl_name(hash) &&
               certificate_key_is_supported(key->key, hash);
}

int signer_new(const SigningKey *key, HashAlgorithm hash, Signer **ret_signer)
{
        _cleanup_signer_ Signer *signer = NULL;
        int size = EVP_PKEY_get_size(key->key);

        if (!may_sign(key, hash) || size <= 0)
                return -EOPNOTSUPP;
        signer = calloc(1, sizeof(*signer));
        if (!signer)
                return -ENOMEM;
        signer->key_id = key->key_id;
        signer->hash = hash;
        signer->size_max = (size_t) size;
        signer->bytes = malloc(signer->size_max);
        if (!signer->bytes)
                return -ENOMEM;
        signer->device = key->device;
        signer->device_data = key->device_data;
        if (!signer->device && !set_up(signer, key))
                return -EOPNOTSUPP;
        *ret_signer = TAKE_PTR(signer);
        return 0;
}

static int sign_digest(Signer *signer, const Digest *digest, size_t *ret_size)
{
        size_t size = signer->size_max;
        int r = 0;

        if (signer->device)
                r = signer->device->sign(signer->device_data, digest, signer->bytes, &size);
        else if (EVP_PKEY_sign(signer->context, signer->bytes, &size, digest->bytes,
                                 digest->size) != 1) {
                ERR_clear_error();
                r = -EIO;
        }
        if (r >= 0)
                *ret_size = size;
        return r;
}

int signer_sign(Signer *signer, SignatureType type, const Digest *digest, uint8_t **ret_value,
                size_t *ret_size)
{
        size_t size;
        int r;

        if (digest->algorithm != signer->hash)
                return -EINVAL;
        r = sign_digest(signer, digest, &size);
        if (r < 0)
                return r;
        return signature_format(
                        &(Signature){
                                        .type = type,
                                        .version = type == SIGNATURE_TYPE_VERITY ? 3 : 2,
                                        .hash = signer->hash,
                                        .key_id = signer->key_id,
                                        .bytes = signer->bytes,
                                        .size = size,
                        },
                        ret_value, ret_size);
}
