/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings, lists of strings, numbers in text and hexadecimal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

/* Most strings differ in their first byte, which is worth a look before a call. */
static inline bool string_equal(const char *a, const char *b)
{
        return a == b || (a && b && a[0] == b[0] && strcmp(a, b) == 0);
}

/* The rest of string behind prefix, or NULL. */
static inline const char *string_after(const char *string, const char *prefix)
{
        size_t length = strlen(prefix);

        return strncmp(string, prefix, length) == 0 ? string + length : NULL;
}

/* The ending of a counted noun. */
static inline const char *plural(uint64_t n)
{
        return n == 1 ? "" : "s";
}

bool string_ends_with(const char *string, const char *suffix);

/* Removes white space at both ends, in place; returns the new start. */
char *string_strip(char *string);

bool string_is_utf8(const char *string);

/*
 * Puts '?' in the place of every byte that belongs to no well-formed UTF-8 character (RFC 3629):
 * JSON and D-Bus refuse a whole text for one of them.
 */
void string_make_utf8(char *string);

/* A growing list of owned strings. */
typedef struct StringList {
        char **items;
        size_t count;
} StringList;

void string_list_done(StringList *list);

/* Copies string to the end. -ENOMEM. */
int string_list_add(StringList *list, const char *string);
bool string_list_contains(const StringList *list, const char *string);
void string_list_sort(StringList *list);

#define _cleanup_strings_ _cleanup_(string_list_done)

/*
 * Decimal digits only: no sign, no blanks, nothing behind. -EINVAL when it is no such number,
 * -ERANGE above max.
 */
int parse_u64(const char *text, uint64_t max, uint64_t *ret_value);

/* "yes/no, true/false, on/off, 1/0" as in systemd's configuration files; else -EINVAL. */
int parse_bool(const char *text, bool *ret_value);

/* Lower-case digits and a NUL: needs 2 * size + 1 bytes. */
void hex_encode(const void *bytes, size_t size, char *text);

/* Both cases. -EBADMSG for an odd number of digits, other characters or more than max_size bytes.
 */
int hex_decode(const char *text, void *bytes, size_t max_size, size_t *ret_size);

/*
 * Edit distance for "did you mean": the entry of names (NULL-terminated) nearest to word, or NULL
 * when none is near enough to be worth a suggestion.
 */
const char *string_nearest(const char *word, const char *const *names);
