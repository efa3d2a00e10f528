/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys in PKCS#11 tokens: smart cards, security modules, SoftHSM. They are named by URIs (RFC 7512)
 * and found in the modules that p11-kit is configured with (/etc/pkcs11/modules,
 * /usr/share/p11-kit/modules); a URI that names a module's file is refused, since that would be
 * code of the caller's choice.
 *
 * Errors of all functions: -EINVAL for a malformed URI, -EPERM for one with a PIN, which everybody
 * could read, or with the path of a module, -ENODEV when no such token is there, -ENOTUNIQ when
 * the URI fits several tokens or keys, -ENOKEY when the token asks for a PIN and none is given,
 * -EKEYREJECTED for a wrong PIN, -EAGAIN for a locked one, -EOPNOTSUPP for a key or hash that the
 * token or kernels do not know or when imad was built without p11-kit, -EIO when the token fails.
 */
#pragma once

#include <openssl/types.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "core/signature/key-type.h"

/* For one thread at a time. */
typedef struct Pkcs11Key Pkcs11Key;

/* text is the URI; the PIN may be NULL. -ENOENT when there is no such key. */
int pkcs11_key_open(const char *text, const char *pin, Pkcs11Key **ret_key);
Pkcs11Key *pkcs11_key_free(Pkcs11Key *key);

/* Borrowed. */
EVP_PKEY *pkcs11_key_get_public(const Pkcs11Key *key);

/* Signs a digest as SigningKeyDevice does. */
int pkcs11_key_sign(Pkcs11Key *key, const Digest *digest, uint8_t *bytes, size_t *size);

/* Makes a key in the token of the URI, which also gives its label ("object"). -EEXIST. */
int pkcs11_key_create(const char *text, const char *pin, KeyType type);

DEFINE_CLEANUP_FUNC(Pkcs11Key *, pkcs11_key_free)
#define _cleanup_pkcs11_key_ _cleanup_(pkcs11_key_freep)
