/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files in systemd's form: imad.conf from the first of /etc, /run, /usr/lib, then all
 * imad.conf.d drop-ins; [Section], Key=value, # comments; driven by a table of keys.
 */
#pragma once

#include <stddef.h>

#include "base/diag.h"

/* Parses text into target. -EINVAL with no diagnostic of its own: the caller adds file and line. */
typedef int ConfParser(const char *text, void *target);

typedef struct ConfItem {
        const char *section;
        const char *key;
        ConfParser *parse;
        size_t offset;        /* of the target in the settings structure */
        const char *expected; /* for the diagnostic: "a boolean" */
} ConfItem;

int conf_parse_bool(const char *text, void *target);   /* bool */
int conf_parse_string(const char *text, void *target); /* char *, freed and replaced */

/*
 * Reads one text. Unknown sections and keys and values that do not parse are W002 and W003 warnings
 * with file:line and change nothing.
 */
int conf_parse_text(const char *text, const char *source, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags);

/* Reads name (e.g. "imad.conf") and its drop-ins in systemd's order. */
int conf_load(int root_fd, const char *name, const ConfItem *items, size_t n_items, void *settings,
                DiagList *diags);
