/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What apt's lists vouch for: an archive whose SHA-256 stands in a Packages index, whose own stands
 * in a Release file, whose signature is by a key that is trusted for the source and has not
 * expired. All of it is read and checked anew, as it lies below the root.
 */
#pragma once

#include "base/diag.h"
#include "base/time.h"
#include "core/provenance/archive-index.h"
#include "core/provenance/gpgv-status.h"

#define APT_LISTS_DIRECTORY "/var/lib/apt/lists"

typedef enum AptVerdict {
        APT_VOUCHED,
        APT_NOT_LISTED,   /* no index has the digest */
        APT_NO_RELEASE,   /* an index has it, but there is no Release file */
        APT_NO_SIGNATURE, /* and the same for a Release file that is not signed */
        APT_BAD_SIGNATURE,
        APT_UNKNOWN_KEY, /* signed by a key that is not trusted for the source */
        APT_EXPIRED_KEY, /* expired or revoked; or the signature has expired */
        APT_WEAK_SIGNATURE,
        APT_NO_VERIFIER,     /* gpgv is not installed */
        APT_EXPIRED,         /* its Valid-Until is over */
        APT_MALFORMED,       /* a Release file that cannot be used */
        APT_UNAUTHENTICATED, /* a source with [trusted=yes] */
        APT_CONFLICT,        /* the source is named twice, with different keys */
        APT_VERDICT_MAX,
} AptVerdict;

/* A suite of an archive. */
typedef struct AptRelease {
        char *uri;
        char *suite;
        char *origin; /* as it calls itself, or "" */
        char *file;   /* the Release file below APT_LISTS_DIRECTORY, or "" */
        AptVerdict verdict;
        usec_t valid_until;                         /* 0: for ever */
        char fingerprint[GPGV_FINGERPRINT_MAX + 1]; /* of the key, when vouched for */
} AptRelease;

typedef struct AptIndex {
        AptRelease *releases;
        size_t n_releases;
        ArchiveIndex packages; /* their lists count releases */
} AptIndex;

/* Why, and by whom. Borrows from the index; package and release are NULL where nothing is listed.
 */
typedef struct AptVoucher {
        AptVerdict verdict;
        const IndexedPackage *package;
        const AptRelease *release;
} AptVoucher;

/*
 * Reads sources, keys, Release files and indexes below the root; `now` is what Valid-Until is
 * compared with. Sources that vouch for nothing and indexes that are not as their Release file says
 * are warnings, with what to do. A root without apt is an empty index. -ENOMEM and errors of
 * reading. The children that it starts are those of the host.
 */
int apt_index_load(int root_fd, usec_t now, AptIndex *ret_index, DiagList *diags);
void apt_index_done(AptIndex *index);

/*
 * Who vouches for an archive with this SHA-256. Of several answers the best one is given: that it
 * is vouched for.
 */
AptVoucher apt_index_check(const AptIndex *index, const Digest *archive);

/* Half a sentence behind "the archive" or "the source": "is not listed in any index". */
const char *apt_verdict_describe(AptVerdict verdict);

/* "vouched", "not-listed", … */
const char *apt_verdict_to_string(AptVerdict verdict);

#define _cleanup_apt_index_ _cleanup_(apt_index_done)
