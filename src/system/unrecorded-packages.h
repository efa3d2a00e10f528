/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packages that were unpacked while imad-gate recorded no transaction, so that nobody signed their
 * files: dpkg writes the list of a package's files anew whenever it unpacks it (dpkg(1)).
 */
#pragma once

#include <stdbool.h>

#include "base/strings.h"
#include "base/time.h"

#define UNRECORDED_SETTLED_PATH "/var/lib/imad/installed-signed.json"

/* CLOCK_REALTIME. */
typedef struct RecordedSpan {
        usec_t begin_usec;
        usec_t end_usec;
} RecordedSpan;

typedef struct RecordedSpans {
        const RecordedSpan *items;
        size_t count;
        bool has_older; /* there were some before, which are not among them */
} RecordedSpans;

/*
 * The names, without architecture, sorted: unpacked in none of the spans, and not before the first
 * of them, as nobody knows what was before. Everything before unrecorded_packages_settle() is
 * recorded, too; what came between that and the first span counts as long as the spans are all.
 * No dpkg is no packages. -ENOMEM, -E2BIG.
 */
int unrecorded_packages_find(int root_fd, const RecordedSpans *spans, StringList *ret_names);

/* All that was installed then is signed, or its administrator was told why not. */
int unrecorded_packages_settle(int root_fd, usec_t now_usec);
