/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upper limits of everything that clients can make grow, in one table. */
#pragma once

#include <systemd/sd-bus.h>

typedef enum Limit {
        LIMIT_JOBS,           /* running at the same time */
        LIMIT_AUTHORIZATIONS, /* queries to polkit under way */
        LIMIT_VERIFICATIONS,  /* calls of Measurements.Verify() under way */
        LIMIT_ENTRIES,        /* pages of Measurements.GetEntries() under way */
        LIMIT_SNAPSHOTS,      /* copies of Measurements.GetList() in the making */
        LIMIT_MAX,
} Limit;

/* Finished jobs whose result is kept for late readers; the oldest one makes room. */
#define LIMIT_JOBS_FINISHED 32
/* Entries in one answer of Measurements.GetEntries(). */
#define LIMIT_ENTRIES_PAGE 1000
/* Bytes of one copy of the measurement list: about 350,000 entries, well below MemoryMax=. */
#define LIMIT_SNAPSHOT_BYTES ((size_t) 96 * 1024 * 1024)
/* Paths of one call of Signing, and bytes of them; directories are walked. */
#define LIMIT_SIGNING_PATHS 1000
#define LIMIT_SIGNING_BYTES 65536
/* Keys in an option dictionary. */
#define LIMIT_OPTIONS 64

/*
 * May one more be added, when the user has of_uid of them and all users together have total? Sets
 * BUS_ERROR_LIMIT_EXCEEDED and returns negative when not.
 */
int limit_check(Limit limit, unsigned of_uid, unsigned total, sd_bus_error *reterr_error);

unsigned limit_get_per_uid(Limit limit);
