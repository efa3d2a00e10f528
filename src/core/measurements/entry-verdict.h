/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one entry of a measurement list is by itself, in one word. */
#pragma once

#include <errno.h>

#include "core/measurements/replay-hasher.h"
#include "core/measurements/template.h"

/* The first that applies. Signatures are not checked here: see core/measurements/checker.h. */
typedef enum EntryVerdict {
        ENTRY_VERDICT_VIOLATION,
        ENTRY_VERDICT_BAD_DIGEST, /* its template digest does not fit its data */
        ENTRY_VERDICT_SIGNED,
        ENTRY_VERDICT_UNSIGNED, /* a file whose template has an empty place for a signature */
        ENTRY_VERDICT_PLAIN,    /* everything else, as of templates without signatures */
        ENTRY_VERDICT_MAX,
        ENTRY_VERDICT_INVALID = -EINVAL,
} EntryVerdict;

/* "violation", "bad-digest", "signed", "unsigned", "plain". */
const char *entry_verdict_to_string(EntryVerdict verdict);
EntryVerdict entry_verdict_from_string(const char *name);

/* A file whose entry has an empty place for a signature; costs no hashing. */
bool entry_verdict_is_unsigned(const Measurement *m, const MeasurementView *view);

/* Negative errno when the entry cannot be hashed. The hasher needs no banks. */
int entry_verdict_find(ReplayHasher *hasher, const Measurement *m, const MeasurementView *view,
                EntryVerdict *ret_verdict);
