/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/news.h"

#include "core/measurements/entry-verdict.h"

static void count(News *news, NewsKind kind, const Measurement *m)
{
        NewsSpan *span = &news->spans[kind];

        if (span->count == 0)
                span->first = m->number;
        span->count++;
}

void news_add(News *news, const Measurement *m, KnownKeys *keys, int root_fd)
{
        MeasurementView view;

        count(news, NEWS_ENTRIES, m);
        if (m->violation)
                count(news, NEWS_VIOLATIONS, m);
        else if (measurement_decode(m, &view) < 0)
                return;
        else if (entry_verdict_is_unsigned(m, &view))
                count(news, NEWS_UNSIGNED, m);
        else if (known_keys_lack(keys, root_fd, &view))
                count(news, NEWS_UNKNOWN, m);
}

bool news_merge(News *news, const News *later)
{
        bool any = false;

        for (size_t i = 0; i < NEWS_KIND_MAX; i++) {
                const NewsSpan *span = &later->spans[i];

                if (span->count == 0)
                        continue;
                if (news->spans[i].count == 0)
                        news->spans[i].first = span->first;
                news->spans[i].count += span->count;
                any = true;
        }
        return any;
}
