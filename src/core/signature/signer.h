/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes signatures of digests, in the form of the attributes that hold them. */
#pragma once

#include "core/signature/signature.h"
#include "core/signature/signing-key.h"

/* For one thread at a time; several may share the key, which must outlive them. */
typedef struct Signer Signer;

/* -EOPNOTSUPP when the key cannot sign digests of that hash, or nothing may be signed with it. */
int signer_new(const SigningKey *key, HashAlgorithm hash, Signer **ret_signer);
Signer *signer_free(Signer *signer);

/*
 * The value of the attribute, malloc()ed: the header of that type, in the version that goes with
 * it, and the signature. The digest is of the signer's hash. -EIO when the key fails; a device has
 * more to say (system/key-source.h).
 */
int signer_sign(Signer *signer, SignatureType type, const Digest *digest, uint8_t **ret_value,
                size_t *ret_size);

DEFINE_CLEANUP_FUNC(Signer *, signer_free)
#define _cleanup_signer_ _cleanup_(signer_freep)
