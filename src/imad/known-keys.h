/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the kernel holds the key that a measured file was signed with, as far as key ids tell:
 * without it the kernel could not have verified the signature.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/measurements/template.h"

/* Read when it is first needed. All zero is a valid one that was not read yet. */
typedef struct KnownKeys {
        uint32_t *ids;
        size_t n_ids;
        bool tried;
        bool readable;
} KnownKeys;

/* Forgets what was read: keys come and go. */
void known_keys_done(KnownKeys *keys);

/* False also for what has no signature, and where the keys of the kernel cannot be read. */
bool known_keys_lack(KnownKeys *keys, int root_fd, const MeasurementView *view);
