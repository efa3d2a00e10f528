/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the PCRs must hold after the entries of a measurement list, for several banks at once.
 *
 * An entry extends its PCR in every bank by the bank's own hash over the template data (for the
 * template "ima": digest and name padded to 256 bytes), a violation by bytes of 0xff. A bank whose
 * hash the kernel could not allocate at boot is extended by the SHA-1 value padded with zeros;
 * nothing in the list says so, hence all forms are kept. Source: security/integrity/ima/
 * ima_crypto.c (ima_calc_field_array_hash) and ima_queue.c (ima_add_template_entry,
 * ima_init_digests).
 *
 * replay_add() does all of it. Its two halves can be used apart, by several threads: hashing one
 * entry depends on no other entry (ReplayHasher, one for each thread), and the PCRs of one chain
 * depend on no other chain (replay_extend(), one thread at a time for each chain).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "core/measurements/replay-hasher.h"

/* PCRs of a TPM: an entry for a higher one stays in the list and extends nothing. */
#define REPLAY_PCRS 24

typedef struct ReplayCounts {
        uint64_t entries;
        uint64_t violations;
        uint64_t bad_digests;    /* entries whose template digest does not fit their data */
        uint64_t not_replayable; /* entries for a PCR that the kernel cannot extend */
} ReplayCounts;

/* How the kernel may extend a bank. */
typedef enum ReplayForm {
        REPLAY_FORM_OWN,    /* by the bank's own hash */
        REPLAY_FORM_PADDED, /* by padded SHA-1, violations in the bank's size: its hash is a module
                             */
        /* violations padded as well: before Linux 5.7, or the TPM's driver lacks the algorithm */
        REPLAY_FORM_PADDED_VIOLATIONS,
        REPLAY_FORM_MAX,
} ReplayForm;

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
 * Whether the kernel can extend this PCR: it is one of a TPM's, and open to locality 0, which 17 to
 * 22 are not (TCG PC Client Platform TPM Profile, PCR attributes).
 */
bool replay_pcr_is_extendable(uint32_t pcr);

/*
 * Adds the next entry; costs the same however many came before, and allocates nothing (but once for
 * a list whose template digests are of a hash that is no bank). 1 when its own template digest fits
 * its data or it is a violation, 0 when not: it is counted and replayed from the data, as the
 * kernel does.
 */
int replay_add(Replay *replay, const Measurement *m);

/* A chain is one bank in one form. */
size_t replay_get_n_chains(const Replay *replay);

typedef struct ReplayChain {
        HashAlgorithm bank;
        ReplayForm form;
} ReplayChain;

ReplayChain replay_get_chain(const Replay *replay, size_t chain);

/* Extends the PCRs of one chain; does not count the entry. */
int replay_extend(Replay *replay, size_t chain, const Measurement *m, const ReplayDigests *digests);

/* Counts the entry, which is all that replay_extend() leaves to be done. */
void replay_count(Replay *replay, const Measurement *m, bool fits);

/* Gives up the padded forms of a bank that nobody will ask for. */
void replay_drop_padded(Replay *replay, HashAlgorithm bank);

/* Starts a PCR that firmware has extended before the list began; -EINVAL for a wrong size. */
int replay_set_pcr(Replay *replay, uint32_t pcr, const Digest *value);

/* The value of one chain's PCR, borrowed, of the bank's digest size; pcr < REPLAY_PCRS. */
const uint8_t *replay_peek(const Replay *replay, size_t chain, uint32_t pcr);

/*
 * -ENOENT when the bank is not replayed or the PCR does not exist, -ENODATA when an entry without
 * data could not be hashed for this bank.
 */
int replay_get_pcr(const Replay *replay, HashAlgorithm bank, uint32_t pcr, Digest *ret_digest);

/* The same in one form; a bank that has no other form, as SHA-1, is told in its own. */
int replay_get_pcr_as(const Replay *replay, ReplayForm form, HashAlgorithm bank, uint32_t pcr,
                Digest *ret_digest);

const ReplayCounts *replay_get_counts(const Replay *replay);

/* Bit mask of the PCRs that an entry has extended. */
uint64_t replay_get_pcrs(const Replay *replay);

/* Borrowed, in the order given to replay_new(). */
const HashAlgorithm *replay_get_banks(const Replay *replay, size_t *ret_n_banks);

DEFINE_CLEANUP_FUNC(Replay *, replay_free)
#define _cleanup_replay_ _cleanup_(replay_freep)
