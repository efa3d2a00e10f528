/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-file.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

int key_file_generate(KeyType type, EVP_PKEY **ret_key)
{
        unsigned bits = key_type_get_rsa_bits(type);
        EVP_PKEY *key = bits ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) bits)
                             : EVP_PKEY_Q_keygen(NULL, NULL, "EC", key_type_get_curve(type));

        ERR_clear_error();
        if (!key)
                return -EIO;
        *ret_key = key;
        return 0;
}

int key_file_format(EVP_PKEY *key, const char *passphrase, char **ret_text, size_t *ret_size)
{
        BIO *bio = BIO_new(BIO_s_secmem());
        char *bytes, *text = NULL;
        long size = 0;

        if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase ? EVP_aes_256_cbc() : NULL,
                                   passphrase, passphrase ? (int) strlen(passphrase) : 0, NULL,
                                   NULL) == 1) {
                size = BIO_get_mem_data(bio, &bytes);
                text = OPENSSL_secure_malloc((size_t) size);
        }
        if (text)
                memcpy(text, bytes, (size_t) size);
        BIO_free(bio);
        ERR_clear_error();
        if (!text)
                return -ENOMEM;
        *ret_text = text;
        *ret_size = (size_t) size;
        return 0;
}
