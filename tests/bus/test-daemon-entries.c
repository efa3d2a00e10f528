/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of the measurement list: pages, filters, and the whole of it. */
#include <fcntl.h>
#include <unistd.h>

#include "fixture-bus.h"

#define MEASUREMENTS BUS_PATH_MEASUREMENTS, BUS_INTERFACE_MEASUREMENTS

static int call_get_entries(FixtureBus *f, const json_t *filter, uint64_t start, uint32_t max,
                sd_bus_error *reterr_error, sd_bus_message **ret_reply)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        cr_assert_geq(sd_bus_message_new_method_call(
                                      f->bus, &m, BUS_NAME, MEASUREMENTS, "GetEntries"),
                        0);
        cr_assert_geq(bus_append_dict(m, filter), 0);
        cr_assert_geq(sd_bus_message_append(m, "tu", start, max), 0);
        return sd_bus_call(f->bus, m, 0, reterr_error, ret_reply);
}

/* Takes the filter. */
static json_t *filter_entries(
                FixtureBus *f, json_t *filter, uint64_t start, uint32_t max, uint64_t *ret_next)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_json_ json_t *owned = filter;
        json_t *entries = NULL;
        int r = call_get_entries(f, owned, start, max, &error, &reply);

        cr_assert_geq(r, 0, "%s", error.message);
        cr_assert_eq(bus_read_value(reply, &entries), 1);
        cr_assert_geq(sd_bus_message_read(reply, "t", ret_next), 0);
        return entries;
}

static json_t *get_entries(FixtureBus *f, uint64_t start, uint32_t max, uint64_t *ret_next)
{
        return filter_entries(f, NULL, start, max, ret_next);
}

/* The numbers of the entries that fit, as "2 4 7". */
static void expect_filtered(FixtureBus *f, const char *key, json_t *value, const char *numbers)
{
        _cleanup_json_ json_t *entries = NULL;
        _cleanup_buffer_ Buffer text = { 0 };
        const json_t *entry;
        uint64_t next;
        size_t i;

        entries = filter_entries(f, json_pack("{s:o}", key, value), 1, 0, &next);
        json_array_foreach (entries, i, entry)
                cr_assert_eq(buffer_append_format(&text, "%s%" JSON_INTEGER_FORMAT,
                                             i > 0 ? " " : "",
                                             json_integer_value(json_object_get(entry, "number"))),
                                0);
        cr_expect_str_eq(text.data ? text.data : "", numbers, "%s", key);
}

static void write_varied_list(FixtureBus *f)
{
        _cleanup_buffer_ Buffer list = { 0 }, data = { 0 };

        fixture_append_ng(&list, 10, "boot_aggregate");
        fixture_append_keyed(&list, "/usr/bin/bash", 0xa1b2c3d4);
        fixture_append_keyed(&list, "/usr/bin/rbash", 0x01020304);
        fixture_append_keyed(&list, "/opt/tool", 0);
        fixture_append_ng(&list, 10, "/usr/lib/x.so");
        fixture_append_ng(&list, 10, "/etc/changed");
        list.data[list.size - 3] ^= 1;
        fixture_append_header(&list, 10, HASH_SHA1, "ima-ng", NULL, false);
        fixture_append_field(&data, "sha256:\0", 8, false);
        fixture_append_field(&data, "/var/log/x", sizeof("/var/log/x"), false);
        fixture_append_field(&list, data.data, data.size, false);
        fixture_bus_write_kernel(f, &list);
}

Test(entries, entries_are_filtered)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();

        write_varied_list(f);
        fixture_bus_start_daemon(f);
        expect_filtered(f, "path", json_string("/usr/bin/*"), "2 3");
        expect_filtered(f, "path", json_string("*bash"), "2 3");
        expect_filtered(f, "path", json_string("/usr/bin/?bash"), "3");
        expect_filtered(f, "template", json_string("ima-sig"), "2 3 4");
        expect_filtered(f, "template", json_string("ima"), "");
        expect_filtered(f, "signed-by", json_string("a1b2c3d4"), "2");
        expect_filtered(f, "signed-by", json_string("00112233445566778899AABBCCDDEEFF01020304"),
                        "3");
        expect_filtered(f, "verdict", json_string("signed"), "2 3");
        expect_filtered(f, "verdict", json_string("unsigned"), "4");
        expect_filtered(f, "verdict", json_string("plain"), "1 5");
        expect_filtered(f, "verdict", json_string("bad-digest"), "6");
        expect_filtered(f, "verdict", json_string("violation"), "7");
}

Test(entries, pages_of_a_filter_go_on_behind_what_was_looked_at)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *first = NULL, *second = NULL;
        uint64_t next;

        write_varied_list(f);
        fixture_bus_start_daemon(f);
        first = filter_entries(f, json_pack("{s:s}", "verdict", "plain"), 1, 1, &next);
        cr_expect_eq(json_array_size(first), 1);
        cr_expect_eq(next, 2);
        second = filter_entries(f, json_pack("{s:s}", "verdict", "plain"), next, 9, &next);
        cr_expect_eq(json_array_size(second), 1);
        cr_expect_eq(next, 8, "the list has been looked at to its end");
}

Test(entries, entries_of_a_package)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_json_ json_t *filter = json_pack("{s:s}", "package", "nothing");
        int r;

        write_varied_list(f);
        cr_assert_eq(symlinkat("usr/bin", f->root.fd, "bin"), 0);
        fixture_root_write(&f->root, "/var/lib/dpkg/info/bash.list", "/.\n/bin\n/bin/bash\n");
        fixture_root_write(&f->root, "/var/lib/dpkg/info/tool:amd64.list", "/opt/tool\n");
        fixture_root_write(&f->root, "/var/lib/dpkg/info/tool-doc.list", "/usr/bin/rbash\n");
        fixture_bus_start_daemon_with(f, getenv("IMAD_LIBEXEC"));
        expect_filtered(f, "package", json_string("bash"), "2");
        expect_filtered(f, "package", json_string("tool"), "4");
        r = call_get_entries(f, filter, 1, 0, &error, NULL);
        cr_expect_lt(r, 0);
        cr_expect_str_eq(error.name, BUS_ERROR_NOT_FOUND);
        cr_expect_not_null(strstr(error.message, "nothing"));
}

Test(entries, entries_since_a_time)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *entries = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        uint64_t next, seen;

        fixture_append_ng(&list, 10, "boot_aggregate");
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
        fixture_bus_expect(f, MEASUREMENTS, "Count", "1");
        fixture_append_ng(&list, 10, "/usr/bin/a");
        fixture_bus_write_pcrs(f, &list);
        fixture_bus_write_list(f, &list);
        fixture_bus_expect(f, MEASUREMENTS, "Count", "2");
        entries = get_entries(f, 1, 0, &next);
        seen = (uint64_t) json_integer_value(
                        json_object_get(json_array_get(entries, 1), "seen_usec"));
        cr_assert_gt(seen, (uint64_t) json_integer_value(json_object_get(
                                           json_array_get(entries, 0), "seen_usec")));
        expect_filtered(f, "since", json_integer((json_int_t) seen), "2");
        expect_filtered(f, "since", json_integer((json_int_t) seen + 1), "");
        expect_filtered(f, "since", json_integer(1), "1 2");
}

Test(entries, details_of_an_entry)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *entries = NULL;
        const json_t *signature;
        uint64_t next;

        write_varied_list(f);
        fixture_bus_start_daemon(f);
        entries = filter_entries(f, json_pack("{s:b}", "details", 1), 2, 1, &next);
        signature = json_object_get(json_array_get(entries, 0), "signature");
        cr_expect_str_eq(json_string_value(json_object_get(signature, "key_id")), "a1b2c3d4");
        cr_expect(json_is_array(json_object_get(json_array_get(entries, 0), "fields")));
}

Test(entries, wrong_filter_is_refused)
{
        static const char *const wrong[][2] = {
                {"verdict",    "excellent"},
                { "signed-by", "a1b2"     },
                { "signed-by", "what?"    },
                { "owner",     "bash"     },
        };
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();

        write_varied_list(f);
        fixture_bus_start_daemon(f);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                _cleanup_json_ json_t *filter = json_pack("{s:s}", wrong[i][0], wrong[i][1]);
                int r = call_get_entries(f, filter, 1, 0, &error, NULL);

                cr_expect_lt(r, 0);
                cr_expect_str_eq(error.name, BUS_ERROR_INVALID_OPTION);
                cr_expect_not_null(strstr(error.message, wrong[i][0]), "%s", error.message);
        }
}

Test(entries, list_as_a_sealed_file)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r, fd;

        for (unsigned i = 0; i < 40000; i++)
                fixture_append_ng(&list, 10, i == 0 ? "boot_aggregate" : "/usr/bin/a");
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
        r = sd_bus_call_method(
                        f->bus, BUS_NAME, MEASUREMENTS, "GetList", &error, &reply, "a{sv}", 0);
        cr_assert_geq(r, 0, "%s", error.message);
        cr_assert_geq(sd_bus_message_read(reply, "h", &fd), 0);
        cr_expect_eq(fcntl(fd, F_GET_SEALS),
                        F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        cr_assert_eq(fs_read_fd(fd, list.size + 1, &bytes, &size), 0);
        cr_assert_eq(size, list.size);
        cr_expect_eq(memcmp(bytes, list.data, size), 0);
}

Test(entries, entries_come_in_pages)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_buffer_ Buffer list = { 0 };
        uint64_t next = 1, total = 0;

        fixture_append_boot(&list);
        for (unsigned i = 1; i < 2500; i++) {
                char name[32];

                (void) snprintf(name, sizeof(name), "/usr/bin/%u", i);
                fixture_append_ng(&list, 10, name);
        }
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
        for (;;) {
                uint64_t start = next;
                _cleanup_json_ json_t *entries = get_entries(f, start, 5000, &next);
                size_t n = json_array_size(entries);

                if (n == 0)
                        break;
                cr_assert_leq(n, 1000);
                cr_assert_eq(next, start + n);
                cr_assert_eq((uint64_t) json_integer_value(
                                             json_object_get(json_array_get(entries, 0), "number")),
                                start);
                total += n;
        }
        cr_expect_eq(total, 2500);
}

Test(entries, entry_tells_its_file)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_json_ json_t *entries = NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        const json_t *second, *third;
        uint64_t next;

        fixture_append_boot(&list);
        fixture_append_ng(&list, 12, "/usr/bin/a");
        fixture_append_ng(&list, 10, "/\xff");
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_daemon(f);
        entries = get_entries(f, 2, 2, &next);
        cr_assert_eq(json_array_size(entries), 2);
        second = json_array_get(entries, 0);
        third = json_array_get(entries, 1);
        cr_expect_str_eq(json_string_value(json_object_get(second, "name")), "/usr/bin/a");
        cr_expect_str_eq(json_string_value(json_object_get(second, "template")), "ima-ng");
        cr_expect_not_null(string_after(
                        json_string_value(json_object_get(second, "digest")), "sha256:2f2f2f"));
        cr_expect_eq(json_integer_value(json_object_get(second, "pcr")), 12);
        cr_expect_str_eq(json_string_value(json_object_get(third, "name_bytes")), "2fff",
                        "a name that is no UTF-8 comes as bytes");
}

Test(entries, entries_are_not_for_everybody)
{
        _cleanup_fixture_bus_ FixtureBus *f = fixture_bus_new();
        _cleanup_bus_ sd_bus *bus = NULL;
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_buffer_ Buffer list = { 0 };
        int r;

        fixture_append_boot(&list);
        fixture_bus_write_kernel(f, &list);
        fixture_bus_start_polkit(f, FIXTURE_POLKIT_NO);
        fixture_bus_start_daemon(f);
        bus = fixture_bus_connect_unprivileged(f);
        r = sd_bus_call_method(bus, BUS_NAME, MEASUREMENTS, "GetEntries", &error, NULL, "a{sv}tu",
                        0, UINT64_C(1), UINT32_C(10));
        cr_expect_lt(r, 0);
        cr_expect_str_eq(error.name, BUS_ERROR_AUTHORIZATION_FAILED);
        sd_bus_error_free(&error);
        r = sd_bus_call_method(bus, BUS_NAME, MEASUREMENTS, "GetList", &error, NULL, "a{sv}", 0);
        cr_expect_lt(r, 0);
        cr_expect_str_eq(error.name, BUS_ERROR_AUTHORIZATION_FAILED);
}
