/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/archive-index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strings.h"

typedef enum Field {
        FIELD_NAME,
        FIELD_VERSION,
        FIELD_ARCHITECTURE,
        FIELD_FILENAME,
        FIELD_SIZE,
        FIELD_SHA256,
        FIELD_MAX,
} Field;

static const char *const field_names[FIELD_MAX] = {
        [FIELD_NAME] = "Package",
        [FIELD_VERSION] = "Version",
        [FIELD_ARCHITECTURE] = "Architecture",
        [FIELD_FILENAME] = "Filename",
        [FIELD_SIZE] = "Size",
        [FIELD_SHA256] = "SHA256",
};

void archive_index_done(ArchiveIndex *index)
{
        free(index->items);
        arena_done(&index->arena);
        memset(index, 0, sizeof(*index));
}

static int grow(ArchiveIndex *index)
{
        size_t allocated = index->allocated ? 2 * index->allocated : 1024;
        IndexedPackage *items;

        if (index->count < index->allocated)
                return 0;
        if (index->count >= ARCHIVE_INDEX_MAX)
                return -E2BIG;
        items = reallocarray(index->items, allocated, sizeof(*items));
        if (!items)
                return -ENOMEM;
        index->items = items;
        index->allocated = allocated;
        return 0;
}

static int copy_text(ArchiveIndex *index, const char *value, const char **ret_text)
{
        *ret_text = arena_copy_text(&index->arena, value, strlen(value));
        return *ret_text ? 0 : -ENOMEM;
}

/* Few values of this one, and those of neighbours are the same. */
static int copy_architecture(ArchiveIndex *index, const char *value, const char **ret_text)
{
        if (index->count > 0 && string_equal(index->items[index->count - 1].architecture, value)) {
                *ret_text = index->items[index->count - 1].architecture;
                return 0;
        }
        return copy_text(index, value, ret_text);
}

int archive_index_add(ArchiveIndex *index, const Deb822Paragraph *paragraph, unsigned list)
{
        IndexedPackage package = { .list = list };
        const char *values[FIELD_MAX];
        size_t size;
        int r;

        for (Field field = 0; field < FIELD_MAX; field++)
                values[field] = deb822_get(paragraph, field_names[field]);
        if (!values[FIELD_SHA256])
                return 0;
        for (Field field = 0; field < FIELD_MAX; field++)
                if (!values[field])
                        return -EBADMSG;
        if (hex_decode(values[FIELD_SHA256], package.sha256, sizeof(package.sha256), &size) < 0 ||
                        size != sizeof(package.sha256) ||
                        parse_u64(values[FIELD_SIZE], INT64_MAX, &package.size) < 0)
                return -EBADMSG;
        r = grow(index);
        if (r < 0)
                return r;
        if (copy_text(index, values[FIELD_NAME], &package.name) < 0 ||
                        copy_text(index, values[FIELD_VERSION], &package.version) < 0 ||
                        copy_text(index, values[FIELD_FILENAME], &package.filename) < 0 ||
                        copy_architecture(index, values[FIELD_ARCHITECTURE],
                                        &package.architecture) < 0)
                return -ENOMEM;
        index->items[index->count++] = package;
        return 0;
}

void archive_index_truncate(ArchiveIndex *index, size_t count)
{
        index->count = count < index->count ? count : index->count;
}

static int compare(const void *a, const void *b)
{
        const IndexedPackage *x = a, *y = b;
        int order = memcmp(x->sha256, y->sha256, sizeof(x->sha256));

        return order != 0 ? order : x->list < y->list ? -1 : x->list > y->list;
}

void archive_index_sort(ArchiveIndex *index)
{
        if (index->count > 0)
                qsort(index->items, index->count, sizeof(*index->items), compare);
}

/* The first one that is not below the digest. */
static size_t find_first(const ArchiveIndex *index, const uint8_t *sha256)
{
        size_t low = 0, high = index->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (memcmp(index->items[middle].sha256, sha256, ARCHIVE_INDEX_SHA256_SIZE) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

const IndexedPackage *archive_index_find(
                const ArchiveIndex *index, const Digest *digest, size_t *ret_count)
{
        size_t first, n = 0;

        *ret_count = 0;
        if (digest->algorithm != HASH_SHA256)
                return NULL;
        first = find_first(index, digest->bytes);
        while (first + n < index->count && memcmp(index->items[first + n].sha256, digest->bytes,
                                                           ARCHIVE_INDEX_SHA256_SIZE) == 0)
                n++;
        *ret_count = n;
        return n > 0 ? &index->items[first] : NULL;
}
