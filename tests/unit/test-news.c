/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "fixture-list.h"
#include "fixture-root.h"
#include "imad/news.h"

static void assert_span(const News *news, NewsKind kind, uint64_t first, uint64_t count)
{
        cr_expect_eq(news->spans[kind].first, first, "kind %d", (int) kind);
        cr_expect_eq(news->spans[kind].count, count, "kind %d", (int) kind);
}

static void add_list(News *news, const Buffer *list, const FixtureRoot *root)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        KnownKeys keys = { 0 };
        Measurement m;

        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list->data, list->size), 0);
        while (measurement_reader_next(reader, &m) > 0)
                news_add(news, &m, &keys, root->fd);
        known_keys_done(&keys);
}

Test(news, each_kind_is_counted_from_its_first_entry)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_buffer_ Buffer list = { 0 };
        News news = { 0 };

        fixture_root_write(&root, "/proc/keys",
                        "1a2b3c4d I------     1 perm 1f030000     0     0 asymmetri K: 0a: "
                        "X509.rsa 01020304 []\n");
        fixture_append_keyed(&list, "/usr/bin/signed", 0x01020304);
        fixture_append_keyed(&list, "/usr/bin/unsigned", 0);
        fixture_append_keyed(&list, "/usr/bin/unsigned2", 0);
        fixture_append_keyed(&list, "/usr/bin/foreign", 0x0a0b0c0d);
        add_list(&news, &list, &root);
        assert_span(&news, NEWS_ENTRIES, 1, 4);
        assert_span(&news, NEWS_UNSIGNED, 2, 2);
        assert_span(&news, NEWS_UNKNOWN, 4, 1);
        assert_span(&news, NEWS_VIOLATIONS, 0, 0);
}

Test(news, what_was_not_told_adds_up)
{
        News news = { .spans = { [NEWS_ENTRIES] = { 2, 3 } } };
        const News later = {
                .spans = {[NEWS_ENTRIES] = { 5, 2 }, [NEWS_UNSIGNED] = { 6, 1 }}
        };
        const News none = { 0 };

        cr_assert(news_merge(&news, &later));
        assert_span(&news, NEWS_ENTRIES, 2, 5);
        assert_span(&news, NEWS_UNSIGNED, 6, 1);
        cr_assert_not(news_merge(&news, &none));
        assert_span(&news, NEWS_ENTRIES, 2, 5);
}
