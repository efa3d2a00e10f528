/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built without p11-kit. */
#include "system/pkcs11-key.h"

int pkcs11_key_open(const char *text, const char *pin, Pkcs11Key **ret_key)
{
        return -EOPNOTSUPP;
}

Pkcs11Key *pkcs11_key_free(Pkcs11Key *key)
{
        return NULL;
}

EVP_PKEY *pkcs11_key_get_public(const Pkcs11Key *key)
{
        return NULL;
}

int pkcs11_key_sign(Pkcs11Key *key, const Digest *digest, uint8_t *bytes, size_t *size)
{
        return -EOPNOTSUPP;
}

int pkcs11_key_create(const char *text, const char *pin, KeyType type)
{
        return -EOPNOTSUPP;
}
