/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/strings.h"

Test(json, format_is_compact_and_sorted)
{
        _cleanup_json_ json_t *value = json_pack("{s:i, s:[i]}", "b", 1, "a", 2);
        _cleanup_free_ char *text = NULL;

        cr_assert_eq(json_format(value, &text), 0);
        cr_assert_str_eq(text, "{\"a\":[2],\"b\":1}\n");
}

Test(json, duplicate_keys_and_garbage_are_refused)
{
        json_t *value = NULL;

        cr_assert_eq(json_parse("{\"a\":1,\"a\":2}", 13, &value), -EBADMSG);
        cr_assert_eq(json_parse("{\"a\":1", 6, &value), -EBADMSG);
        cr_assert_null(value);
}

static size_t allocations;

static void *allocate(size_t size)
{
        if (allocations-- > 0)
                return malloc(size);
        errno = ENOMEM;
        return NULL;
}

Test(json, want_of_memory_is_no_malformed_text)
{
        static const char text[] = "{\"a\": [1, \"b\"]}";
        json_t *value = NULL;
        int r = -ENOMEM;

        json_set_alloc_funcs(allocate, free);
        for (size_t n = 0; r == -ENOMEM; n++) {
                allocations = n;
                r = json_parse(text, strlen(text), &value);
        }
        json_set_alloc_funcs(malloc, free);
        cr_assert_eq(r, 0);
        json_decref(value);
}

Test(json, times_have_a_readable_twin)
{
        _cleanup_json_ json_t *object = json_object();

        cr_assert_eq(json_set_time(object, "created_usec", 1767225600000000), 0);
        cr_assert_eq(json_integer_value(json_object_get(object, "created_usec")), 1767225600000000);
        cr_assert_str_eq(json_string_value(json_object_get(object, "created")),
                        "2026-01-01T00:00:00.000000Z");
}

Test(json, modes_have_names)
{
        cr_assert_eq(json_mode_from_string("pretty"), JSON_PRETTY);
        cr_assert_eq(json_mode_from_string("off"), JSON_OFF);
        cr_assert_eq(json_mode_from_string("yaml"), JSON_MODE_INVALID);
}

Test(json, bytes_become_hexadecimal_text)
{
        _cleanup_json_ json_t *value = json_hex("\x00\xfe\x0a", 3), *nothing = json_hex("", 0);

        cr_assert_str_eq(json_string_value(value), "00fe0a");
        cr_assert_str_eq(json_string_value(nothing), "");
}
