/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts in the form of systemd's configuration files, driven by a table of keys: [Section],
 * Key=value, # comments.
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

int conf_text_parse_bool(const char *text, void *target);   /* bool */
int conf_text_parse_string(const char *text, void *target); /* char *, freed and replaced */

/*
 * Reads one text. Unknown sections and keys and values that do not parse are W002 and W003 warnings
 * with file:line and change nothing.
 */
int conf_text_parse(const char *text, const char *source, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags);
