/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the functions of SHA-1 and SHA-2 themselves. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
        const char *name;
        const char *openssl; /* NULL: not offered there */
        size_t size;
} algorithms[HASH_ALGORITHM_MAX] = {
        [HASH_MD4] = {"md4",          "MD4",       16},
        [HASH_MD5] = { "md5",         "MD5",       16},
        [HASH_SHA1] = { "sha1",        "SHA1",      20},
        [HASH_RMD160] = { "rmd160",      "RIPEMD160", 20},
        [HASH_SHA256] = { "sha256",      "SHA256",    32},
        [HASH_SHA384] = { "sha384",      "SHA384",    48},
        [HASH_SHA512] = { "sha512",      "SHA512",    64},
        [HASH_SHA224] = { "sha224",      "SHA224",    28},
        [HASH_RMD128] = { "rmd128",      NULL,        16},
        [HASH_RMD256] = { "rmd256",      NULL,        32},
        [HASH_RMD320] = { "rmd320",      NULL,        40},
        [HASH_WP256] = { "wp256",       NULL,        32},
        [HASH_WP384] = { "wp384",       NULL,        48},
        [HASH_WP512] = { "wp512",       "whirlpool", 64},
        [HASH_TGR128] = { "tgr128",      NULL,        16},
        [HASH_TGR160] = { "tgr160",      NULL,        20},
        [HASH_TGR192] = { "tgr192",      NULL,        24},
        [HASH_SM3] = { "sm3",         "SM3",       32},
        [HASH_STREEBOG256] = { "streebog256", NULL,        32},
        [HASH_STREEBOG512] = { "streebog512", NULL,        64},
        [HASH_SHA3_256] = { "sha3-256",    "SHA3-256",  32},
        [HASH_SHA3_384] = { "sha3-384",    "SHA3-384",  48},
        [HASH_SHA3_512] = { "sha3-512",    "SHA3-512",  64},
};

/*
 * A measurement list takes six short digests for each entry. EVP allocates and frees for every one
 * (EVP_DigestInit_ex() of OpenSSL 3.0), which costs as much as a block; so the usual hashes do
 * without it.
 */
typedef union ShaState {
        SHA_CTX sha1;
        SHA256_CTX sha256;
        SHA512_CTX sha512;
} ShaState;

struct DigestContext {
        HashAlgorithm algorithm;
        ShaState sha;
        EVP_MD *md; /* NULL: by `sha` */
        EVP_MD_CTX *evp;
};

static bool algorithm_valid(HashAlgorithm algorithm)
{
        return algorithm >= 0 && algorithm < HASH_ALGORITHM_MAX;
}

const char *hash_algorithm_to_string(HashAlgorithm algorithm)
{
        return algorithm_valid(algorithm) ? algorithms[algorithm].name : NULL;
}

HashAlgorithm hash_algorithm_from_string(const char *name)
{
        for (HashAlgorithm i = 0; i < HASH_ALGORITHM_MAX; i++)
                if (strcmp(algorithms[i].name, name) == 0)
                        return i;
        return HASH_ALGORITHM_INVALID;
}

size_t hash_algorithm_size(HashAlgorithm algorithm)
{
        return algorithm_valid(algorithm) ? algorithms[algorithm].size : 0;
}

const char *digest_get_openssl_name(HashAlgorithm algorithm)
{
        return algorithm_valid(algorithm) ? algorithms[algorithm].openssl : NULL;
}

static bool is_sha(HashAlgorithm algorithm)
{
        return algorithm == HASH_SHA1 || algorithm == HASH_SHA256 || algorithm == HASH_SHA384 ||
               algorithm == HASH_SHA512;
}

static int sha_begin(DigestContext *c)
{
        switch (c->algorithm) {
        case HASH_SHA1:
                return SHA1_Init(&c->sha.sha1);
        case HASH_SHA256:
                return SHA256_Init(&c->sha.sha256);
        case HASH_SHA384:
                return SHA384_Init(&c->sha.sha512);
        default:
                return SHA512_Init(&c->sha.sha512);
        }
}

static int sha_update(DigestContext *c, const void *bytes, size_t size)
{
        switch (c->algorithm) {
        case HASH_SHA1:
                return SHA1_Update(&c->sha.sha1, bytes, size);
        case HASH_SHA256:
                return SHA256_Update(&c->sha.sha256, bytes, size);
        default:
                return SHA512_Update(&c->sha.sha512, bytes, size);
        }
}

/* SHA-384 ends as SHA-512 does, which knows what it has begun. */
static int sha_end(DigestContext *c, uint8_t *ret_bytes)
{
        switch (c->algorithm) {
        case HASH_SHA1:
                return SHA1_Final(ret_bytes, &c->sha.sha1);
        case HASH_SHA256:
                return SHA256_Final(ret_bytes, &c->sha.sha256);
        default:
                return SHA512_Final(ret_bytes, &c->sha.sha512);
        }
}

static int prepare_evp(DigestContext *context)
{
        context->md = EVP_MD_fetch(NULL, algorithms[context->algorithm].openssl, NULL);
        if (!context->md)
                return -EOPNOTSUPP;
        context->evp = EVP_MD_CTX_new();
        return context->evp ? 0 : -ENOMEM;
}

int digest_context_new(HashAlgorithm algorithm, DigestContext **ret_context)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        int r = 0;

        if (!algorithm_valid(algorithm) || !algorithms[algorithm].openssl)
                return -EOPNOTSUPP;
        context = calloc(1, sizeof(*context));
        if (!context)
                return -ENOMEM;
        context->algorithm = algorithm;
        if (!is_sha(algorithm))
                r = prepare_evp(context);
        if (r < 0)
                return r;
        *ret_context = TAKE_PTR(context);
        return 0;
}

DigestContext *digest_context_free(DigestContext *context)
{
        if (context) {
                EVP_MD_CTX_free(context->evp);
                EVP_MD_free(context->md);
                free(context);
        }
        return NULL;
}

void digest_context_freep(DigestContext **context)
{
        *context = digest_context_free(*context);
}

int digest_context_begin(DigestContext *context)
{
        int done = context->md ? EVP_DigestInit_ex(context->evp, context->md, NULL)
                               : sha_begin(context);

        return done == 1 ? 0 : -EIO;
}

int digest_context_update(DigestContext *context, const void *bytes, size_t size)
{
        int done = context->md ? EVP_DigestUpdate(context->evp, bytes, size)
                               : sha_update(context, bytes, size);

        return done == 1 ? 0 : -EIO;
}

int digest_context_end(DigestContext *context, uint8_t *ret_bytes)
{
        int done = context->md ? EVP_DigestFinal_ex(context->evp, ret_bytes, NULL)
                               : sha_end(context, ret_bytes);

        return done == 1 ? 0 : -EIO;
}

int digest_context_hash(DigestContext *context, const void *bytes, size_t size, uint8_t *ret_bytes)
{
        int r = digest_context_begin(context);

        if (r >= 0)
                r = digest_context_update(context, bytes, size);
        return r < 0 ? r : digest_context_end(context, ret_bytes);
}

int digest_compute(HashAlgorithm algorithm, const void *bytes, size_t size, Digest *ret_digest)
{
        _cleanup_(digest_context_freep) DigestContext *context = NULL;
        Digest digest = { .algorithm = algorithm, .size = hash_algorithm_size(algorithm) };
        int r;

        r = digest_context_new(algorithm, &context);
        if (r < 0)
                return r;
        r = digest_context_hash(context, bytes, size, digest.bytes);
        if (r < 0)
                return r;
        *ret_digest = digest;
        return 0;
}

bool digest_equal(const Digest *a, const Digest *b)
{
        return a->algorithm == b->algorithm && a->size == b->size &&
               memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool bytes_are_zero(const uint8_t *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (bytes[i] != 0)
                        return false;
        return true;
}
