/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a PCR and the measurement list agree, without ever taking a race for tampering.
 *
 * The kernel links an entry into the list and then extends the PCR, one entry at a time (mutex in
 * security/integrity/ima/ima_queue.c, ima_add_template_entry). So a PCR that is read before the
 * list equals the replay after some entry of that list, and one that is read after it is at most
 * one entry behind, or ahead by entries that the next reading of the list shows.
 *
 * A round is: read the PCR, read the list to its end, read the PCR. What the second value says:
 *
 *   equals the replay after the last entry           match
 *   equals the replay after an earlier entry         list-ahead; diverged when the PCR has stood at
 *                                                    that entry for VERDICT_SETTLE_ROUNDS rounds
 *   equals none of them, first round so              pcr-ahead; the value is remembered
 *   equals none, and the remembered value of the     diverged
 *   round before was not met either
 *   equals none, but the remembered value was met    pcr-ahead, this value is remembered
 *
 * Diverged stays until a round explains the PCR again. Rounds should lie at least 100 ms apart when
 * they follow on a list-ahead or pcr-ahead.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "core/measurements/list.h"
#include "core/measurements/replay.h"

#define VERDICT_SETTLE_ROUNDS 5

/* Entries back for which a value is kept from one round to the next. */
#define VERDICT_WINDOW 16

typedef enum Verdict {
        VERDICT_UNKNOWN, /* no complete round yet, or no value to compare with */
        VERDICT_MATCH,
        VERDICT_LIST_AHEAD,
        VERDICT_PCR_AHEAD,
        VERDICT_DIVERGED,
        VERDICT_OTHER_BOOT,       /* set by who knows about boots: never by a tracker */
        VERDICT_NO_TPM,           /* likewise */
        VERDICT_BANK_UNSUPPORTED, /* likewise */
        VERDICT_MAX,
        VERDICT_INVALID = -EINVAL,
} Verdict;

/* "match", "list-ahead", …; NULL for what is no verdict. */
const char *verdict_to_string(Verdict verdict);

/*
 * The verdict about a list as a whole: the worst, so that every bank must match. Worst first:
 * diverged, other-boot, unknown, no-tpm, bank-unsupported, pcr-ahead, list-ahead, match. None at
 * all is unknown.
 */
Verdict verdict_combine(const Verdict *verdicts, size_t n_verdicts);

/* The verdict when no further round will come: a PCR ahead of a list that is complete diverged. */
Verdict verdict_settle(Verdict verdict);

/* The replay after one entry, in every form. */
typedef struct VerdictPoint {
        uint64_t number; /* of the entry in the list, 0 before the first */
        uint64_t place;  /* how many entries of this PCR until here */
        Digest values[REPLAY_FORM_MAX];
} VerdictPoint;

/* A PCR value that some point must explain. */
typedef struct VerdictExpectation {
        bool set;
        bool met;
        Digest value;
        uint64_t number;
        uint64_t place;
} VerdictExpectation;

/* One bank and PCR. Plain data: may be copied, needs no destructor. */
typedef struct VerdictTracker {
        HashAlgorithm bank;
        uint32_t pcr;
        Verdict verdict;
        uint64_t confirmed; /* last entry at which the PCR was seen to agree, 0 if never */
        uint64_t behind;    /* list-ahead: entries of this PCR that it has not seen */
        ReplayForm form;    /* in which the kernel turned out to extend the bank */

        uint64_t place;
        uint64_t window_used;
        VerdictPoint window[VERDICT_WINDOW];
        VerdictExpectation remembered;
        VerdictExpectation before;
        uint64_t stood_at;
        unsigned stood_rounds;
} VerdictTracker;

/*
 * Begins with the state of the replay: before its first entry, or when an entry for a PCR without a
 * tracker is about to be added. -ENOENT when the replay has no such bank or PCR.
 */
int verdict_tracker_init(VerdictTracker *ret_tracker, HashAlgorithm bank, uint32_t pcr,
                const Replay *replay);

/* A round begins: the PCR's value before the list is read, NULL when it was not read. */
void verdict_tracker_begin(VerdictTracker *tracker, const Digest *value);

/* After each replay_add() of an entry; entries of other PCRs are ignored. */
void verdict_tracker_add(VerdictTracker *tracker, const Replay *replay, const Measurement *m);

/*
 * The list was read to its end: the PCR's value after that, NULL when it could not be read (unknown
 * until the next round). A round that is broken off is simply not ended.
 */
Verdict verdict_tracker_end(VerdictTracker *tracker, const Digest *value);

/* The replayed value to show beside the PCR's: that of the last entry. */
const Digest *verdict_tracker_get_replayed(const VerdictTracker *tracker);
