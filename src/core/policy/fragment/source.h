/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a fragment, as somebody else has read it. */
#pragma once

#include <stddef.h>

#include "base/diag.h"

typedef struct PolicySource {
        char *name; /* file name: "50-programs.yaml" */
        char *path; /* shown in diagnostics: "/etc/imad/policy.d/50-programs.yaml" */
        char *text; /* NUL-terminated behind size bytes */
        size_t size;
} PolicySource;

typedef struct PolicySourceList {
        PolicySource *items;
        size_t count;
} PolicySourceList;

void policy_source_list_done(PolicySourceList *list);

/* Takes over text; copies name and path. On failure text stays with the caller. -ENOMEM. */
int policy_source_list_add(PolicySourceList *list, const char *name, const char *path, char *text,
                size_t size);

/* Shows the lines of these sources in all diagnostics from `first` on. */
void policy_source_add_excerpts(
                const PolicySource *sources, size_t n_sources, size_t first, DiagList *diags);

#define _cleanup_sources_ _cleanup_(policy_source_list_done)
