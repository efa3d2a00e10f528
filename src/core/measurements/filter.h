/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which entries of a measurement list somebody wants to see. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strings.h"
#include "core/measurements/entry-verdict.h"

/* Length of a pattern for names. */
#define MEASUREMENT_PATTERN_MAX 4096

/* What has its zero value (the verdict: ENTRY_VERDICT_INVALID) is not asked about. */
typedef struct MeasurementFilter {
        const char *path; /* pattern for the whole name: * (also of '/'), ?, \ before either */
        const char *template;
        EntryVerdict verdict;
        bool by_key;
        uint32_t key_id;         /* in the header of the signature */
        const StringList *files; /* names, sorted; NULL: any */
} MeasurementFilter;

/*
 * Sets what a key of filters asks for: "path", "template", "verdict" or "signed-by" (a key id, or
 * what ends with one, as the subject key identifier). The value is borrowed. -ENOENT for another
 * key; -EINVAL for a value that does not fit, and *ret_expected says what must stand there.
 */
int measurement_filter_set(MeasurementFilter *filter, const char *key, const char *value,
                const char **ret_expected);

/* 1: it is wanted; 0: it is not; negative errno as of entry_verdict_find(). */
int measurement_filter_match(const MeasurementFilter *filter, ReplayHasher *hasher,
                const Measurement *m, const MeasurementView *view);
