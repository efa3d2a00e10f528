/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values of security.ima and security.evm that are signatures: a header of 9 bytes (type,
 * version, hash id, key id, size; big-endian) and the signature of a digest.
 * Source: security/integrity/integrity.h (struct signature_v2_hdr, struct ima_file_id).
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

#define SIGNATURE_HEADER_SIZE 9U

typedef enum SignatureType {
        SIGNATURE_TYPE_DIGSIG = 0x03,   /* of a file digest, or of EVM for this file alone */
        SIGNATURE_TYPE_PORTABLE = 0x05, /* of EVM, without inode and file system */
        SIGNATURE_TYPE_VERITY = 0x06,   /* of a file id: type, hash and fs-verity digest */
} SignatureType;

/* Borrows the signature from the value that was parsed. */
typedef struct Signature {
        SignatureType type;
        uint8_t version; /* 2 or 3 */
        HashAlgorithm hash;
        uint32_t key_id;
        const uint8_t *bytes;
        size_t size;
} Signature;

/*
 * -EBADMSG for what is no signature, -EOPNOTSUPP for one of version 1, whose keys are no
 * certificates.
 */
int signature_parse(const void *value, size_t size, Signature *ret_signature);

/*
 * The value of the attribute: header and signature, malloc()ed. -E2BIG above the 65535 bytes that
 * the header can count.
 */
int signature_format(const Signature *signature, uint8_t **ret_value, size_t *ret_size);

/* What a signature of type 6 is made over: the hash of `06 id digest`. */
int signature_compute_file_id(const Digest *verity, Digest *ret_digest);

typedef enum SignatureVerdict {
        SIGNATURE_VERDICT_UNSIGNED,
        SIGNATURE_VERDICT_GOOD,
        SIGNATURE_VERDICT_BAD, /* malformed, or of other bytes */
        SIGNATURE_VERDICT_UNKNOWN_KEY,
        SIGNATURE_VERDICT_UNCHECKED, /* what it signs is not known */
        SIGNATURE_VERDICT_MAX,
        SIGNATURE_VERDICT_INVALID = -EINVAL,
} SignatureVerdict;

/* "unsigned", "good", "bad", "unknown_key", "unchecked". */
const char *signature_verdict_to_string(SignatureVerdict verdict);
