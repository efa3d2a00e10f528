/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What new entries of the measurement list are worth telling, counted by kind. */
#pragma once

#include <errno.h>
#include <stdint.h>

#include "core/measurements/list.h"
#include "imad/known-keys.h"

typedef enum NewsKind {
        NEWS_ENTRIES,
        NEWS_VIOLATIONS,
        NEWS_UNSIGNED, /* files with an empty place for a signature */
        NEWS_UNKNOWN,  /* files signed with a key that the kernel does not have */
        NEWS_KIND_MAX,
        NEWS_KIND_INVALID = -EINVAL,
} NewsKind;

typedef struct NewsSpan {
        uint64_t first; /* number of the first such entry, from 1 */
        uint64_t count;
} NewsSpan;

/* All zero is a valid one without any. */
typedef struct News {
        NewsSpan spans[NEWS_KIND_MAX];
} News;

/* Counts an entry. The keys are those of the kernel below root_fd, read when they are needed. */
void news_add(News *news, const Measurement *m, KnownKeys *keys, int root_fd);

/* Adds later news to those that were not told yet. True when there are any. */
bool news_merge(News *news, const News *later);
