/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-gate/label-table.h"

#include <sys/mman.h>

#define CAPACITY_MAX ((size_t) 1 << 30)
#define BUCKETS 65536U /* a power of two */
#define ALIGNMENT 8U
#define PATH_SIZE_MAX 4096U

typedef uint32_t Offset; /* from the begin of the table; 0: none */

typedef struct Path {
        Offset next;
        char text[];
} Path;

typedef struct Entry {
        uint64_t size;
        uint8_t digest[LABEL_DIGEST_SIZE];
        Offset next; /* of the same bucket */
        _Atomic Offset paths;
        _Atomic uint32_t state;
        _Atomic uint32_t files;
        uint32_t signature_size;
        uint8_t signature[LABEL_SIGNATURE_MAX];
} Entry;

/* Entries lie at the end, the last one first, so that a number tells where; paths behind this. */
typedef struct Header {
        _Atomic LabelNumber count;
        _Atomic uint32_t wants;
        Offset used;
        _Atomic LabelNumber buckets[BUCKETS];
} Header;

struct LabelTable {
        int fd;
        size_t capacity;
        Header *header; /* NULL: not mapped */
};

static Entry *get_entry(const LabelTable *table, LabelNumber number)
{
        return (Entry *) ((char *) table->header + table->capacity) - number;
}

static const Path *get_path(const LabelTable *table, Offset offset)
{
        return (const Path *) ((const char *) table->header + offset);
}

static size_t get_bucket(uint64_t size)
{
        return (size_t) ((size * UINT64_C(0x9e3779b97f4a7c15)) >> 48) & (BUCKETS - 1);
}

int label_table_map(LabelTable *table)
{
        void *memory = mmap(
                        NULL, table->capacity, PROT_READ | PROT_WRITE, MAP_SHARED, table->fd, 0);

        if (memory == MAP_FAILED)
                return -errno;
        table->header = memory;
        return 0;
}

void label_table_unmap(LabelTable *table)
{
        if (table->header)
                (void) munmap(table->header, table->capacity);
        table->header = NULL;
}

LabelTable *label_table_free(LabelTable *table)
{
        if (!table)
                return NULL;
        label_table_unmap(table);
        cleanup_closep(&table->fd);
        free(table);
        return NULL;
}

int label_table_new(size_t capacity, LabelTable **ret_table)
{
        _cleanup_label_table_ LabelTable *table = NULL;
        int r;

        if (capacity > CAPACITY_MAX)
                return -EFBIG;
        table = malloc(sizeof(*table));
        if (!table)
                return -ENOMEM;
        *table = (LabelTable){
                .capacity = (sizeof(Header) + capacity + sizeof(Entry)) / ALIGNMENT * ALIGNMENT,
                .fd = memfd_create("imad-labels", MFD_CLOEXEC),
        };
        if (table->fd < 0 || ftruncate(table->fd, (off_t) table->capacity) < 0)
                return -errno;
        r = label_table_map(table);
        if (r < 0 || !table->header)
                return r;
        table->header->used = sizeof(Header);
        *ret_table = TAKE_PTR(table);
        return 0;
}

LabelNumber label_table_get_count(const LabelTable *table)
{
        return atomic_load_explicit(&table->header->count, memory_order_acquire);
}

LabelNumber label_table_next(const LabelTable *table, uint64_t size, LabelNumber previous)
{
        LabelNumber number =
                        previous == LABEL_NONE
                                        ? atomic_load_explicit(
                                                          &table->header->buckets[get_bucket(size)],
                                                          memory_order_acquire)
                                        : get_entry(table, previous)->next;

        while (number != LABEL_NONE && get_entry(table, number)->size != size)
                number = get_entry(table, number)->next;
        return number;
}

bool label_table_has_size(const LabelTable *table, uint64_t size)
{
        return label_table_next(table, size, LABEL_NONE) != LABEL_NONE;
}

LabelNumber label_table_find(const LabelTable *table, uint64_t size,
                const uint8_t digest[static LABEL_DIGEST_SIZE])
{
        LabelNumber number = label_table_next(table, size, LABEL_NONE);

        while (number != LABEL_NONE &&
                        memcmp(get_entry(table, number)->digest, digest, LABEL_DIGEST_SIZE) != 0)
                number = label_table_next(table, size, number);
        return number;
}

static bool has_room(const LabelTable *table, LabelNumber count, size_t size)
{
        return table->header->used + size + (count + 1) * sizeof(Entry) <= table->capacity;
}

static bool has_path(const LabelTable *table, LabelNumber number, const char *path)
{
        const char *known = NULL;

        while ((known = label_table_next_path(table, number, known)))
                if (strcmp(known, path) == 0)
                        return true;
        return false;
}

/* Others may walk the list of paths while this one comes to its begin. */
static void add_path(LabelTable *table, Entry *entry, const char *path, size_t size)
{
        Header *header = table->header;
        Path *item = (Path *) ((char *) header + header->used);

        item->next = atomic_load_explicit(&entry->paths, memory_order_relaxed);
        memcpy(item->text, path, strlen(path) + 1);
        atomic_store_explicit(&entry->paths, header->used, memory_order_release);
        header->used += (Offset) size;
}

/* An entry is complete before others can find it. */
static void publish(LabelTable *table, LabelNumber number)
{
        Entry *entry = get_entry(table, number);
        _Atomic LabelNumber *bucket = &table->header->buckets[get_bucket(entry->size)];

        entry->next = atomic_load_explicit(bucket, memory_order_relaxed);
        atomic_store_explicit(bucket, number, memory_order_release);
        atomic_store_explicit(&table->header->count, number, memory_order_release);
}

int label_table_add(LabelTable *table, uint64_t size,
                const uint8_t digest[static LABEL_DIGEST_SIZE], const char *path,
                LabelNumber *ret_number)
{
        LabelNumber count = label_table_get_count(table);
        LabelNumber number = label_table_find(table, size, digest);
        size_t room = (sizeof(Path) + strlen(path) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        Entry *entry;

        if (size == 0 || strlen(path) >= PATH_SIZE_MAX)
                return -EINVAL;
        if (number != LABEL_NONE && has_path(table, number, path)) {
                *ret_number = number;
                return 0;
        }
        if (!has_room(table, number == LABEL_NONE ? count + 1 : count, room))
                return -ENOSPC;
        entry = get_entry(table, number == LABEL_NONE ? count + 1 : number);
        if (number == LABEL_NONE) {
                entry->size = size;
                memcpy(entry->digest, digest, LABEL_DIGEST_SIZE);
        }
        add_path(table, entry, path, room);
        if (number == LABEL_NONE)
                publish(table, number = count + 1);
        *ret_number = number;
        return 0;
}

const uint8_t *label_table_get_digest(const LabelTable *table, LabelNumber number)
{
        return get_entry(table, number)->digest;
}

uint64_t label_table_get_size(const LabelTable *table, LabelNumber number)
{
        return get_entry(table, number)->size;
}

const char *label_table_next_path(const LabelTable *table, LabelNumber number, const char *previous)
{
        Offset offset = previous ? ((const Path *) (previous - offsetof(Path, text)))->next
                                 : atomic_load_explicit(&get_entry(table, number)->paths,
                                                   memory_order_acquire);

        return offset == 0 ? NULL : get_path(table, offset)->text;
}

LabelState label_table_get_state(const LabelTable *table, LabelNumber number)
{
        return (LabelState) atomic_load_explicit(
                        &get_entry(table, number)->state, memory_order_acquire);
}

void label_table_want(LabelTable *table, LabelNumber number)
{
        uint32_t expected = LABEL_STATE_UNSIGNED;

        if (atomic_compare_exchange_strong(
                            &get_entry(table, number)->state, &expected, LABEL_STATE_WANTED))
                atomic_fetch_add(&table->header->wants, 1);
}

void label_table_retry(LabelTable *table, LabelNumber number)
{
        uint32_t expected = LABEL_STATE_FAILED;

        (void) atomic_compare_exchange_strong(
                        &get_entry(table, number)->state, &expected, LABEL_STATE_UNSIGNED);
}

uint32_t label_table_count_wants(const LabelTable *table)
{
        return atomic_load(&table->header->wants);
}

int label_table_set_signature(
                LabelTable *table, LabelNumber number, const uint8_t *value, size_t size)
{
        Entry *entry = get_entry(table, number);

        if (size > sizeof(entry->signature))
                return -E2BIG;
        if (size > 0)
                memcpy(entry->signature, value, size);
        entry->signature_size = (uint32_t) size;
        atomic_store_explicit(&entry->state, size > 0 ? LABEL_STATE_SIGNED : LABEL_STATE_FAILED,
                        memory_order_release);
        return 0;
}

int label_table_get_signature(const LabelTable *table, LabelNumber number,
                const uint8_t **ret_value, size_t *ret_size)
{
        const Entry *entry = get_entry(table, number);

        if (label_table_get_state(table, number) != LABEL_STATE_SIGNED)
                return -ENODATA;
        *ret_value = entry->signature;
        *ret_size = entry->signature_size;
        return 0;
}

void label_table_count_file(LabelTable *table, LabelNumber number)
{
        atomic_fetch_add(&get_entry(table, number)->files, 1);
}

uint32_t label_table_get_files(const LabelTable *table, LabelNumber number)
{
        return atomic_load(&get_entry(table, number)->files);
}
