/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/digest.h"
#include "base/json.h"
#include "fixture-root.h"
#include "system/generation-state.h"

#define BOOT "0f9c2d4e-0000-4000-8000-000000000001"

static const GenerationState full = {
        .intended = 4,
        .next = 5,
        .confirm_within_usec = 600 * USEC_PER_SEC,
        .alarm_usec = 17,
        .alarm = "generation 3: the boot that tried it did not come up",
        .n_entries = 3,
        .entries = {
                { 2, GENERATION_PHASE_GOOD, true, 11, "applied", false },
                { 3, GENERATION_PHASE_FAILED, false, 17, "the boot that tried it did not come up", false },
                { 4, GENERATION_PHASE_TRIAL, false, 19, "a boot tries it", true },
        },
        .n_tries = 2,
        .tries = {
                { 3, true, BOOT, 16, BOOT_TRY_RESULT_FAILED },
                { 4, true, "0f9c2d4e-0000-4000-8000-000000000002", 19, BOOT_TRY_RESULT_OPEN },
        },
};

static GenerationState load(const FixtureRoot *root, size_t warnings)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        cr_assert_eq(diags.count, warnings);
        return state;
}

static void expect_equal(const GenerationState *a, const GenerationState *b)
{
        _cleanup_json_ json_t *x = generation_state_to_json(a), *y = generation_state_to_json(b);

        cr_assert(json_equal(x, y));
}

Test(generation_state, everything_comes_back)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state;

        cr_assert_eq(generation_state_store(root.fd, &full), 0);
        state = load(&root, 0);
        expect_equal(&state, &full);
}

/* As it was written before anybody asked for that. */
Test(generation_state, rules_count_as_new_where_nothing_says_otherwise)
{
        _cleanup_json_ json_t *json = generation_state_to_json(&full);
        json_t *entry = json_array_get(json_object_get(json, "generations"), 2);
        _cleanup_free_ char *text = NULL;
        char hex[65];
        GenerationState state;
        const char *why;
        Digest digest;

        cr_assert_eq(json_object_del(entry, "same_rules"), 0);
        cr_assert_eq(json_format(json, &text), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, text, strlen(text), &digest), 0);
        hex_encode(digest.bytes, digest.size, hex);
        free(text);
        cr_assert_eq(json_object_set_new(json, "sha256", json_string(hex)), 0);
        cr_assert_eq(json_format(json, &text), 0);
        cr_assert_eq(generation_state_parse(text, strlen(text), &state, &why), 0, "%s", why);
        cr_assert_not(state.entries[2].same_rules);
}

Test(generation_state, version_1_is_taken_over_as_good)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state;

        fixture_root_write(
                        &root, GENERATION_STATE_PATH, "{\"version\":1,\"intended\":3,\"next\":7}");
        state = load(&root, 0);
        cr_assert_eq(state.intended, 3);
        cr_assert_eq(state.next, 7);
        cr_assert_eq(state.n_entries, 1);
        cr_assert_eq(state.entries[0].phase, GENERATION_PHASE_GOOD);
        cr_assert(state.entries[0].proved);
}

Test(generation_state, one_altered_character_is_damage)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        GenerationState state;

        cr_assert_eq(generation_state_store(root.fd, &full), 0);
        cr_assert_eq(fs_read_file(root.fd, GENERATION_STATE_PATH, 10000, &text, NULL), 0);
        strstr(text, "\"intended\":4")[strlen("\"intended\":")] = '2';
        fixture_root_write(&root, GENERATION_STATE_PATH, text);
        cr_assert_eq(generation_state_load(root.fd, &state, &diags), -EBADMSG);
}

Test(generation_state, damaged_text_is_replaced_by_its_previous_copy)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state = full;

        cr_assert_eq(generation_state_store(root.fd, &full), 0);
        state.intended = 2;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(load(&root, 0).restored, false);
        fixture_root_write(&root, GENERATION_STATE_PATH, "");
        state = load(&root, 1);
        cr_assert(state.restored);
        expect_equal(&state, &full);
}

Test(generation_state, damaged_text_never_becomes_the_previous_copy)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state = full;

        cr_assert_eq(generation_state_store(root.fd, &full), 0);
        cr_assert_eq(generation_state_store(root.fd, &full), 0);
        fixture_root_write(&root, GENERATION_STATE_PATH, "{");
        state.intended = 2;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        fixture_root_write(&root, GENERATION_STATE_PATH, "{");
        state = load(&root, 1);
        expect_equal(&state, &full);
}

Test(generation_state, round_trip_and_default)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root.fd, &state, &diags), 0);
        cr_assert_eq(state.intended, 0);
        cr_assert_eq(state.next, 1);
        state = (GenerationState){ .intended = 3, .next = 4 };
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        state = (GenerationState){ 0 };
        cr_assert_eq(generation_state_load(root.fd, &state, &diags), 0);
        cr_assert_eq(state.intended, 3);
        cr_assert_eq(state.next, 4);
        state.intended = 0;
        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(generation_state_load(root.fd, &state, &diags), 0);
        cr_assert_eq(state.intended, 0);
        cr_assert_eq(diags.count, 0);
}

Test(generation_state, damage_is_told)
{
        static const char *const texts[] = {
                "",
                "{\"version\":1,\"intended\":3,\"ne",
                "[]",
                "{\"version\":2,\"intended\":3,\"next\":4}",
                "{\"version\":1,\"intended\":\"3\",\"next\":4}",
                "{\"version\":1,\"intended\":4,\"next\":4}",
                "{\"version\":1,\"intended\":-1,\"next\":4}",
                "{\"version\":1,\"intended\":1,\"intended\":2,\"next\":4}",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_root_ FixtureRoot root = fixture_root_new();
                _cleanup_diags_ DiagList diags = { 0 };
                GenerationState state = { .intended = 7, .next = 8 };

                fixture_root_write(&root, GENERATION_STATE_PATH, texts[i]);
                cr_assert_eq(generation_state_load(root.fd, &state, &diags), -EBADMSG, "%s",
                                texts[i]);
                cr_assert_str_eq(diags.items[0].code, "E021");
                cr_assert_eq(state.intended, 7, "nothing is written on failure");
        }
}

/* Only the final newline may go. */
Test(generation_state, cut_off_at_any_byte_is_damaged)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state = { .intended = 12, .next = 123 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        cr_assert_eq(generation_state_store(root.fd, &state), 0);
        cr_assert_eq(fs_read_file(root.fd, GENERATION_STATE_PATH, 10000, &text, &size), 0);
        for (size_t i = 0; i + 1 < size; i++) {
                _cleanup_diags_ DiagList diags = { 0 };

                cr_assert_eq(fs_replace_file(root.fd, GENERATION_STATE_PATH, text, i, 0644), 0);
                cr_assert_eq(generation_state_load(root.fd, &state, &diags), -EBADMSG, "byte %zu",
                                i);
                cr_assert_eq(diags.errors, 1);
        }
}

Test(generation_state, directory_is_neither_read_nor_replaced)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { .next = 7 };

        cr_assert_eq(fs_make_directories(root.fd, GENERATION_STATE_PATH, 0755), 0);
        cr_assert_eq(generation_state_load(root.fd, &state, &diags), -EBADMSG);
        cr_assert_eq(diags.errors, 1);
        cr_assert_eq(state.next, 7);
        cr_assert_eq(generation_state_store(root.fd, &state), -EISDIR);
        cr_assert_eq(fs_list_directory(root.fd, GENERATION_STORE_PATH, 10, &names), 0);
        cr_assert_eq(names.count, 1);
}
