/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures of OpenPGP, checked by gpgv(1), which apt uses too, as a child. /proc must be there.
 */
#pragma once

#include "core/provenance/gpgv-status.h"

/*
 * Checks the signature (armored or not) of the data by the keys, all of them in memory; the keys
 * are not armored. `fingerprints` as gpgv_status_parse() takes them. -ENOENT when gpgv is not
 * installed.
 */
typedef struct GpgvInput {
        const void *bytes;
        size_t size;
} GpgvInput;

int gpgv_verify(GpgvInput keys, GpgvInput signature, GpgvInput data, const StringList *fingerprints,
                GpgvStatus *ret_status);
