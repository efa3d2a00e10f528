/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of packages that no index vouches for, and that root allows for a while, by the digest
 * of their bytes: one file of JSON for each.
 */
#pragma once

#include "base/digest.h"
#include "base/time.h"

#define ARCHIVE_ALLOWANCE_DIRECTORY "/var/lib/imad/allowed-archives"
#define ARCHIVE_ALLOWANCE_USEC (86400 * USEC_PER_SEC)
#define ARCHIVE_ALLOWANCES_MAX 10000U

typedef struct ArchiveAllowance {
        const Digest *digest; /* SHA-256 of the archive */
        const char *path;     /* where it was, for who reads the file */
        const char *reason;   /* or NULL */
        usec_t now_usec;      /* CLOCK_REALTIME */
} ArchiveAllowance;

/* Allows it for ARCHIVE_ALLOWANCE_USEC from now on, and forgets those that are over. */
int archive_allowance_add(int root_fd, const ArchiveAllowance *allowance);

/* Whether it is allowed now; -EBADMSG when its file is malformed. */
int archive_allowance_check(int root_fd, const Digest *digest, usec_t now_usec);
