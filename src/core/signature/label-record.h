/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The records of a label journal: what was asked for, what each file's labels were before they were
 * changed, and how it ended. A record is
 *
 *   u32 size of the body, u8 kind, body, the first 8 bytes of the SHA-256 over all of these
 *
 * in little-endian order. Bodies:
 *
 *   begin  u16 format, u64 time in microseconds of CLOCK_REALTIME, words that each end in a NUL
 *   file   u64 inode, u64 size, i64 seconds and u32 nanoseconds of the last change of its content,
 *          u32 size of its path, path, u8 size of what vouched for it or 0, that, and for each
 *          change of it
 *            u8 attribute (0: security.ima, 1: security.evm), u32 size of the old value or 0 where
 *            there was none, old value, u8 whether a new value is set, 16 bytes by which that is
 *            recognised
 *   end    u8 outcome, u64 files, u64 changed, u64 failed
 *
 * The new value is not stored: with the old one a change can be taken back, and whether it was made
 * the file itself says. No device number either, as file systems get another one when they are
 * mounted again; path, inode, size and time of the content are the file's identity.
 */
#pragma once

#include "base/buffer.h"
#include "core/signature/file-label.h"

#define LABEL_RECORD_FORMAT 2U
#define LABEL_RECORD_PATH_MAX 4095U
#define LABEL_RECORD_SOURCE_MAX 32U
#define LABEL_RECORD_VALUE_MAX 65536U /* XATTR_SIZE_MAX */
#define LABEL_RECORD_MARK_SIZE 16U
#define LABEL_RECORD_CHANGES_MAX FILE_LABEL_ATTRIBUTE_MAX
/* No record is longer: two old values, a path, and what is fixed; words of a begin are fewer. */
#define LABEL_RECORD_SIZE_MAX ((size_t) 192 * 1024)

typedef enum LabelRecordKind {
        LABEL_RECORD_BEGIN = 1,
        LABEL_RECORD_FILE = 2,
        LABEL_RECORD_END = 3,
} LabelRecordKind;

typedef enum LabelOutcome {
        LABEL_OUTCOME_FINISHED,
        LABEL_OUTCOME_INTERRUPTED, /* by a kill; no file is left halfway */
        LABEL_OUTCOME_UNDOING,     /* being taken back */
        LABEL_OUTCOME_UNDONE,
        LABEL_OUTCOME_MAX,
        LABEL_OUTCOME_INVALID = -EINVAL,
} LabelOutcome;

/* What a value is recognised by: the start of its SHA-256. */
typedef struct LabelMark {
        uint8_t bytes[LABEL_RECORD_MARK_SIZE];
} LabelMark;

typedef struct LabelRecordChange {
        FileLabelAttribute attribute;
        const uint8_t *old;
        size_t old_size; /* 0: there was none */
        bool has_new;    /* else it is removed */
        LabelMark new;
} LabelRecordChange;

/* Borrows from the bytes that were parsed. */
typedef struct LabelRecord {
        LabelRecordKind kind;
        union {
                struct {
                        uint64_t time_usec;
                        const char *words; /* each ends in a NUL */
                        size_t words_size;
                } begin;
                struct {
                        uint64_t inode;
                        uint64_t size;
                        int64_t mtime_sec;
                        uint32_t mtime_nsec;
                        const char *path; /* below the root; not terminated */
                        size_t path_size;
                        const char *source; /* "archive", … ; not terminated */
                        size_t source_size; /* 0: nobody was asked */
                        LabelRecordChange changes[LABEL_RECORD_CHANGES_MAX];
                        size_t n_changes;
                } file;
                struct {
                        LabelOutcome outcome;
                        uint64_t files;
                        uint64_t changed;
                        uint64_t failed;
                } end;
        };
} LabelRecord;

/* "finished", "interrupted", "undoing", "undone". */
const char *label_outcome_to_string(LabelOutcome outcome);

int label_mark_compute(const void *value, size_t size, LabelMark *ret_mark);
bool label_mark_equal(const LabelMark *a, const LabelMark *b);

/* Appends the record. -ENAMETOOLONG for a path, -E2BIG for values and source above the limits. */
int label_record_format(const LabelRecord *record, Buffer *buffer);

/*
 * Parses the record at bytes. *ret_size is how long it is, and may be more than there is: then
 * -ENODATA. -EBADMSG for what is none, a wrong checksum included.
 */
int label_record_parse(const void *bytes, size_t size, LabelRecord *ret_record, size_t *ret_size);
