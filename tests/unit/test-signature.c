/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"
#include "core/signature/signature.h"

static int parse(const char *hex, Signature *ret_signature)
{
        static uint8_t bytes[64];
        size_t size;

        cr_assert_eq(hex_decode(hex, bytes, sizeof(bytes), &size), 0);
        return signature_parse(bytes, size, ret_signature);
}

Test(signature, the_header_is_taken_apart)
{
        Signature s;

        cr_assert_eq(parse("0302041122334400031a2b3c", &s), 0);
        cr_assert_eq(s.type, SIGNATURE_TYPE_DIGSIG);
        cr_assert_eq(s.version, 2);
        cr_assert_eq(s.hash, HASH_SHA256);
        cr_assert_eq(s.key_id, 0x11223344);
        cr_assert_eq(s.size, 3);
        cr_assert_eq(s.bytes[0], 0x1a);
        cr_assert_eq(parse("060306112233440001ff", &s), 0);
        cr_assert_eq(s.type, SIGNATURE_TYPE_VERITY);
        cr_assert_eq(parse("050204112233440001ff", &s), 0);
        cr_assert_eq(s.type, SIGNATURE_TYPE_PORTABLE);
}

Test(signature, what_is_no_signature_is_refused)
{
        static const char *const wrong[] = { "", "03", "030204112233440000", "030204112233440002ff",
                "030204112233440001ffff", "040204112233440001ff", "030404112233440001ff",
                "03021711223344000100", "0302041122334400" };
        Signature s;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_assert_eq(parse(wrong[i], &s), -EBADMSG, "%s", wrong[i]);
        cr_assert_eq(parse("0301", &s), -EOPNOTSUPP);
}

/* 4627 bytes have those of ML-DSA-87. */
Test(signature, any_size_that_the_header_counts_comes_back)
{
        static const size_t sizes[] = { 1, 4627, UINT16_MAX };
        static uint8_t bytes[UINT16_MAX + 1];

        memset(bytes, 0x5a, sizeof(bytes));
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                const Signature made = { SIGNATURE_TYPE_PORTABLE, 2, HASH_SHA512, 0x11223344, bytes,
                        sizes[i] };
                _cleanup_free_ uint8_t *value = NULL;
                Signature read;
                size_t size;

                cr_assert_eq(signature_format(&made, &value, &size), 0);
                cr_assert_eq(signature_parse(value, size, &read), 0);
                cr_assert_eq(read.size, sizes[i]);
                cr_expect_eq(memcmp(read.bytes, bytes, sizes[i]), 0);
                cr_expect_eq(read.key_id, 0x11223344);
                cr_expect_eq(signature_parse(value, size - 1, &read), -EBADMSG);
        }
}

Test(signature, what_the_header_cannot_count_is_refused)
{
        static uint8_t bytes[UINT16_MAX + 1];
        const Signature made = { SIGNATURE_TYPE_DIGSIG, 2, HASH_SHA256, 1, bytes, sizeof(bytes) };
        uint8_t *value;
        size_t size;

        cr_expect_eq(signature_format(&made, &value, &size), -E2BIG);
}

Test(signature, file_ids_are_hashed_with_type_and_algorithm)
{
        Digest verity = { HASH_SHA256, 32, { 1, 2, 3 } }, id, expected;
        uint8_t bytes[34] = { 6, 4, 1, 2, 3 };

        cr_assert_eq(signature_compute_file_id(&verity, &id), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, bytes, sizeof(bytes), &expected), 0);
        cr_assert(digest_equal(&id, &expected));
}
