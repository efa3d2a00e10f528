/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/label-cache.h"

#include <criterion/criterion.h>

static const Digest owner = {
        HASH_SHA256, 32, {1, 2, 3}
};

static LabelCacheFile make_file(uint64_t inode)
{
        return (LabelCacheFile){
                .device = 1, .inode = inode, .size = 5, .ctime_sec = 7, .mtime_sec = 6
        };
}

/* What a later run has of the cache. */
static LabelCache *reread(LabelCache *cache)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        LabelCache *again;
        size_t size;
        char *bytes;

        cr_assert_eq(label_cache_format(cache, &buffer), 0);
        cr_assert_eq(buffer_take(&buffer, &bytes, &size), 0);
        cr_assert_eq(label_cache_parse(&owner, (uint8_t *) bytes, size, &again), 0);
        return again;
}

static LabelCache *make_cache(uint64_t n)
{
        LabelCache *cache;

        cr_assert_eq(label_cache_new(&owner, &cache), 0);
        for (uint64_t i = n; i > 0; i--) {
                LabelCacheFile file = make_file(i);

                cr_assert_eq(label_cache_add(cache, &file), 0);
        }
        return cache;
}

Test(label_cache, what_was_added_is_found_by_a_later_run)
{
        _cleanup_label_cache_ LabelCache *cache = make_cache(100), *again = reread(cache);

        for (uint64_t i = 1; i <= 101; i++) {
                LabelCacheFile file = make_file(i);

                cr_expect_eq(label_cache_has(again, &file), i <= 100);
        }
        cr_expect_not(label_cache_is_changed(again));
}

Test(label_cache, every_change_of_a_file_is_seen)
{
        _cleanup_label_cache_ LabelCache *cache = make_cache(1), *again = reread(cache);
        LabelCacheFile files[7];

        for (size_t i = 0; i < 7; i++)
                files[i] = make_file(1);
        files[0].device++;
        files[1].inode++;
        files[2].size++;
        files[3].ctime_sec++;
        files[4].ctime_nsec++;
        files[5].mtime_sec++;
        files[6].mtime_nsec++;
        for (size_t i = 0; i < 7; i++)
                cr_expect_not(label_cache_has(again, &files[i]), "%zu", i);
}

Test(label_cache, a_new_entry_takes_the_place_of_the_old_one)
{
        _cleanup_label_cache_ LabelCache *cache = make_cache(3), *again = reread(cache);
        _cleanup_label_cache_ LabelCache *third = NULL;
        LabelCacheFile changed = make_file(2), old = make_file(2), other = make_file(3);

        changed.size = 9;
        cr_assert_eq(label_cache_add(again, &changed), 0);
        third = reread(again);
        cr_expect(label_cache_has(third, &changed));
        cr_expect_not(label_cache_has(third, &old));
        cr_expect(label_cache_has(third, &other));
}

Test(label_cache, what_belongs_to_another_key_is_not_believed)
{
        _cleanup_label_cache_ LabelCache *cache = make_cache(1), *again = NULL;
        _cleanup_buffer_ Buffer buffer = { 0 };
        const Digest other = { HASH_SHA256, 32, { 9 } };
        size_t size;
        char *bytes;

        cr_assert_eq(label_cache_format(cache, &buffer), 0);
        cr_assert_eq(buffer_take(&buffer, &bytes, &size), 0);
        cr_expect_eq(label_cache_parse(&other, (uint8_t *) bytes, size, &again), -EEXIST);
}

Test(label_cache, every_changed_byte_and_every_lost_one_is_found)
{
        _cleanup_label_cache_ LabelCache *cache = make_cache(2), *again = NULL;
        _cleanup_buffer_ Buffer buffer = { 0 };

        cr_assert_eq(label_cache_format(cache, &buffer), 0);
        for (size_t i = 0; i < buffer.size; i++) {
                uint8_t *copy = malloc(buffer.size), *cut = malloc(buffer.size);

                memcpy(copy, buffer.data, buffer.size);
                memcpy(cut, buffer.data, buffer.size);
                copy[i] ^= 0x20;
                cr_expect_lt(label_cache_parse(&owner, copy, buffer.size, &again), 0, "%zu", i);
                cr_expect_eq(label_cache_parse(&owner, cut, i, &again), -EBADMSG, "%zu", i);
        }
}
