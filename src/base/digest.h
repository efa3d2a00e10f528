/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hash algorithms by the kernel's ids (include/uapi/linux/hash_info.h) and digests over OpenSSL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE_MAX 64

/* The values are the kernel's; they stand in security.ima and in signature headers. */
typedef enum HashAlgorithm {
        HASH_MD4 = 0,
        HASH_MD5 = 1,
        HASH_SHA1 = 2,
        HASH_RMD160 = 3,
        HASH_SHA256 = 4,
        HASH_SHA384 = 5,
        HASH_SHA512 = 6,
        HASH_SHA224 = 7,
        HASH_RMD128 = 8,
        HASH_RMD256 = 9,
        HASH_RMD320 = 10,
        HASH_WP256 = 11,
        HASH_WP384 = 12,
        HASH_WP512 = 13,
        HASH_TGR128 = 14,
        HASH_TGR160 = 15,
        HASH_TGR192 = 16,
        HASH_SM3 = 17,
        HASH_STREEBOG256 = 18,
        HASH_STREEBOG512 = 19,
        HASH_SHA3_256 = 20,
        HASH_SHA3_384 = 21,
        HASH_SHA3_512 = 22,
        HASH_ALGORITHM_MAX,
        HASH_ALGORITHM_INVALID = -22,
} HashAlgorithm;

typedef struct Digest {
        HashAlgorithm algorithm;
        size_t size;
        uint8_t bytes[DIGEST_SIZE_MAX];
} Digest;

/* The kernel's name ("sha256", "sha3-256"), or NULL. */
const char *hash_algorithm_to_string(HashAlgorithm algorithm);

/* Exact kernel names; else HASH_ALGORITHM_INVALID. */
HashAlgorithm hash_algorithm_from_string(const char *name);

/* Digest length in bytes; 0 for an invalid id. */
size_t hash_algorithm_size(HashAlgorithm algorithm);

/* OpenSSL's name of it, or NULL when OpenSSL does not have it. */
const char *digest_get_openssl_name(HashAlgorithm algorithm);

/* An incremental digest; reusable, not thread-safe. */
typedef struct DigestContext DigestContext;

/* -EOPNOTSUPP when OpenSSL does not offer the algorithm. */
int digest_context_new(HashAlgorithm algorithm, DigestContext **ret_context);
DigestContext *digest_context_free(DigestContext *context);
void digest_context_freep(DigestContext **context);

int digest_context_begin(DigestContext *context);
int digest_context_update(DigestContext *context, const void *bytes, size_t size);

/* Writes hash_algorithm_size() bytes. */
int digest_context_end(DigestContext *context, uint8_t *ret_bytes);

/* The three above at once, for many short texts. */
int digest_context_hash(DigestContext *context, const void *bytes, size_t size, uint8_t *ret_bytes);

/* One-shot digest. */
int digest_compute(HashAlgorithm algorithm, const void *bytes, size_t size, Digest *ret_digest);

/* True for the same bytes of the same algorithm. */
bool digest_equal(const Digest *a, const Digest *b);

/* True when all bytes are 0. */
bool bytes_are_zero(const uint8_t *bytes, size_t size);
