/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/value.h"

#include <errno.h>

#include "base/json.h"
#include "base/strings.h"

static int append_dict(sd_bus_message *m, const json_t *object, unsigned depth);
static int append_variant(sd_bus_message *m, const json_t *value, unsigned depth);

/* The element type of a list: "a{sv}" or "s" when all are of that kind, else "v". */
static const char *list_type(const json_t *array)
{
        size_t objects = 0, strings = 0, size = json_array_size(array);

        for (size_t i = 0; i < size; i++) {
                objects += json_is_object(json_array_get(array, i));
                strings += json_is_string(json_array_get(array, i));
        }
        if (objects == size)
                return "a{sv}";
        return strings == size ? "s" : "v";
}

static int append_list(sd_bus_message *m, const json_t *array, const char *type, unsigned depth)
{
        int r = sd_bus_message_open_container(m, 'a', type);

        for (size_t i = 0; r >= 0 && i < json_array_size(array); i++) {
                const json_t *value = json_array_get(array, i);

                if (*type == 'a')
                        r = append_dict(m, value, depth);
                else if (*type == 's')
                        r = sd_bus_message_append_basic(m, 's', json_string_value(value));
                else
                        r = append_variant(m, value, depth);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_container(sd_bus_message *m, const json_t *value, unsigned depth)
{
        const char *type = json_is_object(value) ? "{sv}" : list_type(value);
        char signature[8];
        int r;

        (void) snprintf(signature, sizeof(signature), "a%s", type);
        r = sd_bus_message_open_container(m, 'v', signature);
        if (r < 0)
                return r;
        r = json_is_object(value) ? append_dict(m, value, depth)
                                  : append_list(m, value, type, depth);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_variant(sd_bus_message *m, const json_t *value, unsigned depth)
{
        switch (json_typeof(value)) {
        case JSON_STRING:
                return sd_bus_message_append(m, "v", "s", json_string_value(value));
        case JSON_INTEGER:
                return sd_bus_message_append(m, "v", json_integer_value(value) < 0 ? "x" : "t",
                                (uint64_t) json_integer_value(value));
        case JSON_REAL:
                return sd_bus_message_append(m, "v", "d", json_real_value(value));
        case JSON_TRUE:
        case JSON_FALSE:
                return sd_bus_message_append(m, "v", "b", json_is_true(value));
        case JSON_NULL:
                /* D-Bus has no null: an empty string holds its place in a list. */
                return sd_bus_message_append(m, "v", "s", "");
        default:
                return append_container(m, value, depth + 1);
        }
}

static int append_dict(sd_bus_message *m, const json_t *object, unsigned depth)
{
        const char *key;
        json_t *value;
        int r;

        if (depth > BUS_VALUE_DEPTH_MAX)
                return -E2BIG;
        if (object && !json_is_object(object) && !json_is_null(object))
                return -EINVAL;
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        json_object_foreach ((json_t *) object, key, value) {
                if (json_is_null(value))
                        continue;
                r = sd_bus_message_open_container(m, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append_basic(m, 's', key);
                if (r >= 0)
                        r = append_variant(m, value, depth);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

int bus_append_dict(sd_bus_message *m, const json_t *object)
{
        return append_dict(m, object, 0);
}

int bus_append_dicts(sd_bus_message *m, const json_t *array)
{
        if (array && !json_is_array(array) && !json_is_null(array))
                return -EINVAL;
        return append_list(m, array, "a{sv}", 0);
}

int bus_append_diags(sd_bus_message *m, const DiagList *diags)
{
        _cleanup_json_ json_t *array = diag_list_to_json(diags);

        return array ? bus_append_dicts(m, array) : -ENOMEM;
}

static int read_value(sd_bus_message *m, unsigned depth, json_t **ret_value);

static int read_bytes(sd_bus_message *m, json_t **ret_value)
{
        _cleanup_free_ char *text = NULL;
        const void *bytes;
        size_t size;
        int r = sd_bus_message_read_array(m, 'y', &bytes, &size);

        if (r < 0)
                return r;
        text = malloc(2 * size + 1);
        if (!text)
                return -ENOMEM;
        hex_encode(bytes, size, text);
        *ret_value = json_string(text);
        return *ret_value ? 1 : -ENOMEM;
}

static int read_entry(sd_bus_message *m, const char *contents, unsigned depth, json_t *object)
{
        json_t *value = NULL;
        const char *key;
        int r = sd_bus_message_enter_container(m, 'e', contents);

        if (r <= 0)
                return r;
        r = sd_bus_message_read_basic(m, 's', &key);
        if (r >= 0)
                r = read_value(m, depth, &value);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        if (json_object_set_new(object, key, value) < 0)
                return -ENOMEM;
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : 1;
}

static int read_dict(sd_bus_message *m, const char *type, unsigned depth, json_t **ret_value)
{
        _cleanup_json_ json_t *object = json_object();
        _cleanup_free_ char *contents = NULL;
        int r;

        if (!object)
                return -ENOMEM;
        if (type[1] != 's')
                return -EBADMSG;
        contents = strndup(type + 1, strlen(type) - 2);
        if (!contents)
                return -ENOMEM;
        r = sd_bus_message_enter_container(m, 'a', type);
        while (r > 0)
                r = read_entry(m, contents, depth, object);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret_value = TAKE_PTR(object);
        return 1;
}

static int read_members(sd_bus_message *m, char type, const char *contents, unsigned depth,
                json_t **ret_value)
{
        _cleanup_json_ json_t *array = json_array();
        int r;

        if (!array)
                return -ENOMEM;
        r = sd_bus_message_enter_container(m, type, contents);
        while (r > 0) {
                json_t *value = NULL;

                r = read_value(m, depth, &value);
                if (r > 0 && json_array_append_new(array, value) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret_value = TAKE_PTR(array);
        return 1;
}

static int read_variant(sd_bus_message *m, const char *contents, unsigned depth, json_t **ret_value)
{
        _cleanup_json_ json_t *value = NULL;
        int r = sd_bus_message_enter_container(m, 'v', contents);

        if (r >= 0)
                r = read_value(m, depth, &value);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret_value = TAKE_PTR(value);
        return 1;
}

typedef union BasicValue {
        const char *s;
        uint64_t t;
        int64_t x;
        uint32_t u;
        int32_t i;
        uint16_t q;
        int16_t n;
        uint8_t y;
        int b;
        double d;
} BasicValue;

/* 64-bit values above the range of JSON integers are clamped: no property of imad has any. */
static json_t *basic_to_json(char type, const BasicValue *value)
{
        switch (type) {
        case 's':
        case 'o':
        case 'g':
                return json_string(value->s);
        case 'b':
                return json_boolean(value->b);
        case 'd':
                return json_real(value->d);
        case 't':
                return json_integer(value->t > INT64_MAX ? INT64_MAX : (json_int_t) value->t);
        case 'x':
                return json_integer(value->x);
        case 'u':
                return json_integer(value->u);
        case 'i':
                return json_integer(value->i);
        case 'q':
                return json_integer(value->q);
        case 'n':
                return json_integer(value->n);
        case 'y':
                return json_integer(value->y);
        default:
                return NULL;
        }
}

static int read_basic(sd_bus_message *m, char type, json_t **ret_value)
{
        BasicValue value = { 0 };
        int r;

        if (!strchr("sogbdtxuiqny", type))
                return -EBADMSG;
        r = sd_bus_message_read_basic(m, type, &value);
        if (r <= 0)
                return r;
        *ret_value = basic_to_json(type, &value);
        return *ret_value ? 1 : -ENOMEM;
}

static int read_value(sd_bus_message *m, unsigned depth, json_t **ret_value)
{
        const char *contents;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r <= 0)
                return r;
        if (depth > BUS_VALUE_DEPTH_MAX)
                return -E2BIG;
        if (type == 'a' && string_equal(contents, "y"))
                return read_bytes(m, ret_value);
        if (type == 'a' && *contents == '{')
                return read_dict(m, contents, depth + 1, ret_value);
        if (type == 'a' || type == 'r')
                return read_members(m, type, contents, depth + 1, ret_value);
        if (type == 'v')
                return read_variant(m, contents, depth + 1, ret_value);
        return read_basic(m, type, ret_value);
}

int bus_read_value(sd_bus_message *m, json_t **ret_value)
{
        return read_value(m, 0, ret_value);
}
