/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The head of one segment of an archived measurement list: a line of JSON before the raw entries.
 *
 *   {"format": 1, "boot_id", "segment", "first_entry", "entries", "contents": hex, "previous":
 * hex|null, "digest_size", "big_endian", "pcrs": {"sha256:10": hex}}
 *
 * "contents" is the SHA-256 over the entries; "previous" is the SHA-256 over the whole file of the
 * segment before, so that none can be changed, left out or put in another place without all later
 * ones; "pcrs" is what PCR 10 is replayed to after the last entry.
 */
#pragma once

#include "core/measurements/list.h"
#include "core/measurements/replay.h"

#define SEGMENT_FORMAT 1
#define SEGMENT_BOOT_ID_SIZE 37 /* with its NUL */
#define SEGMENT_LINE_MAX 4096U

typedef struct Segment {
        char boot_id[SEGMENT_BOOT_ID_SIZE];
        uint64_t number;      /* from 1 */
        uint64_t first_entry; /* from 1 */
        uint64_t entries;
        Digest contents; /* SHA-256 over the raw entries */
        Digest previous; /* size 0: the first segment */
        MeasurementFormat list;
} Segment;

/* The line with its newline; replay stands behind the last entry. malloc()ed. */
int segment_format(const Segment *segment, const Replay *replay, char **ret_line);

/* The line without its newline. -EBADMSG, also for another format. */
int segment_parse(const char *line, size_t size, Segment *ret_segment);
