/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strings.h"

#include <ctype.h>
#include <errno.h>

#include "base/utf8.h"

#define NEAREST_WORD_MAX 64

bool string_ends_with(const char *string, const char *suffix)
{
        size_t length = strlen(string), suffix_length = strlen(suffix);

        return length >= suffix_length && strcmp(string + length - suffix_length, suffix) == 0;
}

char *string_strip(char *string)
{
        size_t length;

        while (isspace((unsigned char) *string))
                string++;
        length = strlen(string);
        while (length > 0 && isspace((unsigned char) string[length - 1]))
                string[--length] = '\0';
        return string;
}

bool string_is_utf8(const char *string)
{
        return utf8_is_valid(string, strlen(string));
}

void string_make_utf8(char *string)
{
        size_t left = strlen(string);

        while (left > 0) {
                uint32_t character;
                size_t length = utf8_decode(string, left, &character);

                if (length == 0) {
                        *string = '?';
                        length = 1;
                }
                string += length;
                left -= length;
        }
}

void string_list_done(StringList *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i]);
        free(list->items);
        *list = (StringList){ 0 };
}

int string_list_add(StringList *list, const char *string)
{
        if ((list->count & (list->count - 1)) == 0) {
                size_t allocated = list->count == 0 ? 1 : list->count * 2;
                char **items = reallocarray(list->items, allocated, sizeof(char *));

                if (!items)
                        return -ENOMEM;
                list->items = items;
        }
        list->items[list->count] = strdup(string);
        if (!list->items[list->count])
                return -ENOMEM;
        list->count++;
        return 0;
}

bool string_list_contains(const StringList *list, const char *string)
{
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i], string) == 0)
                        return true;
        return false;
}

static int compare_strings(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

void string_list_sort(StringList *list)
{
        if (list->count > 1)
                qsort(list->items, list->count, sizeof(char *), compare_strings);
}

int parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
        uint64_t value = 0;

        if (*text == '\0')
                return -EINVAL;
        for (const char *p = text; *p; p++)
                if (*p < '0' || *p > '9')
                        return -EINVAL;
        for (const char *p = text; *p; p++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                                __builtin_add_overflow(value, (uint64_t) (*p - '0'), &value) ||
                                value > max)
                        return -ERANGE;
        *ret_value = value;
        return 0;
}

int parse_bool(const char *text, bool *ret_value)
{
        static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
        static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                if (strcasecmp(text, yes[i]) == 0) {
                        *ret_value = true;
                        return 0;
                }
                if (strcasecmp(text, no[i]) == 0) {
                        *ret_value = false;
                        return 0;
                }
        }
        return -EINVAL;
}

void hex_encode(const void *bytes, size_t size, char *text)
{
        static const char digits[] = "0123456789abcdef";
        const uint8_t *p = bytes;

        for (size_t i = 0; i < size; i++) {
                text[2 * i] = digits[p[i] >> 4];
                text[2 * i + 1] = digits[p[i] & 15];
        }
        text[2 * size] = '\0';
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -EBADMSG;
}

int hex_decode(const char *text, void *bytes, size_t max_size, size_t *ret_size)
{
        size_t length = strlen(text);
        uint8_t *p = bytes;

        if (length % 2 != 0 || length / 2 > max_size)
                return -EBADMSG;
        for (size_t i = 0; i < length; i += 2) {
                int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

                if (high < 0 || low < 0)
                        return -EBADMSG;
                p[i / 2] = (uint8_t) (high << 4 | low);
        }
        *ret_size = length / 2;
        return 0;
}

static size_t min3(size_t a, size_t b, size_t c)
{
        size_t m = a < b ? a : b;

        return m < c ? m : c;
}

static size_t edit_distance(const char *a, const char *b)
{
        size_t row[NEAREST_WORD_MAX + 1], length_b = strlen(b);

        for (size_t j = 0; j <= length_b; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= length_b; j++) {
                        size_t above = row[j];
                        bool same = tolower((unsigned char) a[i - 1]) ==
                                    tolower((unsigned char) b[j - 1]);

                        row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1));
                        diagonal = above;
                }
        }
        return row[length_b];
}

const char *string_nearest(const char *word, const char *const *names)
{
        size_t length = strlen(word), best_distance = length / 3 + 1;
        const char *best = NULL;

        if (length == 0 || length > NEAREST_WORD_MAX)
                return NULL;
        for (; *names; names++) {
                size_t distance;

                if (strlen(*names) > NEAREST_WORD_MAX)
                        continue;
                distance = edit_distance(word, *names);
                if (distance < best_distance || (distance == best_distance && !best)) {
                        best = *names;
                        best_distance = distance;
                }
        }
        return best;
}
