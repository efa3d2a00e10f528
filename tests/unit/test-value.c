/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/strings.h"
#include "bus/value.h"

/* A message that no bus has to carry. */
typedef struct Fixture {
        sd_bus *bus;
        sd_bus_message *m;
} Fixture;

static void fixture_done(Fixture *f)
{
        sd_bus_message_unref(f->m);
        sd_bus_close_unref(f->bus);
}

static Fixture fixture_new(void)
{
        Fixture f = { 0 };
        int fds[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        cr_assert_geq(sd_bus_new(&f.bus), 0);
        cr_assert_geq(sd_bus_set_fd(f.bus, fds[0], fds[0]), 0);
        cr_assert_geq(sd_bus_start(f.bus), 0);
        cr_assert_geq(sd_bus_message_new_signal(f.bus, &f.m, "/a", "a.b", "C"), 0);
        return f;
}

#define _cleanup_fixture_ _cleanup_(fixture_done)

static void seal(Fixture *f)
{
        cr_assert_geq(sd_bus_message_seal(f->m, 1, 0), 0);
        cr_assert_geq(sd_bus_message_rewind(f->m, true), 0);
}

static void expect_value(Fixture *f, const char *expected)
{
        _cleanup_json_ json_t *value = NULL;
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(bus_read_value(f->m, &value), 1);
        text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        cr_expect_str_eq(text, expected);
}

static json_t *parse(const char *text)
{
        json_t *value = NULL;

        cr_assert_eq(json_parse(text, strlen(text), &value), 0);
        return value;
}

Test(value, dictionary_comes_back)
{
        static const char text[] = "{\"a\":[\"x\",\"y\"],\"b\":true,\"d\":0.5,\"i\":-7,"
                                   "\"l\":[{\"k\":1},{}],\"m\":[1,\"s\",[true]],\"n\":{},"
                                   "\"t\":9007199254740993}";
        _cleanup_fixture_ Fixture f = fixture_new();
        _cleanup_json_ json_t *value = parse(text);

        cr_assert_geq(bus_append_dict(f.m, value), 0);
        seal(&f);
        cr_expect_str_eq(sd_bus_message_get_signature(f.m, true), "a{sv}");
        expect_value(&f, text);
}

Test(value, null_members_are_left_out)
{
        _cleanup_fixture_ Fixture f = fixture_new();
        _cleanup_json_ json_t *value = parse("{\"a\":null,\"b\":\"x\"}");

        cr_assert_geq(bus_append_dict(f.m, value), 0);
        seal(&f);
        expect_value(&f, "{\"b\":\"x\"}");
}

Test(value, no_value_is_empty)
{
        _cleanup_fixture_ Fixture f = fixture_new();

        cr_assert_geq(bus_append_dict(f.m, NULL), 0);
        cr_assert_geq(bus_append_dicts(f.m, NULL), 0);
        seal(&f);
        expect_value(&f, "{}");
        expect_value(&f, "[]");
}

Test(value, list_of_something_else_is_refused)
{
        _cleanup_fixture_ Fixture f = fixture_new();
        _cleanup_json_ json_t *value = parse("[1]");

        cr_expect_eq(bus_append_dicts(f.m, value), -EINVAL);
}

Test(value, bytes_become_hexadecimal_text)
{
        _cleanup_fixture_ Fixture f = fixture_new();

        cr_assert_geq(sd_bus_message_append_array(f.m, 'y', "\x01\xff", 2), 0);
        cr_assert_geq(sd_bus_message_append(f.m, "(ou)", "/x", 5), 0);
        seal(&f);
        expect_value(&f, "\"01ff\"");
        expect_value(&f, "[\"/x\",5]");
}

Test(value, end_of_the_message)
{
        _cleanup_fixture_ Fixture f = fixture_new();
        json_t *value;

        seal(&f);
        cr_expect_eq(bus_read_value(f.m, &value), 0);
}

Test(value, deep_nesting_is_refused)
{
        _cleanup_fixture_ Fixture f = fixture_new();
        _cleanup_json_ json_t *value = json_object();

        for (unsigned i = 0; i < BUS_VALUE_DEPTH_MAX + 1; i++) {
                json_t *outer = json_object();

                (void) json_object_set_new(outer, "x", value);
                value = outer;
        }
        cr_expect_eq(bus_append_dict(f.m, value), -E2BIG);
}

Test(value, diagnostics_keep_their_keys)
{
        _cleanup_fixture_ Fixture f = fixture_new();
        _cleanup_diags_ DiagList diags = { 0 };

        (void) diag_error(
                        &diags, "E101", ((DiagPlace){ "a.yaml", 3, 4, 3, 5 }), NULL, "unknown key");
        diag_suggest(&diags, (DiagPlace){ NULL, 3, 4, 3, 5 }, "y");
        cr_assert_geq(bus_append_diags(f.m, &diags), 0);
        seal(&f);
        expect_value(&f, "[{\"code\":\"E101\",\"column\":4,\"end_column\":5,\"end_line\":3,"
                         "\"fix\":[{\"column\":4,\"end_column\":5,\"end_line\":3,\"line\":3,"
                         "\"text\":\"y\"}],\"line\":3,\"message\":\"unknown key\","
                         "\"severity\":\"error\",\"source\":\"a.yaml\"}]");
}
