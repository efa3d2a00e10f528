/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conveniences over jansson; every JSON text that imad reads or writes goes through these. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/time.h"

typedef enum JsonMode {
        JSON_OFF,
        JSON_PRETTY,
        JSON_SHORT,
        JSON_MODE_MAX,
        JSON_MODE_INVALID = -EINVAL,
} JsonMode;

#define _cleanup_json_ _cleanup_(json_decrefp)

/* "off", "pretty", "short"; else JSON_MODE_INVALID. */
JsonMode json_mode_from_string(const char *string);

/* Prints value and a newline; nothing in mode JSON_OFF. -EIO when the stream fails. */
int json_print(const json_t *value, JsonMode mode, FILE *file);

/* Compact text with sorted keys and a final newline, malloc()ed. */
int json_format(const json_t *value, char **ret_text);

/* Parses text of at most `size` bytes; duplicate keys are refused. -EBADMSG when malformed. */
int json_parse(const char *text, size_t size, json_t **ret_value);

/*
 * Replaces the file at path, in directory, below the root by the compact text of value, as
 * fs_replace_file() does; makes the directory. value may be NULL, for want of memory: -ENOMEM.
 */
int json_store(int root_fd, const char *directory, const char *path, const json_t *value);

/* Bytes as lower-case hexadecimal text; NULL: no memory. */
json_t *json_hex(const void *bytes, size_t size);

/* Sets KEY (integer microseconds) and KEY less "_usec" as RFC 3339 text. `key` ends in "_usec". */
int json_set_time(json_t *object, const char *key, usec_t usec);
