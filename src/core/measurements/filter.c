/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/measurements/filter.h"

#include <stdlib.h>

#include "core/signature/signature.h"

int measurement_filter_parse_key_id(const char *text, uint32_t *ret_key_id)
{
        uint8_t bytes[32];
        size_t size;

        if (hex_decode(text, bytes, sizeof(bytes), &size) < 0 || size < sizeof(uint32_t))
                return -EINVAL;
        *ret_key_id = (uint32_t) bytes[size - 4] << 24 | (uint32_t) bytes[size - 3] << 16 |
                      (uint32_t) bytes[size - 2] << 8 | bytes[size - 1];
        return 0;
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
                } else if (quoted ? pattern[1] == name[at]
                                  : *pattern == '?' || *pattern == name[at]) {
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
