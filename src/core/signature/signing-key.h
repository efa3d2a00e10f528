/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private keys that files are signed with, and the key id that goes into their signatures. A key
 * is parsed once; any number of threads sign with it, each through a signer of its own.
 */
#pragma once

#include "core/signature/certificate.h"

#define SIGNING_KEY_FILE_SIZE_MAX 65536U
#define SIGNING_KEY_PASSPHRASE_MAX 1024U

typedef struct SigningKey {
        EVP_PKEY *key;
        uint32_t key_id;
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
 * Takes the key id from a certificate of the key. -EKEYREJECTED when it certifies another key,
 * -ENODATA when it has no SubjectKeyIdentifier, without which no kernel finds the key by it.
 */
int signing_key_set_certificate(SigningKey *key, const Certificate *certificate);

#define _cleanup_signing_key_ _cleanup_(signing_key_done)
