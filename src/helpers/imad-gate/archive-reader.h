/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the archives of a transaction, which are untrusted bytes, in a process of its own. */
#pragma once

#include "base/strings.h"
#include "helpers/imad-gate/record-reader.h"

typedef struct ArchiveReaderSetup {
        int root_fd;
        const StringList *archives; /* paths below the root */
        bool sign_unverified;       /* nobody has to vouch for an archive */
} ArchiveReaderSetup;

/* Forks it. Records of archives that are not vouched for do not come. */
int archive_reader_start(const ArchiveReaderSetup *setup, RecordReader *ret_reader);
