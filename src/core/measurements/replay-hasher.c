/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/replay-hasher.h"

#include <errno.h>
#include <string.h>

#include "core/measurements/template.h"

/* Hashes that a list's own template digests may be of; the first of a size is the usual one. */
static const HashAlgorithm list_hashes[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512,
        HASH_SM3, HASH_SHA3_256, HASH_SHA3_384, HASH_SHA3_512 };

typedef struct Hash {
        HashAlgorithm algorithm;
        DigestContext *context;
} Hash;

struct ReplayHasher {
        size_t n_hashes;
        Hash hashes[REPLAY_HASHES_MAX]; /* SHA-1, then the banks' */
        /* For lists whose digests are of none of these; made when they are first needed. */
        DigestContext *others[ELEMENTSOF(list_hashes)];
};

static int add_hash(ReplayHasher *hasher, HashAlgorithm algorithm)
{
        Hash *hash = &hasher->hashes[hasher->n_hashes];
        int r = digest_context_new(algorithm, &hash->context);

        if (r < 0)
                return r;
        hash->algorithm = algorithm;
        hasher->n_hashes++;
        return 0;
}

int replay_hasher_new(const HashAlgorithm *banks, size_t n_banks, ReplayHasher **ret_hasher)
{
        _cleanup_replay_hasher_ ReplayHasher *hasher = NULL;
        int r;

        if (n_banks > REPLAY_BANKS_MAX)
                return -E2BIG;
        hasher = calloc(1, sizeof(*hasher));
        if (!hasher)
                return -ENOMEM;
        /* SHA-1 comes first: the padded values and most lists need it. */
        r = add_hash(hasher, HASH_SHA1);
        for (size_t i = 0; r >= 0 && i < n_banks; i++)
                if (banks[i] != HASH_SHA1)
                        r = add_hash(hasher, banks[i]);
        if (r < 0)
                return r;
        *ret_hasher = TAKE_PTR(hasher);
        return 0;
}

ReplayHasher *replay_hasher_free(ReplayHasher *hasher)
{
        if (hasher) {
                for (size_t i = 0; i < hasher->n_hashes; i++)
                        digest_context_free(hasher->hashes[i].context);
                for (size_t i = 0; i < ELEMENTSOF(hasher->others); i++)
                        digest_context_free(hasher->others[i]);
                free(hasher);
        }
        return NULL;
}

/* What the template digest of an entry covers. */
typedef struct Hashed {
        const uint8_t *bytes;
        size_t size;
        uint8_t padded[20 + MEASUREMENT_NAME_MAX + 1];
} Hashed;

/* The template "ima" hashes its digest and its name padded to 256 bytes, without the length. */
static int pad_unframed(const Measurement *m, Hashed *hashed)
{
        MeasurementView view;
        size_t digest_size;

        if (measurement_decode(m, &view) < 0 || !view.name)
                return -EBADMSG;
        digest_size = m->data_size - view.name_size - sizeof(uint32_t);
        memset(hashed->padded, 0, sizeof(hashed->padded));
        memcpy(hashed->padded, m->data, digest_size);
        memcpy(hashed->padded + digest_size, view.name, view.name_size);
        hashed->bytes = hashed->padded;
        hashed->size = digest_size + MEASUREMENT_NAME_MAX + 1;
        return 0;
}

static bool is_digest(DigestContext *context, const Hashed *hashed, const uint8_t *own, size_t size)
{
        uint8_t value[DIGEST_SIZE_MAX];

        return digest_context_hash(context, hashed->bytes, hashed->size, value) >= 0 &&
               memcmp(value, own, size) == 0;
}

static bool is_other_digest(
                ReplayHasher *hasher, size_t i, const Hashed *hashed, const Measurement *m)
{
        if (!hasher->others[i] && digest_context_new(list_hashes[i], &hasher->others[i]) < 0)
                return false;
        return is_digest(hasher->others[i], hashed, m->template_digest, m->template_digest_size);
}

static int find_hash(const ReplayHasher *hasher, HashAlgorithm algorithm)
{
        for (size_t i = 0; i < hasher->n_hashes; i++)
                if (hasher->hashes[i].algorithm == algorithm)
                        return (int) i;
        return -ENOENT;
}

static bool digest_fits(ReplayHasher *hasher, const Hashed *hashed, const Measurement *m,
                const ReplayDigests *digests)
{
        const uint8_t *own = m->template_digest;
        size_t size = m->template_digest_size;

        for (size_t i = 0; i < ELEMENTSOF(list_hashes); i++) {
                int known = find_hash(hasher, list_hashes[i]);

                if (hash_algorithm_size(list_hashes[i]) != size)
                        continue;
                if (known >= 0 ? memcmp(digests->values[known], own, size) == 0
                               : is_other_digest(hasher, i, hashed, m))
                        return true;
        }
        return memcmp(own, digests->values[0], 20) == 0 && bytes_are_zero(own + 20, size - 20);
}

/* Without its data an entry is what its digest says, in the bank that the list is of. */
static void take_shown_digest(
                const ReplayHasher *hasher, const Measurement *m, ReplayDigests *digests)
{
        for (size_t i = 0; i < hasher->n_hashes && digests->known == 0; i++) {
                if (hash_algorithm_size(hasher->hashes[i].algorithm) != m->template_digest_size)
                        continue;
                memcpy(digests->values[i], m->template_digest, m->template_digest_size);
                digests->known = UINT32_C(1) << i;
        }
        digests->fits = true;
}

int replay_hasher_hash(ReplayHasher *hasher, const Measurement *m, ReplayDigests *ret_digests)
{
        Hashed hashed = { .bytes = m->data, .size = m->data_size };
        int r;

        ret_digests->known = 0;
        ret_digests->fits = true;
        if (m->violation)
                return 0;
        if (m->opaque) {
                take_shown_digest(hasher, m, ret_digests);
                return 0;
        }
        if (m->template && m->template->unframed) {
                r = pad_unframed(m, &hashed);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < hasher->n_hashes; i++) {
                r = digest_context_hash(hasher->hashes[i].context, hashed.bytes, hashed.size,
                                ret_digests->values[i]);
                if (r < 0)
                        return r;
                ret_digests->known |= UINT32_C(1) << i;
        }
        ret_digests->fits = digest_fits(hasher, &hashed, m, ret_digests);
        return 0;
}
