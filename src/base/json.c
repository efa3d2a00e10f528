/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <string.h>

#include "base/fs.h"
#include "base/strings.h"

static const char *const mode_names[JSON_MODE_MAX] = {
        [JSON_OFF] = "off",
        [JSON_PRETTY] = "pretty",
        [JSON_SHORT] = "short",
};

JsonMode json_mode_from_string(const char *string)
{
        for (JsonMode mode = 0; mode < JSON_MODE_MAX; mode++)
                if (strcmp(mode_names[mode], string) == 0)
                        return mode;
        return JSON_MODE_INVALID;
}

int json_print(const json_t *value, JsonMode mode, FILE *file)
{
        size_t flags = JSON_ENCODE_ANY | (mode == JSON_PRETTY ? JSON_INDENT(2) : JSON_COMPACT);

        if (mode == JSON_OFF)
                return 0;
        if (json_dumpf(value, file, flags) < 0 || fputc('\n', file) == EOF || fflush(file) == EOF)
                return -EIO;
        return 0;
}

int json_format(const json_t *value, char **ret_text)
{
        _cleanup_free_ char *text =
                        json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
        char *with_newline;

        if (!text)
                return -ENOMEM;
        if (asprintf(&with_newline, "%s\n", text) < 0)
                return -ENOMEM;
        *ret_text = with_newline;
        return 0;
}

int json_parse(const char *text, size_t size, json_t **ret_value)
{
        json_t *value;

        /* jansson has a code for want of memory that its parser does not set. */
        errno = 0;
        value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
        if (!value)
                return errno == ENOMEM ? -ENOMEM : -EBADMSG;
        *ret_value = value;
        return 0;
}

int json_store(int root_fd, const char *directory, const char *path, const json_t *value)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (!value)
                return -ENOMEM;
        r = json_format(value, &text);
        if (r < 0)
                return r;
        r = fs_make_directories(root_fd, directory, 0755);
        if (r < 0)
                return r;
        return fs_replace_file(root_fd, path, text, strlen(text), 0644);
}

json_t *json_hex(const void *bytes, size_t size)
{
        _cleanup_free_ char *text = malloc(2 * size + 1);

        if (!text)
                return NULL;
        hex_encode(bytes, size, text);
        return json_string(text);
}

int json_set_time(json_t *object, const char *key, usec_t usec)
{
        char text[TIME_RFC3339_MAX];
        _cleanup_free_ char *twin = strndup(key, strlen(key) - strlen("_usec"));

        if (!twin || json_object_set_new(object, key, json_integer((json_int_t) usec)) < 0)
                return -ENOMEM;
        if (json_object_set_new(object, twin, json_string(time_format_rfc3339(usec, text))) < 0)
                return -ENOMEM;
        return 0;
}
