/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters over an entry: three strings, each up to a NUL, are the path, the key id and the verdict
 * that are asked for; the rest is a measurement list.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/measurements/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False when the strings end too early. */
static bool take_string(const char **data, size_t *size, char **ret_string)
{
        const char *end = memchr(*data, '\0', *size);

        if (!end)
                return false;
        *ret_string = strdup(*data);
        *size -= (size_t) (end - *data) + 1;
        *data = end + 1;
        return *ret_string != NULL;
}

static int match_list(const MeasurementFilter *filter, const char *bytes, size_t size)
{
        static const HashAlgorithm bank = HASH_SHA1;
        _cleanup_replay_hasher_ ReplayHasher *hasher = NULL;
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        Measurement m;
        int r = replay_hasher_new(&bank, 1, &hasher);

        if (r >= 0)
                r = measurement_reader_new_detecting(&reader);
        if (r >= 0)
                r = measurement_reader_feed(reader, bytes, size);
        if (r < 0)
                return r;
        measurement_reader_end(reader);
        while (measurement_reader_next(reader, &m) > 0) {
                MeasurementView view;

                if (measurement_decode(&m, &view) < 0)
                        view = (MeasurementView){ 0 };
                r = measurement_filter_match(filter, hasher, &m, &view);
                if (r < 0 || r > 1)
                        abort();
        }
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const keys[] = { "path", "signed-by", "verdict" };
        MeasurementFilter filter = { .verdict = ENTRY_VERDICT_INVALID };
        char *values[ELEMENTSOF(keys)] = { NULL };
        const char *at = (const char *) data;
        bool good = true;

        for (size_t i = 0; good && i < ELEMENTSOF(keys); i++) {
                const char *expected = NULL;

                good = take_string(&at, &size, &values[i]);
                /* An empty one is not asked for. */
                if (good && *values[i] &&
                                measurement_filter_set(&filter, keys[i], values[i], &expected) <
                                                0 &&
                                !expected)
                        abort();
        }
        if (good)
                (void) match_list(&filter, at, size);
        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                free(values[i]);
        return 0;
}
