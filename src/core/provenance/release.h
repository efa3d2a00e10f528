/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Release file of an archive, which a signature covers and which names the digests of its
 * indexes. Source: https://wiki.debian.org/DebianRepository/Format, "Release" files.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

#define RELEASE_SIZE_MAX ((size_t) 32 << 20)

typedef struct ReleaseFile {
        const char *path; /* "main/binary-amd64/Packages" */
        uint64_t size;
        Digest digest; /* SHA-256 */
} ReleaseFile;

typedef struct Release {
        const char *origin; /* these are "" when there is none */
        const char *suite;
        const char *codename;
        uint64_t valid_until; /* microseconds since the epoch; 0: for ever */
        ReleaseFile *files;
        size_t n_files;
        Arena arena;
} Release;

void release_done(Release *release);

/*
 * -EBADMSG with what is wrong with it in *ret_reason, half a sentence, static. A date that does not
 * parse is wrong: it would be one without an end.
 */
int release_parse(const char *text, size_t size, Release *ret_release, const char **ret_reason);

/*
 * "Sat, 11 Jul 2026 10:16:37 UTC", as RFC 5322 but for the name of the zone, in microseconds since
 * the epoch. -EBADMSG.
 */
int release_parse_date(const char *text, uint64_t *ret_usec);

#define _cleanup_release_ _cleanup_(release_done)
