/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/signature-encoding.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(signature_encoding, two_numbers_become_der)
{
        /* Leading zeros go, and a number with its top bit set gets one. */
        static const uint8_t r_bytes[] = { 0, 0, 0x12 }, s_bytes[] = { 0x80, 0x01 },
                             expected[] = { 0x30, 8, 2, 1, 0x12, 2, 3, 0, 0x80, 0x01 };
        uint8_t bytes[SIGNATURE_ENCODING_ECDSA_MAX];
        size_t size = sizeof(bytes);

        cr_assert_eq(signature_encoding_format_ecdsa(r_bytes, sizeof(r_bytes), s_bytes,
                                     sizeof(s_bytes), bytes, &size),
                        0);
        cr_assert_eq(size, sizeof(expected));
        cr_expect_eq(memcmp(bytes, expected, size), 0);
        size = sizeof(expected) - 1;
        cr_expect_eq(signature_encoding_format_ecdsa(r_bytes, sizeof(r_bytes), s_bytes,
                                     sizeof(s_bytes), bytes, &size),
                        -E2BIG);
}

Test(signature_encoding, digest_info_is_that_of_the_standard)
{
        /* RFC 8017, 9.2, note 1. */
        static const uint8_t prefix[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
                0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
        uint8_t bytes[SIGNATURE_ENCODING_DIGEST_INFO_MAX];
        Digest digest;
        size_t size;

        cr_assert_eq(digest_compute(HASH_SHA256, "a", 1, &digest), 0);
        cr_assert_eq(signature_encoding_format_digest_info(&digest, bytes, &size), 0);
        cr_assert_eq(size, sizeof(prefix) + 32);
        cr_expect_eq(memcmp(bytes, prefix, sizeof(prefix)), 0);
        cr_expect_eq(memcmp(bytes + sizeof(prefix), digest.bytes, 32), 0);
}

Test(signature_encoding, unknown_hashes_are_not_supported)
{
        const Digest digest = { .algorithm = HASH_TGR192, .size = 24 };
        uint8_t bytes[SIGNATURE_ENCODING_DIGEST_INFO_MAX];
        size_t size;

        cr_expect_eq(signature_encoding_format_digest_info(&digest, bytes, &size), -EOPNOTSUPP);
}
