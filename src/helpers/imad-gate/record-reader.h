/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of its own that reads what is untrusted or takes long, while whoever watches the gate
 * must not open files. What it finds comes back through a pipe as records, and nothing of them is
 * believed without checking its form.
 */
#pragma once

#include "base/buffer.h"
#include "helpers/imad-gate/label-table.h"

#define RECORD_TEXT_MAX 4096U

typedef enum RecordKind {
        RECORD_FILE,    /* a file that gets a label, with a path that it may have */
        RECORD_SCRIPT,  /* the same, of a control script, which is needed first */
        RECORD_PACKAGE, /* "NAME OLD-VERSION VERSION PATH" of an archive that was read to its
                           end; size is 1 when root has allowed it */
        RECORD_REFUSED, /* why an archive is not signed for, with its path */
        RECORD_VOUCHED, /* "RULE PATH" of a file that a vouch rule covers */
        RECORD_SKIPPED, /* the same of one that it does not; size is the VouchVerdict */
        RECORD_MAX,
} RecordKind;

typedef struct Record {
        RecordKind kind;
        uint64_t size;
        uint8_t digest[LABEL_DIGEST_SIZE];
        char text[RECORD_TEXT_MAX];
} Record;

/* Adds the bytes of one; digest NULL: it has none. -E2BIG for a long text, -ENOMEM. */
int record_append(Buffer *records, RecordKind kind, uint64_t size, const uint8_t *digest,
                const char *text);

/* The next one of a pipe: 1, 0 at its end, -EBADMSG for what is malformed or cut off, -ETIMEDOUT
 * when the rest of it does not come within five seconds. */
int record_read(int fd, Record *ret_record);

typedef struct RecordReader {
        pid_t pid; /* 0: none */
        int fd;    /* of the pipe */
} RecordReader;

/* What the process does; it writes records to the pipe. A negative result is its failure. */
typedef int RecordReaderRun(const void *setup, int pipe_fd);

int record_reader_start(RecordReaderRun *run, const void *setup, RecordReader *ret_reader);
void record_reader_done(RecordReader *reader);

/*
 * 1 and the next record, 0 at the end of a reader that came to its end; -EAGAIN when there is none
 * yet, -ECHILD when the reader has failed, -ETIMEDOUT when it does not end, and what record_read()
 * says.
 */
int record_reader_next(RecordReader *reader, Record *ret_record);

#define _cleanup_record_reader_ _cleanup_(record_reader_done)
