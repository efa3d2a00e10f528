/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values of security.ima and security.evm, field by field. Source: enum evm_ima_xattr_type in
 * security/integrity/integrity.h, ima_get_hash_algo() and xattr_verify() in ima_appraise.c,
 * evm_verify_hmac() in evm_main.c.
 */
#pragma once

#include <jansson.h>

#include "core/signature/signature.h"

#define FILE_LABEL_HMAC_SIZE 20U

typedef enum FileLabelAttribute {
        FILE_LABEL_IMA, /* security.ima */
        FILE_LABEL_EVM, /* security.evm */
        FILE_LABEL_ATTRIBUTE_MAX,
} FileLabelAttribute;

typedef enum FileLabelKind {
        FILE_LABEL_DIGEST,       /* 0x01, MD5 or SHA-1 */
        FILE_LABEL_DIGEST_NG,    /* 0x04, with the id of its algorithm */
        FILE_LABEL_HMAC,         /* 0x02 */
        FILE_LABEL_SIGNATURE,    /* 0x03, 0x05, 0x06 */
        FILE_LABEL_SIGNATURE_V1, /* 0x03 of the first version, which is not taken apart */
        FILE_LABEL_KIND_MAX,
        FILE_LABEL_KIND_INVALID = -EINVAL,
} FileLabelKind;

/* Borrows the bytes that were parsed. */
typedef struct FileLabel {
        FileLabelKind kind;
        Digest digest; /* of the digests; HMAC-SHA1 counts as one of SHA-1 */
        size_t unused; /* bytes behind a digest, which the kernel ignores */
        Signature signature;
} FileLabel;

/* "security.ima", "security.evm". */
const char *file_label_attribute_to_string(FileLabelAttribute attribute);

/* -EBADMSG for what the kernel refuses in that attribute, whatever file and key. */
int file_label_parse(
                FileLabelAttribute attribute, const void *value, size_t size, FileLabel *ret_label);

/*
 * The value of security.ima for a digest, as the kernel writes it: type 1 for MD5 and SHA-1, else
 * type 4. malloc()ed.
 */
int file_label_format_digest(const Digest *digest, uint8_t **ret_value, size_t *ret_size);

/*
 * {"kind", "type", "version", "hash", "digest", "key_id", "size", "weak"}: kind is "hash", "hmac",
 * "signature", "immutable-signature", "portable-signature", "verity-signature" or "signature-v1";
 * digest, version and key_id are null where there is none, and weak is true for MD5 and SHA-1.
 * NULL: no memory.
 */
json_t *file_label_to_json(const FileLabel *label);
