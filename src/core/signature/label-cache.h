/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose labels were found good, so that another run need not read them: whatever changes a
 * file or its labels changes its time of change. It belongs to one key, those whose labels are kept
 * besides, and one way to sign. It spares work and vouches for nothing: kernels verify for
 * themselves, and so does `verify`.
 *
 *   8 bytes "imadlc1\0", u64 number of entries, 32 bytes SHA-256 of what it belongs to,
 *   entries in the order of device and inode: u64 device, u64 inode, 16 bytes mark,
 *   32 bytes SHA-256 over all of this
 *
 * in little-endian order. The mark is the start of the SHA-256 over size, time of change and time
 * of the last change of the content.
 */
#pragma once

#include "base/buffer.h"
#include "core/signature/label-record.h"

#define LABEL_CACHE_ENTRIES_MAX ((size_t) 1 << 20)
#define LABEL_CACHE_SIZE_MAX (LABEL_CACHE_ENTRIES_MAX * 32 + 80)

/* A file as stat(2) tells of it. */
typedef struct LabelCacheFile {
        uint64_t device;
        uint64_t inode;
        uint64_t size;
        int64_t ctime_sec;
        int64_t mtime_sec;
        uint32_t ctime_nsec;
        uint32_t mtime_nsec;
} LabelCacheFile;

typedef struct LabelCache LabelCache;

/* An empty one, of what has this SHA-256: keys, hash, and which labels are set. */
int label_cache_new(const Digest *owner, LabelCache **ret_cache);
LabelCache *label_cache_free(LabelCache *cache);

/*
 * Takes over the malloc()ed bytes in any case. -EBADMSG when they are damaged, -EEXIST when they
 * belong to something else.
 */
int label_cache_parse(const Digest *owner, uint8_t *bytes, size_t size, LabelCache **ret_cache);

bool label_cache_has(const LabelCache *cache, const LabelCacheFile *file);

/* Adds a file, or does nothing above the limit. Found by label_cache_has() when it is read anew. */
int label_cache_add(LabelCache *cache, const LabelCacheFile *file);

/* Whether anything was added. */
bool label_cache_is_changed(const LabelCache *cache);

/* Appends old and new entries; of one file the new one, and above the limit no more old ones. */
int label_cache_format(LabelCache *cache, Buffer *buffer);

DEFINE_CLEANUP_FUNC(LabelCache *, label_cache_free)
#define _cleanup_label_cache_ _cleanup_(label_cache_freep)
