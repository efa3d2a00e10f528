/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/measurements/inventory.h"
#include "fixture-list.h"

static Inventory read_list(const Buffer *list)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Inventory inventory = { 0 };
        Measurement m;

        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list->data, list->size), 0);
        while (measurement_reader_next(reader, &m) > 0)
                cr_assert_geq(inventory_add(&inventory, &m), 0);
        inventory_sort(&inventory);
        return inventory;
}

Test(inventory, a_file_is_there_once_with_each_digest)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_inventory_ Inventory inventory = { 0 };

        fixture_append_ng(&list, 10, "/a");
        fixture_append_ng(&list, 10, "/b");
        fixture_append_ng(&list, 11, "/a");
        inventory = read_list(&list);
        cr_assert_eq(inventory.files.count, 2);
        cr_assert_str_eq(inventory.files.items[0].name, "/a");
}

Test(inventory, violations_tell_nothing)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_inventory_ Inventory inventory = { 0 };

        fixture_append_ng(&list, 10, "/a");
        memset(list.data + 4, 0, 20);
        inventory = read_list(&list);
        cr_assert_eq(inventory.files.count, 0);
}

static void append_buffer(Buffer *list, const char *name, const char *bytes, size_t size)
{
        _cleanup_buffer_ Buffer data = { 0 };
        char field[8 + 32] = "sha256:";
        Digest digest;

        cr_assert_eq(digest_compute(HASH_SHA256, bytes, size, &digest), 0);
        memcpy(field + 8, digest.bytes, 32);
        fixture_append_field(&data, field, sizeof(field), false);
        fixture_append_field(&data, name, strlen(name) + 1, false);
        fixture_append_field(&data, bytes, size, false);
        fixture_append_entry(list, 10, HASH_SHA1, "ima-buf", &data, false);
}

static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeSgtbuU5Q9WV07bAnMpuBDpHzDb8\n"
                          "+68+FakPcm37phXOh2JVjIQo46/vpXZM4FEozw1erWSkvdWkkMjg5i3pKg==\n"
                          "-----END PUBLIC KEY-----\n";

Test(inventory, keys_and_other_buffers_are_apart_from_files)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_inventory_ Inventory inventory = { 0 };

        append_buffer(&list, "kexec-cmdline", "quiet", 5);
        append_buffer(&list, ".ima", key, strlen(key));
        inventory = read_list(&list);
        cr_assert_eq(inventory.files.count, 0);
        cr_assert_eq(inventory.keys.count, 1);
        cr_assert_str_eq(inventory.keys.items[0].name, ".ima");
        cr_assert_eq(inventory.buffers.count, 1);
        cr_assert_str_eq(inventory.buffers.items[0].name, "kexec-cmdline");
}

Test(inventory, two_become_their_union)
{
        _cleanup_buffer_ Buffer first = { 0 }, second = { 0 };
        _cleanup_inventory_ Inventory a = { 0 }, b = { 0 };

        fixture_append_ng(&first, 10, "/a");
        fixture_append_ng(&first, 10, "/b");
        fixture_append_ng(&second, 10, "/b");
        fixture_append_ng(&second, 10, "/c");
        a = read_list(&first);
        b = read_list(&second);
        cr_assert_eq(inventory_merge(&a, &b), 0);
        inventory_sort(&a);
        cr_assert_eq(a.files.count, 3);
}
