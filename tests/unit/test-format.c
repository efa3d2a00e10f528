/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/format.h"
#include "fixture-list.h"

Test(format, digest_size_and_byte_order_are_detected)
{
        static const HashAlgorithm hashes[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

        for (size_t i = 0; i < 2 * ELEMENTSOF(hashes); i++) {
                _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
                bool big_endian = i % 2;
                MeasurementFormat format;

                fixture_append_field(&data, "x", 1, big_endian);
                fixture_append_entry(&list, 10, hashes[i / 2], "ima-sig", &data, big_endian);
                cr_assert_eq(measurement_format_detect(list.data, list.size, false, &format), 0);
                cr_assert_eq(format.digest_size, hash_algorithm_size(hashes[i / 2]));
                cr_assert_eq(format.big_endian, big_endian);
                cr_assert_not(format.ascii || format.kexec);
        }
}

Test(format, a_list_of_pcr_1_is_no_kexec_buffer)
{
        _cleanup_buffer_ Buffer list = { 0 };
        MeasurementFormat format;

        fixture_append_ng(&list, 1, "/a");
        memset(list.data + 4, 0, 4);
        cr_assert_eq(measurement_format_detect(list.data, list.size, false, &format), 0);
        cr_assert_not(format.kexec);
}

Test(format, kexec_buffers_are_detected_in_both_byte_orders)
{
        for (int big_endian = 0; big_endian < 2; big_endian++) {
                _cleanup_buffer_ Buffer data = { 0 }, list = { 0 };
                MeasurementFormat format;

                fixture_append_field(&data, "x", 1, big_endian);
                fixture_append_kexec_header(&list, 24 + 20 + 16 + 12, 1, big_endian);
                fixture_append_entry(&list, 10, HASH_SHA1, "ima-ng", &data, big_endian);
                cr_assert_eq(measurement_format_detect(list.data, list.size, false, &format), 0);
                cr_assert(format.kexec);
                cr_assert_eq(format.big_endian, big_endian);
        }
}

Test(format, ascii_lists_show_their_byte_order_by_their_digests)
{
        for (int big_endian = 0; big_endian < 2; big_endian++) {
                _cleanup_buffer_ Buffer data = { 0 }, text = { 0 };
                char digest[8 + 32] = "sha256:", hex[2 * DIGEST_SIZE_MAX + 1];
                Digest own;
                MeasurementFormat format;

                fixture_append_field(&data, digest, sizeof(digest), big_endian);
                fixture_append_field(&data, "/a", 3, big_endian);
                cr_assert_eq(digest_compute(HASH_SHA1, data.data, data.size, &own), 0);
                hex_encode(own.bytes, own.size, hex);
                cr_assert_eq(buffer_append_format(&text, "10 %s ima-ng sha256:%064d /a\n", hex, 0),
                                0);
                cr_assert_eq(measurement_format_detect(text.data, text.size, true, &format), 0);
                cr_assert(format.ascii);
                cr_assert_eq(format.digest_size, 20);
                cr_assert_eq(format.big_endian, big_endian);
        }
}

Test(format, what_is_no_list_is_not_detected)
{
        char text[512];
        MeasurementFormat format;

        memset(text, 'x', sizeof(text));
        cr_assert_eq(measurement_format_detect(text, sizeof(text), false, &format), -EBADMSG);
        cr_assert_eq(measurement_format_detect("\n\0\0\0", 4, false, &format), -EAGAIN);
        cr_assert_eq(measurement_format_detect("\n\0\0\0", 4, true, &format), -EBADMSG);
}
