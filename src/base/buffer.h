/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growable byte buffer with an upper limit; text in it is always NUL-terminated. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct Buffer {
        char *data;
        size_t size;
        size_t allocated;
} Buffer;

/* Frees the contents; the buffer is empty and usable again afterwards. */
void buffer_done(Buffer *b);

/* Makes room for `more` further bytes. -ENOMEM, -EOVERFLOW. */
int buffer_reserve(Buffer *b, size_t more);

int buffer_append(Buffer *b, const void *bytes, size_t size);
int buffer_append_string(Buffer *b, const char *string);
int buffer_append_format(Buffer *b, const char *format, ...) _printf_(2, 3);

/* Drops the first `size` bytes. */
void buffer_consume(Buffer *b, size_t size);

/* Hands the bytes over as a malloc()ed string; never NULL on success, the buffer is empty then. */
int buffer_take(Buffer *b, char **ret_data, size_t *ret_size);

#define _cleanup_buffer_ _cleanup_(buffer_done)
