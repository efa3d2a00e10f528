/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/signature/label-cache.h"

#include <endian.h>

#define MAGIC "imadlc1"
#define OWNER_SIZE 32U
#define CHECKSUM_SIZE 32U

typedef struct Header {
        char magic[sizeof(MAGIC)];
        uint64_t n_entries;
        uint8_t owner[OWNER_SIZE];
} Header;

/* As in the file. */
typedef struct Entry {
        uint64_t device;
        uint64_t inode;
        LabelMark mark;
} Entry;

struct LabelCache {
        uint8_t owner[OWNER_SIZE];
        uint8_t *bytes;
        const Entry *old; /* in the bytes */
        size_t n_old;
        Entry *added;
        size_t n_added, n_allocated;
};

LabelCache *label_cache_free(LabelCache *cache)
{
        if (cache) {
                free(cache->bytes);
                free(cache->added);
                free(cache);
        }
        return NULL;
}

int label_cache_new(const Digest *owner, LabelCache **ret_cache)
{
        LabelCache *cache;

        if (owner->size != OWNER_SIZE)
                return -EINVAL;
        cache = calloc(1, sizeof(*cache));
        if (!cache)
                return -ENOMEM;
        memcpy(cache->owner, owner->bytes, OWNER_SIZE);
        *ret_cache = cache;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const Entry *x = a, *y = b;
        uint64_t dx = le64toh(x->device), dy = le64toh(y->device), ix = le64toh(x->inode),
                 iy = le64toh(y->inode);

        if (dx != dy)
                return dx < dy ? -1 : 1;
        return ix < iy ? -1 : ix > iy;
}

static int check_header(const Header *header, size_t size, const uint8_t *owner)
{
        uint64_t n = le64toh(header->n_entries);

        if (memcmp(header->magic, MAGIC, sizeof(MAGIC)) != 0 || n > LABEL_CACHE_ENTRIES_MAX ||
                        size != sizeof(Header) + n * sizeof(Entry) + CHECKSUM_SIZE)
                return -EBADMSG;
        return memcmp(header->owner, owner, OWNER_SIZE) == 0 ? 0 : -EEXIST;
}

static int check_bytes(const uint8_t *bytes, size_t size)
{
        Digest digest;
        int r = digest_compute(HASH_SHA256, bytes, size - CHECKSUM_SIZE, &digest);

        if (r < 0)
                return r;
        return memcmp(digest.bytes, bytes + size - CHECKSUM_SIZE, CHECKSUM_SIZE) == 0 ? 0
                                                                                      : -EBADMSG;
}

/* A search wants them in order. */
static int check_order(const Entry *entries, size_t n)
{
        for (size_t i = 1; i < n; i++)
                if (compare(&entries[i - 1], &entries[i]) >= 0)
                        return -EBADMSG;
        return 0;
}

int label_cache_parse(const Digest *owner, uint8_t *bytes, size_t size, LabelCache **ret_cache)
{
        _cleanup_free_ uint8_t *owned = bytes;
        _cleanup_label_cache_ LabelCache *cache = NULL;
        const Header *header = (const Header *) bytes;
        int r = size < sizeof(Header) + CHECKSUM_SIZE ? -EBADMSG : label_cache_new(owner, &cache);

        if (r >= 0)
                r = check_header(header, size, cache->owner);
        if (r >= 0)
                r = check_bytes(bytes, size);
        if (r < 0)
                return r;
        cache->n_old = le64toh(header->n_entries);
        cache->old = (const Entry *) (bytes + sizeof(Header));
        r = check_order(cache->old, cache->n_old);
        if (r < 0)
                return r;
        cache->bytes = TAKE_PTR(owned);
        *ret_cache = TAKE_PTR(cache);
        return 0;
}

static int make_entry(const LabelCacheFile *file, Entry *ret_entry)
{
        const uint64_t state[] = { htole64(file->size), htole64((uint64_t) file->ctime_sec),
                htole64((uint64_t) file->mtime_sec), htole64(file->ctime_nsec),
                htole64(file->mtime_nsec) };
        Entry entry = { htole64(file->device), htole64(file->inode), { { 0 } } };
        int r = label_mark_compute(state, sizeof(state), &entry.mark);

        if (r >= 0)
                *ret_entry = entry;
        return r;
}

bool label_cache_has(const LabelCache *cache, const LabelCacheFile *file)
{
        const Entry *found;
        Entry entry;

        if (cache->n_old == 0 || make_entry(file, &entry) < 0)
                return false;
        found = bsearch(&entry, cache->old, cache->n_old, sizeof(entry), compare);
        return found && label_mark_equal(&found->mark, &entry.mark);
}

int label_cache_add(LabelCache *cache, const LabelCacheFile *file)
{
        int r;

        if (cache->n_added == LABEL_CACHE_ENTRIES_MAX)
                return 0;
        if (cache->n_added == cache->n_allocated) {
                size_t n = cache->n_allocated ? 2 * cache->n_allocated : 1024;
                Entry *added = reallocarray(cache->added, n, sizeof(*added));

                if (!added)
                        return -ENOMEM;
                cache->added = added;
                cache->n_allocated = n;
        }
        r = make_entry(file, &cache->added[cache->n_added]);
        cache->n_added += r >= 0;
        return r;
}

bool label_cache_is_changed(const LabelCache *cache)
{
        return cache->n_added > 0;
}

/* Of a file that was added twice the later one counts; qsort() may turn them round. */
static size_t sort_added(LabelCache *cache)
{
        size_t n = 0;

        qsort(cache->added, cache->n_added, sizeof(*cache->added), compare);
        for (size_t i = 0; i < cache->n_added; i++)
                if (n == 0 || compare(&cache->added[n - 1], &cache->added[i]) != 0)
                        cache->added[n++] = cache->added[i];
        return n;
}

static int append_merged(LabelCache *cache, size_t n_added, Buffer *buffer, size_t *ret_n)
{
        size_t room = LABEL_CACHE_ENTRIES_MAX - n_added, i = 0, j = 0, n = 0;
        int r = 0;

        while (r >= 0 && (i < cache->n_old || j < n_added)) {
                int order = i == cache->n_old ? 1
                            : j == n_added    ? -1
                                              : compare(&cache->old[i], &cache->added[j]);

                if (order >= 0) {
                        i += order == 0;
                        r = buffer_append(buffer, &cache->added[j++], sizeof(Entry));
                        n++;
                } else if (room > 0) {
                        r = buffer_append(buffer, &cache->old[i++], sizeof(Entry));
                        room--;
                        n++;
                } else {
                        i++;
                }
        }
        *ret_n = n;
        return r;
}

int label_cache_format(LabelCache *cache, Buffer *buffer)
{
        const size_t start = buffer->size, n_added = sort_added(cache);
        Header header = { .magic = MAGIC };
        Digest digest;
        size_t n = 0;
        int r;

        memcpy(header.owner, cache->owner, OWNER_SIZE);
        r = buffer_append(buffer, &header, sizeof(header));
        if (r >= 0)
                r = append_merged(cache, n_added, buffer, &n);
        if (r < 0)
                return r;
        header.n_entries = htole64(n);
        memcpy(buffer->data + start, &header, sizeof(header));
        r = digest_compute(HASH_SHA256, buffer->data + start, buffer->size - start, &digest);
        return r < 0 ? r : buffer_append(buffer, digest.bytes, CHECKSUM_SIZE);
}
