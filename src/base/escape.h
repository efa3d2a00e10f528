/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text from outside (file names, keys of fragments) made safe for terminals and JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum EscapeFlags {
        ESCAPE_ASCII = 1 << 0,          /* everything above 0x7f as well */
        ESCAPE_KEEP_BACKSLASH = 1 << 1, /* for prose; else a backslash becomes two */
} EscapeFlags;

/*
 * Copies bytes as UTF-8 text on one line: control characters (C0, DEL, C1), characters that change
 * the direction of text, line and paragraph separators, and everything that is not UTF-8 become
 * \xNN per byte. NULL: no memory. The caller frees.
 */
char *escape_text(const char *bytes, size_t size, unsigned flags);

/* Room for one character, escaped, and a NUL. */
#define ESCAPE_MAX 17

/*
 * The same for the character at bytes alone, size of them being there, at least one. Returns how
 * many bytes it took.
 */
size_t escape_character(
                const char *bytes, size_t size, unsigned flags, char out[static ESCAPE_MAX]);
