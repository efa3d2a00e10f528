/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the PCRs must hold after the entries of a measurement list, for several banks at once.
 *
 * An entry extends its PCR in every bank by the bank's own hash over the template data (for the
 * template "ima": digest and name padded to 256 bytes), a violation by bytes of 0xff. A bank whose
 * hash the kernel could not allocate at boot is extended by the SHA-1 value padded with zeros;
 * nothing in the list says so, hence both values are kept. Source: security/integrity/ima/
 * ima_crypto.c (ima_calc_field_array_hash) and ima_queue.c (ima_add_template_entry).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "core/measurements/list.h"

/* PCRs of a TPM: an entry for a higher one stays in the list and extends nothing. */
#define REPLAY_PCRS 24
#define REPLAY_BANKS_MAX 8

typedef struct ReplayCounts {
        uint64_t entries;
        uint64_t violations;
        uint64_t bad_digests;    /* entries whose template digest does not fit their data */
        uint64_t not_replayable; /* entries for a PCR that no TPM has */
} ReplayCounts;

typedef struct Replay Replay;

/*
 * All PCRs start as zeros. -EINVAL for no, too many or repeated banks, -EOPNOTSUPP for a hash that
 * OpenSSL does not offer.
 */
int replay_new(const HashAlgorithm *banks, size_t n_banks, Replay **ret_replay);
Replay *replay_free(Replay *replay);

/* An independent replay in the same state. */
int replay_copy(const Replay *replay, Replay **ret_replay);

/*
 * Adds the next entry; costs the same however many came before, and allocates nothing (but once for
 * a list whose template digests are of a hash that is no bank). 1 when its own template digest fits
 * its data or it is a violation, 0 when not: it is counted and replayed from the data, as the
 * kernel does.
 */
int replay_add(Replay *replay, const Measurement *m);

/* -ENOENT when the bank is not replayed or the PCR does not exist. */
int replay_get_pcr(const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

/* The same for a bank whose hash the kernel lacks; equal to the above for SHA-1. */
int replay_get_padded_pcr(
                const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

const ReplayCounts *replay_get_counts(const Replay *replay);

/* Bit mask of the PCRs that an entry has extended. */
uint64_t replay_get_pcrs(const Replay *replay);

/* Borrowed, in the order given to replay_new(). */
const HashAlgorithm *replay_get_banks(const Replay *replay, size_t *ret_n_banks);

DEFINE_CLEANUP_FUNC(Replay *, replay_free)
#define _cleanup_replay_ _cleanup_(replay_freep)
