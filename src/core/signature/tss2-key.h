/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys of a TPM in a file: "TSS2 PRIVATE KEY" in PEM, as tpm2-openssl, tpm2-tss-engine and
 * tpm2_encodeobject have them. The private part is encrypted by the TPM that made it, and of no use
 * without that.
 * Source: draft-bottomley-tpm2-keys, section 3.1 (TPMKey).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSS2_KEY_PART_MAX 2048U

/* A key that hangs below the storage key that the TPM derives from the owner hierarchy. */
#define TSS2_KEY_PARENT_OWNER 0x40000001U

typedef struct Tss2Key {
        bool empty_auth; /* it is used without authorization value */
        uint32_t parent; /* a persistent handle, or a hierarchy */
        size_t public_size;
        size_t private_size;
        uint8_t public[TSS2_KEY_PART_MAX];  /* TPM2B_PUBLIC */
        uint8_t private[TSS2_KEY_PART_MAX]; /* TPM2B_PRIVATE */
} Tss2Key;

/* Whether the text holds such a key, of whatever quality. */
bool tss2_key_is_in(const void *pem, size_t size);

/*
 * -EBADMSG for a malformed one, -EOPNOTSUPP for an importable or sealed one and one with a policy,
 * which are other types of object.
 */
int tss2_key_parse_pem(const void *pem, size_t size, Tss2Key *ret_key);

/* malloc()ed text. */
int tss2_key_format_pem(const Tss2Key *key, char **ret_text);
