/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and the digests that they may have, as sha256sum(1) and its siblings write them: the digest
 * in hexadecimal, a space, a space or '*', the name. A name with a backslash, newline or carriage
 * return has them as \\, \n and \r, and the line begins with a backslash. The length of the digest
 * tells the algorithm; one file may have several digests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"
#include "base/digest.h"

#define ALLOW_LIST_SIZE_MAX ((size_t) 256 << 20)

/* The name may hold any byte but NUL. */
typedef struct AllowListEntry {
        const char *name;
        size_t name_size;
        uint8_t digest_size;
        const uint8_t *digest;
} AllowListEntry;

/* Zero-initialised: empty. Sorted by name, then digest, from allow_list_sort() on. */
typedef struct AllowList {
        AllowListEntry *items;
        size_t count;
        size_t allocated;
        bool sorted;
        Arena arena;
} AllowList;

void allow_list_done(AllowList *list);

/* Copies one more; -EINVAL for an empty name or digest. */
int allow_list_add(AllowList *list, const char *name, size_t name_size, const Digest *digest);

/*
 * Adds the lines of a text; empty ones and those that begin with '#' are skipped. -EBADMSG after an
 * E470 for each line that is none, -E2BIG above ALLOW_LIST_SIZE_MAX.
 */
int allow_list_parse(AllowList *list, const char *text, size_t size, DiagList *diags,
                const char *source);

/* Adds copies of all entries of another list. */
int allow_list_merge(AllowList *list, const AllowList *other);

/* Sorts, and drops repeated ones. Needed before find and format. */
void allow_list_sort(AllowList *list);

typedef enum AllowListVerdict {
        ALLOW_LIST_UNKNOWN, /* no such name */
        ALLOW_LIST_OTHER,   /* the name has other digests */
        ALLOW_LIST_LISTED,
} AllowListVerdict;

/* The kernel writes '_' for every space of a measured name, so both are taken for the same. */
AllowListVerdict allow_list_find(
                const AllowList *list, const char *name, size_t name_size, const Digest *digest);

/*
 * The entry as one line with its newline; the digests of a list may have different lengths, and
 * the program that checks them takes those of its own.
 */
int allow_list_format_entry(const AllowListEntry *entry, Buffer *buffer);

#define _cleanup_allow_list_ _cleanup_(allow_list_done)
