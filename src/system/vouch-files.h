/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that fit a vouch rule, and whether it may be believed that root's programs made them.
 */
#pragma once

#include <errno.h>

#include "base/time.h"
#include "core/provenance/vouch.h"

typedef enum VouchVerdict {
        VOUCH_VERDICT_GOOD,
        VOUCH_VERDICT_OWNER,    /* not root's, or others may write to it */
        VOUCH_VERDICT_PARENT,   /* others own a directory above it, or may write there */
        VOUCH_VERDICT_NO_BIRTH, /* the file system does not tell when it was made */
        VOUCH_VERDICT_SIZE,     /* above the limit of the rule */
        VOUCH_VERDICT_NUMBER,   /* the rule has met its limit before */
        VOUCH_VERDICT_MAX,
        VOUCH_VERDICT_INVALID = -EINVAL,
} VouchVerdict;

/* Why a file is not vouched for, as half a sentence: "belongs to …". */
const char *vouch_verdict_describe(VouchVerdict verdict);

typedef struct VouchFile {
        const char *path; /* below the root */
        VouchVerdict verdict;
        int fd; /* open for reading when the verdict is good */
        uint64_t size;
} VouchFile;

/* Everything is borrowed for the call; a negative result ends the search. */
typedef int VouchVisitor(void *userdata, const VouchFile *file);

/*
 * Calls visit for each regular file, not empty, that was made since then (CLOCK_REALTIME) and fits
 * a path of the rule; links are not followed, neither to files nor to directories. What cannot be
 * read is left out. The visitor's result, or -ENOMEM.
 */
int vouch_files_find(int root_fd, const VouchRule *rule, usec_t since_usec, VouchVisitor visit,
                void *userdata);
