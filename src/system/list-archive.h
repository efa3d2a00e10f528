/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The archive of a measurement list: a directory for each boot, and in it one file for each
 * segment, NNNNNNNN.gz, a gzip of its head (core/measurements/segment.h) and its raw entries. A
 * segment is written beside, synced and renamed; then it is never changed. So a crash leaves all
 * earlier ones, and what it lost is in the kernel's list still.
 */
#pragma once

#include "base/buffer.h"
#include "base/diag.h"
#include "core/measurements/segment.h"

#define LIST_ARCHIVE_PATH "/var/lib/imad/measurements"

/* Raw bytes of one segment; a longer one is refused. One entry may have MEASUREMENT_DATA_MAX. */
#define LIST_ARCHIVE_SEGMENT_MAX ((size_t) 64 << 20)
#define LIST_ARCHIVE_SEGMENTS_MAX 100000U

/* What an archive holds up to its end, or to the first segment that is missing or damaged. */
typedef struct ListArchive {
        char boot_id[SEGMENT_BOOT_ID_SIZE]; /* "": no segment was read */
        uint64_t segments;
        uint64_t entries;
        Digest last; /* SHA-256 over the last file; size 0: there is none */
        Replay *replay;
        MeasurementFormat list;
        uint64_t size; /* bytes of raw entries in all segments */
} ListArchive;

void list_archive_done(ListArchive *archive);

/* Takes the raw entries of a good segment, in order. A negative errno ends the reading with it. */
typedef int ListArchiveSink(void *userdata, const void *bytes, size_t size);

/*
 * Reads the archive of one boot, whichever when boot_id is NULL, replaying sha1, sha256, sha384 and
 * sha512. Each segment that is missing, damaged, or does not follow on the one before is an E480 or
 * E481 in diags; -EBADMSG then, with *ret_archive up to that place. An absent or empty directory is
 * an empty archive. One segment is in memory at a time; what the sink (NULL: none) does with it may
 * be compared with a list of any length.
 */
int list_archive_load(int root_fd, const char *directory, const char *boot_id,
                ListArchiveSink *sink, void *userdata, DiagList *diags, ListArchive *ret_archive);

/*
 * Reads once more what list_archive_load() has found good: the raw entries of the segment behind
 * those in *archive, which begins as { 0 } and has no replay. Who has read all of them compares
 * `last` with that of the first reading: it vouches for every segment. -EBADMSG when it is not the
 * next one; -ENOENT behind the last.
 */
int list_archive_read(
                int root_fd, const char *directory, ListArchive *archive, Buffer *ret_entries);

/* Renames all segments behind the end of the archive to NAME.bad, so that they are in nobody's way.
 */
int list_archive_set_aside(int root_fd, const char *directory, const ListArchive *archive);

/*
 * Writes the next segment of whole entries, from `bytes`, and adds it to the archive, whose
 * boot_id and list must be set. -EBADMSG when the bytes are no whole entries.
 */
int list_archive_append(int root_fd, const char *directory, ListArchive *archive, const void *bytes,
                size_t size);

/*
 * Removes the archives below `path` but for that of this boot and, of the others, the `keep` that
 * were written last.
 */
int list_archive_prune(int root_fd, const char *path, const char *boot_id, size_t keep);

#define _cleanup_list_archive_ _cleanup_(list_archive_done)
