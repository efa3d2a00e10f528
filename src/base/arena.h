/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is freed all at once: for trees of many small objects with one owner. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
        ArenaChunk *chunks;
        size_t used; /* bytes of the first chunk */
} Arena;

/* Frees everything; the arena is empty and usable again afterwards. */
void arena_done(Arena *arena);

/* Forgets everything but keeps memory for what comes next: for one object after the other. */
void arena_reset(Arena *arena);

/* Zeroed memory, aligned for pointers and 64-bit integers; NULL when memory is short. */
void *arena_allocate(Arena *arena, size_t size);

/* Copies size bytes and adds a NUL. */
char *arena_copy_text(Arena *arena, const char *text, size_t size);

#define arena_new(arena, type, count)                                                              \
        ((type *) arena_allocate_array((arena), (count), sizeof(type)))

void *arena_allocate_array(Arena *arena, size_t count, size_t size);

#define _cleanup_arena_ _cleanup_(arena_done)
