/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signing-key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

void signing_key_done(SigningKey *key)
{
        EVP_PKEY_free(key->key);
        if (key->device)
                key->device->free(key->device_data);
        *key = (SigningKey){ 0 };
}

typedef struct Question {
        const char *passphrase;
        bool is_asked;
} Question;

/* Without a callback OpenSSL asks at the terminal. */
static int answer(char *buffer, int size, int is_writing, void *userdata)
{
        Question *question = userdata;
        size_t length = question->passphrase ? strlen(question->passphrase) : 0;

        question->is_asked = true;
        if (!question->passphrase || is_writing || size < 0 || length > (size_t) size)
                return -1;
        memcpy(buffer, question->passphrase, length);
        return (int) length;
}

int signing_key_parse_pem(const void *pem, size_t size, const char *passphrase, SigningKey *ret_key)
{
        _cleanup_signing_key_ SigningKey key = { 0 };
        Question question = { passphrase, false };
        BIO *bio = size > SIGNING_KEY_FILE_SIZE_MAX ? NULL : BIO_new_mem_buf(pem, (int) size);
        int r;

        if (!bio)
                return size > SIGNING_KEY_FILE_SIZE_MAX ? -EBADMSG : -ENOMEM;
        key.key = PEM_read_bio_PrivateKey(bio, NULL, answer, &question);
        BIO_free(bio);
        ERR_clear_error();
        if (!key.key)
                return !question.is_asked ? -EBADMSG : passphrase ? -EKEYREJECTED : -ENOKEY;
        if (!certificate_key_is_supported(key.key, HASH_SHA256))
                return -EOPNOTSUPP;
        r = certificate_hash_public_key(key.key, &key.key_id);
        if (r >= 0)
                *ret_key = TAKE_STRUCT(key);
        return r;
}

int signing_key_of_device(
                EVP_PKEY *public, const SigningKeyDevice *device, void *data, SigningKey *ret_key)
{
        uint32_t key_id;
        int r;

        if (!certificate_key_is_supported(public, HASH_SHA256))
                return -EOPNOTSUPP;
        r = certificate_hash_public_key(public, &key_id);
        if (r < 0)
                return r;
        if (EVP_PKEY_up_ref(public) != 1)
                return -ENOMEM;
        *ret_key = (SigningKey){ public, key_id, device, data };
        return 0;
}

int signing_key_set_certificate(SigningKey *key, const Certificate *certificate)
{
        if (EVP_PKEY_eq(key->key, certificate->key) != 1) {
                ERR_clear_error();
                return -EKEYREJECTED;
        }
        return certificate_find_subject_key_id(certificate, &key->key_id);
}
