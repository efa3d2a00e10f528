/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template digests by which one entry of a measurement list extends its PCR in each bank.
 * Nothing in it depends on other entries. What is hashed: core/measurements/replay.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "core/measurements/list.h"

#define REPLAY_BANKS_MAX 8

/* SHA-1 for padded banks, and the banks' own hashes. */
#define REPLAY_HASHES_MAX (REPLAY_BANKS_MAX + 1)

/* The template digests of one entry, by hash. */
typedef struct ReplayDigests {
        uint8_t values[REPLAY_HASHES_MAX][DIGEST_SIZE_MAX];
        uint32_t known; /* 1 << index into values */
        bool fits;      /* the entry's own digest is one of its data, or it is a violation */
} ReplayDigests;

typedef struct ReplayHasher ReplayHasher;

/*
 * A hasher for these banks; used by one thread at a time. -E2BIG for too many, -EOPNOTSUPP for a
 * hash that OpenSSL does not offer.
 */
int replay_hasher_new(const HashAlgorithm *banks, size_t n_banks, ReplayHasher **ret_hasher);
ReplayHasher *replay_hasher_free(ReplayHasher *hasher);

/*
 * Hashes one entry. An entry without data (MEASUREMENT_OPAQUE) has the digest that it shows, in the
 * hash of that size, and no other.
 */
int replay_hasher_hash(ReplayHasher *hasher, const Measurement *m, ReplayDigests *ret_digests);

DEFINE_CLEANUP_FUNC(ReplayHasher *, replay_hasher_free)
#define _cleanup_replay_hasher_ _cleanup_(replay_hasher_freep)
