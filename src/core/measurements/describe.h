/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry of a measurement list as JSON, for people and scripts:
 *
 *   {"number", "pcr", "template", "template_digest", "digest": "ALGORITHM:hex"|"", "violation",
 *    "verdict": of core/measurements/entry-verdict.h, "name": text | "name_bytes": hex}
 *
 * with details also
 *
 *   "offset", "data": hex|null, "digest_type": "ima"|"verity"|null,
 *   "fields": [{"id", "state": "present"|"empty"|"malformed"}],
 *   "signature": {"type", "version", "hash", "key_id", "size"} | null (none, or it does not parse),
 *   "appended_signature": {"digest", "size"}|null
 */
#pragma once

#include <jansson.h>

#include "core/measurements/list.h"
#include "core/measurements/replay-hasher.h"

/* The hasher is for the verdict and needs no banks. NULL: no memory. */
json_t *measurement_describe(const Measurement *m, ReplayHasher *hasher, bool details);
