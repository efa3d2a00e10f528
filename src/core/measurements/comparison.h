/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A replay that is compared with known values of PCRs as it goes on: where in the list each PCR had
 * its value, and what that says when the list is complete and no further value will come.
 */
#pragma once

#include "core/measurements/boot-aggregate.h"
#include "core/measurements/replay.h"
#include "core/measurements/verdict.h"

typedef struct Comparison Comparison;

/*
 * Replays the banks of the given values that OpenSSL offers; without any sha1, sha256, sha384 and
 * sha512. With `padded` values are also compared with padded SHA-1 (core/measurements/replay.h),
 * which takes half as much time again. The event log says what the boot PCRs were before the list
 * began. Both are borrowed, and may be NULL.
 */
int comparison_new(const PcrValueList *values, const EventLog *log, bool padded,
                Comparison **ret_comparison);
Comparison *comparison_free(Comparison *comparison);

/* Borrowed; for counting (replay_count()) and for hashers. */
Replay *comparison_get_replay(Comparison *comparison);

/* Extends one chain of the replay; several threads may do so for different chains. */
int comparison_extend(Comparison *comparison, size_t chain, const Measurement *m,
                const ReplayDigests *digests);

/* What one PCR of one bank says. */
typedef struct ComparisonResult {
        Verdict verdict;     /* unknown without a value */
        const Digest *value; /* borrowed; NULL: none was given */
        uint64_t confirmed;  /* last entry at which the PCR had the value, 0 if at none */
        uint64_t behind;     /* list-ahead: entries of this PCR that it has not seen */
        Digest replayed;     /* size 0: it could not be replayed */
} ComparisonResult;

/*
 * boot is what the list's boot_aggregate says: a value that no entry explains is of another boot
 * when that is, and one that was never extended is no TPM's that IMA knew of when IMA found none.
 */
ComparisonResult comparison_judge(
                const Comparison *comparison, HashAlgorithm bank, uint32_t pcr, BootVerdict boot);

/*
 * True when every value that is to be compared is that of its bank's own hash, so that padded ones
 * would say nothing new.
 */
bool comparison_is_explained(const Comparison *comparison);

/* Whether the value of this PCR is to be compared although no entry may have extended it. */
bool comparison_is_asked_for(const Comparison *comparison, HashAlgorithm bank, uint32_t pcr);

DEFINE_CLEANUP_FUNC(Comparison *, comparison_free)
#define _cleanup_comparison_ _cleanup_(comparison_freep)
