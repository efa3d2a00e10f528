/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Chunks double, so that many objects take few of them and few objects little memory. */
#define ARENA_CHUNK_MIN ((size_t) 4 * 1024)
#define ARENA_CHUNK_MAX ((size_t) 1024 * 1024)
#define ARENA_ALIGNMENT alignof(uint64_t)

struct ArenaChunk {
        ArenaChunk *next;
        size_t size;
        alignas(max_align_t) char bytes[];
};

void arena_done(Arena *arena)
{
        while (arena->chunks) {
                ArenaChunk *chunk = arena->chunks;

                arena->chunks = chunk->next;
                free(chunk);
        }
        arena->used = 0;
}

void arena_reset(Arena *arena)
{
        ArenaChunk *chunk = arena->chunks;

        if (!chunk)
                return;
        arena->chunks = chunk->next;
        chunk->next = NULL;
        memset(chunk->bytes, 0, arena->used);
        arena_done(arena);
        arena->chunks = chunk;
}

static int arena_grow(Arena *arena, size_t size)
{
        size_t wanted = arena->chunks ? arena->chunks->size * 2 : ARENA_CHUNK_MIN;
        ArenaChunk *chunk;

        if (wanted > ARENA_CHUNK_MAX)
                wanted = ARENA_CHUNK_MAX;
        if (wanted < size)
                wanted = size;
        chunk = calloc(1, sizeof(ArenaChunk) + wanted);

        if (!chunk)
                return -ENOMEM;
        chunk->size = wanted;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
        arena->used = 0;
        return 0;
}

void *arena_allocate(Arena *arena, size_t size)
{
        void *memory;

        if (size > SIZE_MAX / 2)
                return NULL;
        size = (size + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);
        if (!arena->chunks || arena->chunks->size - arena->used < size)
                if (arena_grow(arena, size) < 0)
                        return NULL;
        memory = arena->chunks->bytes + arena->used;
        arena->used += size;
        return memory;
}

void *arena_allocate_array(Arena *arena, size_t count, size_t size)
{
        size_t total;

        if (__builtin_mul_overflow(count, size, &total))
                return NULL;
        return arena_allocate(arena, total);
}

char *arena_copy_text(Arena *arena, const char *text, size_t size)
{
        char *copy = size < SIZE_MAX ? arena_allocate(arena, size + 1) : NULL;

        if (copy && size > 0)
                memcpy(copy, text, size);
        return copy;
}
