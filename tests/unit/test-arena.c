/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

Test(arena, memory_is_zero_aligned_and_apart)
{
        _cleanup_arena_ Arena arena = { 0 };
        char *before = NULL;

        for (size_t size = 1; size < 3000; size++) {
                char *p = arena_allocate(&arena, size);

                cr_assert_not_null(p);
                cr_assert_eq((uintptr_t) p % alignof(uint64_t), 0);
                cr_assert(bytes_are_zero((uint8_t *) p, size));
                memset(p, 0xff, size);
                if (before)
                        cr_assert_eq(*before, (char) 0xff);
                before = p;
        }
}

Test(arena, large_pieces_and_overflow)
{
        _cleanup_arena_ Arena arena = { 0 };

        cr_assert_not_null(arena_allocate(&arena, (size_t) 1 << 20));
        cr_assert_null(arena_new(&arena, uint64_t, SIZE_MAX / 4));
        cr_assert_null(arena_allocate(&arena, SIZE_MAX));
}

Test(arena, memory_is_zero_again_after_a_reset)
{
        _cleanup_arena_ Arena arena = { 0 };
        char *before, *after;

        arena_reset(&arena);
        cr_assert_not_null(arena_allocate(&arena, (size_t) 1 << 20));
        before = arena_allocate(&arena, 100);
        memset(before, 0xff, 100);
        arena_reset(&arena);
        after = arena_allocate(&arena, 100);
        cr_assert_eq(before, after, "the memory is not used again");
        cr_assert(bytes_are_zero((uint8_t *) after, 100));
}

Test(arena, text_is_terminated)
{
        _cleanup_arena_ Arena arena = { 0 };

        cr_assert_str_eq(arena_copy_text(&arena, "measure", 4), "meas");
        cr_assert_str_eq(arena_copy_text(&arena, NULL, 0), "");
}
