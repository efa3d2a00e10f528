/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounds-checked reader over borrowed bytes: the only way by which parsers touch untrusted binary
 * data. A failing read returns -EBADMSG, moves nothing and writes nothing.
 */
#pragma once

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Cursor {
        const uint8_t *data;
        size_t size;
        size_t offset;
        bool big_endian;
} Cursor;

static inline Cursor cursor_new(const void *data, size_t size)
{
        return (Cursor){ .data = data, .size = size };
}

static inline size_t cursor_left(const Cursor *c)
{
        return c->size - c->offset;
}

/* Borrows the next size bytes; the view lives as long as the underlying data. */
static inline int cursor_read_view(Cursor *c, size_t size, const uint8_t **ret_view)
{
        if (cursor_left(c) < size)
                return -EBADMSG;
        *ret_view = c->data + c->offset;
        c->offset += size;
        return 0;
}

static inline int cursor_read_bytes(Cursor *c, void *ret_bytes, size_t size)
{
        const uint8_t *view;

        if (cursor_read_view(c, size, &view) < 0)
                return -EBADMSG;
        memcpy(ret_bytes, view, size);
        return 0;
}

static inline int cursor_read_u8(Cursor *c, uint8_t *ret_value)
{
        return cursor_read_bytes(c, ret_value, sizeof(*ret_value));
}

static inline int cursor_read_u16(Cursor *c, uint16_t *ret_value)
{
        uint16_t raw;

        if (cursor_read_bytes(c, &raw, sizeof(raw)) < 0)
                return -EBADMSG;
        *ret_value = c->big_endian ? be16toh(raw) : le16toh(raw);
        return 0;
}

static inline int cursor_read_u32(Cursor *c, uint32_t *ret_value)
{
        uint32_t raw;

        if (cursor_read_bytes(c, &raw, sizeof(raw)) < 0)
                return -EBADMSG;
        *ret_value = c->big_endian ? be32toh(raw) : le32toh(raw);
        return 0;
}

static inline int cursor_read_u64(Cursor *c, uint64_t *ret_value)
{
        uint64_t raw;

        if (cursor_read_bytes(c, &raw, sizeof(raw)) < 0)
                return -EBADMSG;
        *ret_value = c->big_endian ? be64toh(raw) : le64toh(raw);
        return 0;
}
