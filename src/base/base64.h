/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 (RFC 4648), as JSON formats carry bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Standard alphabet with padding, NUL-terminated, malloc()ed. -ENOMEM. */
int base64_encode(const void *bytes, size_t size, char **ret_text);

/*
 * Takes the standard and the URL-safe alphabet, with padding; no white space, no bits left over.
 * malloc()ed, at least one byte. -EBADMSG, -ENOMEM.
 */
int base64_decode(const char *text, size_t length, uint8_t **ret_bytes, size_t *ret_size);
