/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of the buffer in which a kernel hands its measurement list to the next one at kexec
 * (struct ima_kexec_hdr in security/integrity/ima/ima.h): u16 version 1, u16 0, u32 0, u64 size of
 * everything, u64 number of entries. Entries with 20-byte digests follow.
 */
#pragma once

#include "base/cursor.h"

#define KEXEC_HEADER_SIZE 24U

typedef struct KexecHeader {
        uint64_t size; /* header included */
        uint64_t count;
} KexecHeader;

/* -EBADMSG when it is none, or too short. */
static inline int kexec_header_parse(Cursor *c, KexecHeader *ret_header)
{
        uint16_t version, reserved;
        uint32_t reserved_too;
        KexecHeader header;

        if (cursor_left(c) < KEXEC_HEADER_SIZE || cursor_read_u16(c, &version) < 0 ||
                        cursor_read_u16(c, &reserved) < 0 ||
                        cursor_read_u32(c, &reserved_too) < 0 ||
                        cursor_read_u64(c, &header.size) < 0 ||
                        cursor_read_u64(c, &header.count) < 0)
                return -EBADMSG;
        if (version != 1 || reserved != 0 || reserved_too != 0 || header.size < KEXEC_HEADER_SIZE ||
                        header.count > header.size)
                return -EBADMSG;
        *ret_header = header;
        return 0;
}
