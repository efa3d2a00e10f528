/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New private keys, and their files. The text of a key lies in OpenSSL's secure memory. */
#pragma once

#include <openssl/types.h>
#include <stddef.h>

#include "core/signature/key-type.h"

/* -EIO when OpenSSL fails. The caller frees. */
int key_file_generate(KeyType type, EVP_PKEY **ret_key);

/*
 * PKCS#8 in PEM, encrypted with AES-256 when there is a passphrase. The caller frees it by
 * OPENSSL_secure_clear_free() with the size that is given.
 */
int key_file_format(EVP_PKEY *key, const char *passphrase, char **ret_text, size_t *ret_size);
