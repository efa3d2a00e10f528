/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources of packages, as apt is told them: sources.list(5), in one-line and in deb822 style. What
 * has no binary packages ("deb-src") or is switched off is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/strings.h"

#define APT_SOURCES_MAX 4096U

/* One archive: a URI and a suite of it. */
typedef struct AptSource {
        char *uri;        /* ends in "/" */
        char *suite;      /* "bookworm", or a directory below the URI: it ends in "/" */
        char *signed_by;  /* paths of keyrings, fingerprints, or armored keys; NULL: not said */
        char *file;       /* where it stands */
        bool is_trusted;  /* [trusted=…]: apt does not look at who signed */
        bool ignores_end; /* [check-valid-until=no] */
} AptSource;

typedef struct AptSourceList {
        AptSource *items;
        size_t count;
} AptSourceList;

void apt_source_list_done(AptSourceList *list);

/*
 * Adds the sources of a file. What is malformed is a warning and vouches for nothing; so does what
 * apt would refuse. -ENOMEM, -E2BIG.
 */
int apt_source_list_parse_lines(AptSourceList *list, const char *text, size_t size,
                const char *file, DiagList *diags);
int apt_source_list_parse_deb822(AptSourceList *list, const char *text, size_t size,
                const char *file, DiagList *diags);

/*
 * The name that apt gives a file of the source in its directory of lists: `path` is below the
 * suite ("InRelease", "main/binary-amd64/Packages"). malloc()ed; NULL: no memory. Source:
 * URItoFileName() in apt-pkg/contrib/strutl.cc.
 */
char *apt_source_format_list_name(const AptSource *source, const char *path);

#define _cleanup_apt_sources_ _cleanup_(apt_source_list_done)
