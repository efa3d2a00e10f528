/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Digests of files that nobody may use any more, however well they are signed: vulnerable versions,
 * for example. One a line: hexadecimal digits, or ALGORITHM:HEX, or "bin:HEX" as the kernel names
 * members of its blacklist keyring (certs/blacklist.c); a blank and a name may follow, as
 * sha256sum(1) writes them. Empty lines and those that begin with # are skipped. Without algorithm
 * the length tells it among SHA-1 and SHA-2.
 */
#pragma once

#include <stdbool.h>

#include "base/diag.h"
#include "base/digest.h"

#define DENY_LIST_SIZE_MAX ((size_t) 256 << 20)

/* Zero-initialised: empty. Sorted from deny_list_parse() on. */
typedef struct DenyList {
        Digest *items;
        size_t count;
        size_t allocated;
        uint64_t algorithms; /* bits by hash id, of the digests */
} DenyList;

void deny_list_done(DenyList *list);

/*
 * Adds the lines of a text. -EBADMSG after an E432 for each line that is none, -E2BIG above
 * DENY_LIST_SIZE_MAX.
 */
int deny_list_parse(
                DenyList *list, const char *text, size_t size, DiagList *diags, const char *source);

bool deny_list_has(const DenyList *list, const Digest *digest);

#define _cleanup_deny_list_ _cleanup_(deny_list_done)
