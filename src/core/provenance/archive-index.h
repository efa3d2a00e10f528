/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of packages that indexes ("Packages") name, found by the SHA-256 of the archive. Source:
 * https://wiki.debian.org/DebianRepository/Format, "Packages" indices.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "core/provenance/deb822.h"

#define ARCHIVE_INDEX_MAX 4000000U
#define ARCHIVE_INDEX_SHA256_SIZE 32U

typedef struct IndexedPackage {
        uint8_t sha256[ARCHIVE_INDEX_SHA256_SIZE];
        uint64_t size;
        const char *name;
        const char *version;
        const char *architecture;
        const char *filename; /* below the archive's URI */
        unsigned list;        /* which index says so, as the caller counts them */
} IndexedPackage;

typedef struct ArchiveIndex {
        IndexedPackage *items;
        size_t count;
        size_t allocated;
        Arena arena;
} ArchiveIndex;

void archive_index_done(ArchiveIndex *index);

/*
 * Adds what a paragraph of an index says; one without SHA256 is passed over, as nothing can be told
 * by it. -EBADMSG for one that is malformed or incomplete.
 */
int archive_index_add(ArchiveIndex *index, const Deb822Paragraph *paragraph, unsigned list);

/* Drops all that was added after there were `count`: an index has turned out not to be good. */
void archive_index_truncate(ArchiveIndex *index, size_t count);

/* Makes it ready to be searched. */
void archive_index_sort(ArchiveIndex *index);

/* Those with the digest, *ret_count of them, lowest list first; NULL and 0 when there is none. */
const IndexedPackage *archive_index_find(
                const ArchiveIndex *index, const Digest *digest, size_t *ret_count);

#define _cleanup_archive_index_ _cleanup_(archive_index_done)
