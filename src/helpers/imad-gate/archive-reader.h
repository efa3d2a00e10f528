/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the archives of a transaction in a process of its own: they are untrusted bytes, and
 * whoever watches the gate must not open files. What is in them comes back through a pipe, and
 * nothing of it is believed without checking its form.
 */
#pragma once

#include "base/strings.h"
#include "helpers/imad-gate/label-table.h"

#define ARCHIVE_TEXT_MAX 4096U

typedef enum ArchiveRecordKind {
        ARCHIVE_RECORD_FILE,    /* a file that gets a label, with a path that it may have */
        ARCHIVE_RECORD_SCRIPT,  /* the same, of a control script, which is needed first */
        ARCHIVE_RECORD_PACKAGE, /* "NAME VERSION PATH" of an archive that was read to its end */
        ARCHIVE_RECORD_REFUSED, /* why an archive is not signed for, with its path */
        ARCHIVE_RECORD_MAX,
} ArchiveRecordKind;

typedef struct ArchiveRecord {
        ArchiveRecordKind kind;
        uint64_t size;
        uint8_t digest[LABEL_DIGEST_SIZE];
        char text[ARCHIVE_TEXT_MAX];
} ArchiveRecord;

typedef struct ArchiveReader {
        pid_t pid; /* 0: none */
        int fd;    /* of the pipe */
} ArchiveReader;

typedef struct ArchiveReaderSetup {
        int root_fd;
        const StringList *archives; /* paths below the root */
        bool sign_unverified;       /* nobody has to vouch for an archive */
} ArchiveReaderSetup;

/* Forks it. Records of archives that are not vouched for do not come. */
int archive_reader_start(const ArchiveReaderSetup *setup, ArchiveReader *ret_reader);
void archive_reader_done(ArchiveReader *reader);

/*
 * 1 and the next record, 0 at the end of a reader that came to its end; -EAGAIN when there is none
 * yet, -EBADMSG for a malformed one, -ECHILD when the reader has failed.
 */
int archive_reader_next(ArchiveReader *reader, ArchiveRecord *ret_record);

#define _cleanup_archive_reader_ _cleanup_(archive_reader_done)
