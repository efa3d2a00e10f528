/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Event logs made to order, with the banks sha1 and sha256. */
#pragma once

#include "fixture-list.h"

static inline void fixture_append_u16(Buffer *b, uint16_t value)
{
        value = htole16(value);
        cr_assert_eq(buffer_append(b, &value, sizeof(value)), 0);
}

/* TCG_PCClientPCREvent with a made-up digest. */
static inline void fixture_append_old_event(
                Buffer *log, uint32_t pcr, uint32_t type, const void *data, size_t size)
{
        char digest[20];

        memset(digest, (int) type, sizeof(digest));
        fixture_append_u32(log, pcr, false);
        fixture_append_u32(log, type, false);
        cr_assert_eq(buffer_append(log, digest, sizeof(digest)), 0);
        fixture_append_field(log, data, size, false);
}

/* The header of a crypto-agile log: TCG_EfiSpecIdEvent. */
static inline void fixture_append_spec_id(Buffer *log)
{
        _cleanup_buffer_ Buffer data = { 0 };

        cr_assert_eq(buffer_append(&data, "Spec ID Event03\0\0\0\0\0\0\2\0\2", 24), 0);
        fixture_append_u32(&data, 2, false);
        fixture_append_u16(&data, 0x0004);
        fixture_append_u16(&data, 20);
        fixture_append_u16(&data, 0x000b);
        fixture_append_u16(&data, 32);
        cr_assert_eq(buffer_append(&data, "", 1), 0);
        fixture_append_old_event(log, 0, 3, data.data, data.size);
}

static inline size_t fixture_spec_id_size(void)
{
        _cleanup_buffer_ Buffer log = { 0 };

        fixture_append_spec_id(&log);
        return log.size;
}

/* TCG_PCR_EVENT2 whose digests are those of its data. */
static inline void fixture_append_raw_event(
                Buffer *log, uint32_t pcr, uint32_t type, const void *data, size_t size)
{
        Digest sha1, sha256;

        cr_assert_eq(digest_compute(HASH_SHA1, data, size, &sha1), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, data, size, &sha256), 0);
        fixture_append_u32(log, pcr, false);
        fixture_append_u32(log, type, false);
        fixture_append_u32(log, 2, false);
        fixture_append_u16(log, 0x0004);
        cr_assert_eq(buffer_append(log, sha1.bytes, sha1.size), 0);
        fixture_append_u16(log, 0x000b);
        cr_assert_eq(buffer_append(log, sha256.bytes, sha256.size), 0);
        fixture_append_field(log, data, size, false);
}

static inline void fixture_append_event(Buffer *log, uint32_t pcr, const char *text)
{
        fixture_append_raw_event(log, pcr, 0x0d, text, strlen(text));
}
