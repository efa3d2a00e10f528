/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what packages made while they were installed, and the administrator vouches for, in a
 * process of its own. */
#pragma once

#include "base/time.h"
#include "helpers/imad-gate/record-reader.h"

typedef struct VouchReaderSetup {
        int root_fd;
        usec_t since_usec; /* when the transaction began; CLOCK_REALTIME_COARSE, as files have it */
} VouchReaderSetup;

/* Forks it. Rules of packages that are not installed count for nothing. */
int vouch_reader_start(const VouchReaderSetup *setup, RecordReader *ret_reader);
