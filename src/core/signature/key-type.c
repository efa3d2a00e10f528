/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/key-type.h"

#include <ctype.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdio.h>

#include "base/strings.h"

static const struct {
        const char *name;
        unsigned rsa_bits;
        const char *curve;
} types[KEY_TYPE_MAX] = {
        [KEY_TYPE_RSA_2048] = {"rsa-2048",  2048, NULL   },
        [KEY_TYPE_RSA_3072] = { "rsa-3072", 3072, NULL   },
        [KEY_TYPE_RSA_4096] = { "rsa-4096", 4096, NULL   },
        [KEY_TYPE_P_256] = { "p-256",    0,    "P-256"},
        [KEY_TYPE_P_384] = { "p-384",    0,    "P-384"},
};

const char *key_type_to_string(KeyType type)
{
        return type >= 0 && type < KEY_TYPE_MAX ? types[type].name : NULL;
}

KeyType key_type_from_string(const char *name)
{
        for (int i = 0; i < KEY_TYPE_MAX; i++)
                if (string_equal(types[i].name, name))
                        return (KeyType) i;
        return KEY_TYPE_INVALID;
}

unsigned key_type_get_rsa_bits(KeyType type)
{
        return types[type].rsa_bits;
}

const char *key_type_get_curve(KeyType type)
{
        return types[type].curve;
}

const char *key_type_describe(const EVP_PKEY *key, char text[static KEY_TYPE_TEXT_MAX])
{
        char group[KEY_TYPE_TEXT_MAX] = "";
        const char *nist = NULL;

        if (EVP_PKEY_is_a(key, "RSA")) {
                (void) snprintf(text, KEY_TYPE_TEXT_MAX, "rsa-%d", EVP_PKEY_get_bits(key));
                return text;
        }
        if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
                nist = EC_curve_nid2nist(OBJ_sn2nid(group));
        (void) snprintf(text, KEY_TYPE_TEXT_MAX, "%s",
                        nist     ? nist
                        : *group ? group
                                 : EVP_PKEY_get0_type_name(key) ?: "unknown");
        for (char *c = text; *c; c++)
                *c = (char) tolower((unsigned char) *c);
        return text;
}
