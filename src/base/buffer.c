/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buffer_done(Buffer *b)
{
        free(b->data);
        *b = (Buffer){ 0 };
}

int buffer_reserve(Buffer *b, size_t more)
{
        size_t needed, allocated;
        char *data;

        if (__builtin_add_overflow(b->size, more, &needed) ||
                        __builtin_add_overflow(needed, 1, &needed))
                return -EOVERFLOW;
        if (needed <= b->allocated)
                return 0;
        allocated = b->allocated < SIZE_MAX / 2 ? b->allocated * 2 : needed;
        if (allocated < needed)
                allocated = needed;
        if (allocated < 64)
                allocated = 64;
        data = realloc(b->data, allocated);
        if (!data)
                return -ENOMEM;
        b->data = data;
        b->allocated = allocated;
        b->data[b->size] = '\0';
        return 0;
}

int buffer_append(Buffer *b, const void *bytes, size_t size)
{
        int r = buffer_reserve(b, size);

        if (r < 0)
                return r;
        if (size > 0)
                memcpy(b->data + b->size, bytes, size);
        b->size += size;
        b->data[b->size] = '\0';
        return 0;
}

int buffer_append_string(Buffer *b, const char *string)
{
        return buffer_append(b, string, strlen(string));
}

int buffer_append_format(Buffer *b, const char *format, ...)
{
        va_list args;
        int needed, r;

        va_start(args, format);
        needed = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (needed < 0)
                return -EINVAL;
        r = buffer_reserve(b, (size_t) needed);
        if (r < 0)
                return r;
        va_start(args, format);
        (void) vsnprintf(b->data + b->size, (size_t) needed + 1, format, args);
        va_end(args);
        b->size += (size_t) needed;
        return 0;
}

void buffer_consume(Buffer *b, size_t size)
{
        if (size >= b->size) {
                b->size = 0;
        } else {
                memmove(b->data, b->data + size, b->size - size);
                b->size -= size;
        }
        if (b->data)
                b->data[b->size] = '\0';
}

int buffer_take(Buffer *b, char **ret_data, size_t *ret_size)
{
        int r = buffer_reserve(b, 0);

        if (r < 0)
                return r;
        *ret_data = b->data;
        if (ret_size)
                *ret_size = b->size;
        *b = (Buffer){ 0 };
        return 0;
}
