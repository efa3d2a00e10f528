/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private keys that files are signed with, and the key id that goes into their signatures. A key
 * is parsed, or opened in the device that holds it, once; any number of threads sign with it, each
 * through a signer of its own.
 */
#pragma once

#include "core/signature/certificate.h"

#define SIGNING_KEY_FILE_SIZE_MAX 65536U
#define SIGNING_KEY_PASSPHRASE_MAX 1024U

/* A device that holds the private half and does not give it out. */
typedef struct SigningKeyDevice {
        /*
         * Signs a digest as signer.h wants it: RSA PKCS#1 v1.5 as long as the modulus, or ECDSA in
         * DER. *size is the room on entry. Any thread may call. -EOPNOTSUPP for a hash that the
         * device does not know.
         */
        int (*sign)(void *data, const Digest *digest, uint8_t *bytes, size_t *size);
        void (*free)(void *data);
} SigningKeyDevice;

typedef struct SigningKey {
        EVP_PKEY *key; /* of a device the public half */
        uint32_t key_id;
        const SigningKeyDevice *device; /* NULL: the key is here */
        void *device_data;
} SigningKey;

void signing_key_done(SigningKey *key);

/*
 * Parses a private key in PEM; passphrase may be NULL. Its key id is that of tools without a
 * certificate. -EBADMSG when there is none, -ENOKEY when it is encrypted and there is no
 * passphrase, -EKEYREJECTED when the passphrase is wrong, -EOPNOTSUPP for a kind of key or a curve
 * that kernels do not verify with.
 */
int signing_key_parse_pem(
                const void *pem, size_t size, const char *passphrase, SigningKey *ret_key);

/*
 * Makes a key of a device, which it owns from then on; takes no reference of the public half. The
 * key id is as above. -EOPNOTSUPP as above; on failure the device stays the caller's.
 */
int signing_key_of_device(
                EVP_PKEY *public, const SigningKeyDevice *device, void *data, SigningKey *ret_key);

/*
 * Takes the key id from a certificate of the key. -EKEYREJECTED when it certifies another key,
 * -ENODATA when it has no SubjectKeyIdentifier, without which no kernel finds the key by it.
 */
int signing_key_set_certificate(SigningKey *key, const Certificate *certificate);

#define _cleanup_signing_key_ _cleanup_(signing_key_done)
