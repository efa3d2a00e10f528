/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of keys that are made for signing files: those that kernels verify with. */
#pragma once

#include <errno.h>
#include <openssl/types.h>

typedef enum KeyType {
        KEY_TYPE_RSA_2048,
        KEY_TYPE_RSA_3072,
        KEY_TYPE_RSA_4096,
        KEY_TYPE_P_256,
        KEY_TYPE_P_384,
        KEY_TYPE_MAX,
        KEY_TYPE_INVALID = -EINVAL,
} KeyType;

/* "rsa-2048", "p-256". */
const char *key_type_to_string(KeyType type);
KeyType key_type_from_string(const char *name);

/* Bits of the modulus; 0 for an elliptic curve. */
unsigned key_type_get_rsa_bits(KeyType type);

/* The same spelling for any key there is, as "rsa-1024" or "p-521"; returns text. */
#define KEY_TYPE_TEXT_MAX 64
const char *key_type_describe(const EVP_PKEY *key, char text[static KEY_TYPE_TEXT_MAX]);

/* "P-256" as OpenSSL and NIST call it; NULL for RSA. */
const char *key_type_get_curve(KeyType type);
