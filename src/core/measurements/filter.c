/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/filter.h"

#include <stdlib.h>

#include "core/signature/signature.h"

static int set_path(MeasurementFilter *filter, const char *value)
{
        filter->path = value;
        return strlen(value) <= MEASUREMENT_PATTERN_MAX ? 0 : -EINVAL;
}

static int set_template(MeasurementFilter *filter, const char *value)
{
        filter->template = value;
        return 0;
}

static int set_verdict(MeasurementFilter *filter, const char *value)
{
        filter->verdict = entry_verdict_from_string(value);
        return filter->verdict >= 0 ? 0 : -EINVAL;
}

static int set_key_id(MeasurementFilter *filter, const char *value)
{
        uint8_t bytes[32];
        size_t size;

        if (hex_decode(value, bytes, sizeof(bytes), &size) < 0 || size < sizeof(uint32_t))
                return -EINVAL;
        filter->by_key = true;
        filter->key_id = (uint32_t) bytes[size - 4] << 24 | (uint32_t) bytes[size - 3] << 16 |
                         (uint32_t) bytes[size - 2] << 8 | bytes[size - 1];
        return 0;
}

static const struct {
        const char *key;
        int (*set)(MeasurementFilter *filter, const char *value);
        const char *expected;
} keys[] = {
        {"path",       set_path,     "a pattern of at most 4096 bytes"                        },
        { "template",  set_template, "the name of a template"                                 },
        { "verdict",   set_verdict,  "violation, bad-digest, signed, unsigned or plain"       },
        { "signed-by", set_key_id,   "a key id of 8 hexadecimal digits, or what ends with one"},
};

int measurement_filter_set(MeasurementFilter *filter, const char *key, const char *value,
                const char **ret_expected)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                if (!string_equal(keys[i].key, key))
                        continue;
                *ret_expected = keys[i].expected;
                return keys[i].set(filter, value);
        }
        return -ENOENT;
}

/* Only the last * is ever tried again, so that the time is that of both lengths multiplied. */
static bool matches_pattern(const char *pattern, const char *name, size_t size)
{
        const char *star = NULL;
        size_t at = 0, star_at = 0;

        while (at < size) {
                bool quoted = pattern[0] == '\\' && pattern[1] != '\0';

                if (*pattern == '*') {
                        star = ++pattern;
                        star_at = at;
                } else if (*pattern != '\0' && (quoted ? pattern[1] == name[at]
                                                       : *pattern == '?' || *pattern == name[at])) {
                        pattern += quoted ? 2 : 1;
                        at++;
                } else if (star) {
                        pattern = star;
                        at = ++star_at;
                } else {
                        return false;
                }
        }
        while (*pattern == '*')
                pattern++;
        return *pattern == '\0';
}

static bool is_signed_by(const uint8_t *value, size_t size, uint32_t key_id)
{
        Signature signature;

        return size > 0 && signature_parse(value, size, &signature) >= 0 &&
               signature.key_id == key_id;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static int is_among(const StringList *files, const MeasurementView *view)
{
        _cleanup_free_ char *name = strndup(view->name ? view->name : "", view->name_size);

        if (!name)
                return -ENOMEM;
        return files->count > 0 &&
               bsearch(&name, files->items, files->count, sizeof(char *), compare_names) != NULL;
}

static bool matches_fields(
                const MeasurementFilter *filter, const Measurement *m, const MeasurementView *view)
{
        if (filter->template && (strlen(filter->template) != m->template_name_size ||
                                                memcmp(filter->template, m->template_name,
                                                                m->template_name_size) != 0))
                return false;
        if (filter->path && !matches_pattern(filter->path, view->name, view->name_size))
                return false;
        return !filter->by_key ||
               is_signed_by(view->signature, view->signature_size, filter->key_id) ||
               is_signed_by(view->evm_signature, view->evm_signature_size, filter->key_id);
}

/* What costs least comes first. */
int measurement_filter_match(const MeasurementFilter *filter, ReplayHasher *hasher,
                const Measurement *m, const MeasurementView *view)
{
        EntryVerdict verdict;
        int r;

        if (!matches_fields(filter, m, view))
                return 0;
        r = filter->files ? is_among(filter->files, view) : 1;
        if (r <= 0 || filter->verdict < 0)
                return r;
        r = entry_verdict_find(hasher, m, view, &verdict);
        return r < 0 ? r : verdict == filter->verdict;
}
