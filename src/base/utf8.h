/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Characters of UTF-8 text, and how much room they take on a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at bytes; returns its length, 0 when it is not UTF-8 (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF) or when size is 0.
 */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *ret_character);

/* True when the bytes are well-formed UTF-8 without NUL. */
bool utf8_is_valid(const char *bytes, size_t size);

/*
 * Cells of a terminal that a printable character takes: 2 for wide ones (Unicode's East Asian Width
 * W and F, emoji), 0 for what combines with the character before it, else 1. Does not depend on the
 * locale.
 */
unsigned utf8_cells(uint32_t character);
