/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Measurements as records of the TCG Canonical Event Log Format (version 1.0, JSON encoding,
 * content type ima_template): number, PCR, the digests that extended each bank, and the template's
 * name and data in hexadecimal. A violation is there with the bytes of 0xff that extended the PCR.
 */
#pragma once

#include "base/buffer.h"
#include "core/measurements/replay.h"

/* Makes digests of SHA-1, SHA-256, SHA-384 and SHA-512, for cel_format_record(). */
int cel_hasher_new(ReplayHasher **ret_hasher);

/*
 * Appends the entry as one JSON object on one line, without newline; recnum counts from 0. An entry
 * whose data is not known has no content.
 */
int cel_format_record(ReplayHasher *hasher, const Measurement *m, uint64_t recnum, Buffer *buffer);
