/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of keys that are made for signing files: those that kernels verify with. */
#pragma once

#include <errno.h>
#include <stdbool.h>

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

/* "P-256" as OpenSSL and NIST call it; NULL for RSA. */
const char *key_type_get_curve(KeyType type);
