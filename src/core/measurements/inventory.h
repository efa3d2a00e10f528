/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a measurement list has seen, as sets: each file, key and buffer with all its digests. */
#pragma once

#include "core/measurements/allow-list.h"
#include "core/measurements/template.h"

typedef struct Inventory {
        AllowList files;   /* by path; boot_aggregate is among them */
        AllowList keys;    /* by keyring: certificates that were added to it */
        AllowList buffers; /* by name: command lines and other critical data */
} Inventory;

void inventory_done(Inventory *inventory);

/*
 * Adds one entry. 1; 0 for one that tells no digest: violations, unknown layouts, digests of zeros
 * and those of fs-verity, which are of no file's bytes.
 */
int inventory_add(Inventory *inventory, const Measurement *m);

/* Adds everything of another one. */
int inventory_merge(Inventory *inventory, const Inventory *other);

void inventory_sort(Inventory *inventory);

#define INVENTORY_BOOT_AGGREGATE "boot_aggregate"

#define _cleanup_inventory_ _cleanup_(inventory_done)
