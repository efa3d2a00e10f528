/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's measurement list, read as a stream in bounded memory: the binary files
 * (binary_runtime_measurements and its siblings for each PCR bank), the ASCII ones, and the buffer
 * that a kernel hands over at kexec.
 *
 * One binary entry is: PCR index, template digest, name length, template name, data length,
 * template data. Entries of the template "ima" have no data length. Integers have 32 bits in the
 * byte order of the machine, or little-endian with ima_canonical_fmt. Source:
 * security/integrity/ima/ima_fs.c (ima_measurements_show, ima_ascii_measurements_show),
 * ima_template.c and ima.h (struct ima_kexec_hdr).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "core/measurements/format.h"

typedef struct MeasurementTemplate MeasurementTemplate;

/* Bytes that a reader holds at most; template data above the second limit is malformed. */
#define MEASUREMENT_PENDING_MAX ((size_t) 32 << 20)
#define MEASUREMENT_DATA_MAX ((size_t) 16 << 20)

/* pcr= takes 0 to 63 on 64-bit machines (security/integrity/ima/ima_policy.c, INVALID_PCR). */
#define MEASUREMENT_PCR_MAX 63

/* One entry. Everything is borrowed from the reader and lives until it is fed again or freed. */
typedef struct Measurement {
        uint64_t number; /* from 1 */
        uint64_t offset; /* of the entry in the list, in bytes */
        uint32_t pcr;
        const uint8_t *template_digest;
        size_t template_digest_size;
        const char *template_name; /* not NUL-terminated */
        size_t template_name_size;
        const uint8_t *data; /* template data, as it was hashed */
        size_t data_size;
        bool big_endian;
        bool violation; /* the template digest is all zero */
        bool opaque;    /* ASCII entry of an unknown layout: its data cannot be made of the text */
        /* NULL for a layout that imad does not know: the raw data still replays. */
        const MeasurementTemplate *template;
} Measurement;

/* Where and why reading stopped; `offset` is that of the entry, `where` that of the bad field. */
typedef struct MeasurementError {
        uint64_t number;
        uint64_t offset;
        uint64_t where;
        char reason[128];
} MeasurementError;

typedef struct MeasurementReader MeasurementReader;

/*
 * For a binary file of the kernel. digest_size is that of the template digests in the list: 20, or
 * the bank's in the per-bank files. -EINVAL for a size of no hash.
 */
int measurement_reader_new(size_t digest_size, bool big_endian, MeasurementReader **ret_reader);

/* For a file of unknown origin: its format is that of its first entry. */
int measurement_reader_new_detecting(MeasurementReader **ret_reader);

MeasurementReader *measurement_reader_free(MeasurementReader *reader);

/*
 * Copies further bytes of the list. -E2BIG above MEASUREMENT_PENDING_MAX: take the entries out with
 * measurement_reader_next() between feeds. -EBADMSG after a malformed entry, -ENOMEM.
 */
int measurement_reader_feed(MeasurementReader *reader, const void *bytes, size_t size);

/* No bytes will follow: what waits for more of them is delivered by measurement_reader_next(). */
void measurement_reader_end(MeasurementReader *reader);

/*
 * 1: an entry; 0: needs more bytes; -EBADMSG: malformed, see measurement_reader_error(). The reader
 * then stays failed: nothing behind can be trusted to be an entry. -ENOMEM.
 */
int measurement_reader_next(MeasurementReader *reader, Measurement *ret_measurement);

/* NULL while nothing is malformed. */
const MeasurementError *measurement_reader_error(const MeasurementReader *reader);

/* Offset of the first byte that belongs to no complete entry: what came before is valid. */
uint64_t measurement_reader_offset(const MeasurementReader *reader);

/* NULL while a detecting reader has too few bytes to tell. */
const MeasurementFormat *measurement_reader_format(const MeasurementReader *reader);

/*
 * Says that the list ends here. 0 when it ended with a whole entry; else -EBADMSG and a diagnostic
 * E401 (ends inside an entry), E402 (malformed) or E404 (other than its kexec header says) with
 * the byte offset.
 */
int measurement_reader_finish(MeasurementReader *reader, DiagList *diags, const char *source);

DEFINE_CLEANUP_FUNC(MeasurementReader *, measurement_reader_free)
#define _cleanup_measurement_reader_ _cleanup_(measurement_reader_freep)
