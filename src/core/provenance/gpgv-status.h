/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What gpgv(1) says on its status descriptor. Source: doc/DETAILS of GnuPG; judged as apt does
 * (methods/gpgv.cc).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strings.h"

#define GPGV_FINGERPRINT_MAX 64U

typedef enum GpgvVerdict {
        GPGV_GOOD,
        GPGV_NO_SIGNATURE,
        GPGV_BAD,         /* any signature is not of these bytes */
        GPGV_UNKNOWN_KEY, /* no signature is by a key that is trusted for it */
        GPGV_EXPIRED,     /* the signature or its key has expired, or the key is revoked */
        GPGV_WEAK,        /* a hash for which others can find a second text */
        GPGV_VERDICT_MAX,
} GpgvVerdict;

typedef struct GpgvStatus {
        GpgvVerdict verdict;
        char fingerprint[GPGV_FINGERPRINT_MAX + 1]; /* of the primary key of a good one, else "" */
} GpgvStatus;

/*
 * One good signature is enough, unless another one is bad. `fingerprints`, where there are any, are
 * the keys that may have made it: primary keys, or with a "!" behind exactly that key.
 */
GpgvStatus gpgv_status_parse(const char *text, size_t size, const StringList *fingerprints);
