/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture-root.h"
#include "system/generation.h"

#define MANIFEST "/var/lib/imad/generations/3/generation.json"
#define POLICY_FILE "/var/lib/imad/generations/3/policy/6.1.0.policy"
#define RULES "dont_measure fsmagic=0x9fa0\nmeasure func=BPRM_CHECK\n"

static void write_generation(const FixtureRoot *root, uint64_t number)
{
        _cleanup_generation_ Generation generation = {
                .number = number,
                .created_usec = 1234567,
        };

        cr_assert_eq(generation_add_fragment(&generation, "50-x.yaml",
                                     "/etc/imad/policy.d/50-x.yaml", "policy: 1\n", 10),
                        0);
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", RULES, strlen(RULES), 2, NULL), 0);
        cr_assert_eq(generation_add_kernel(&generation, "6.12.0", "audit\n", 6, 1, NULL), 0);
        cr_assert_eq(generation_write(root->fd, &generation), 0);
}

static void assert_damaged(const FixtureRoot *root, const char *expected)
{
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(generation_load(root->fd, 3, &generation, &diags), -EBADMSG);
        cr_assert_eq(diags.errors, 1);
        cr_assert(strstr(diags.items[0].message, expected), "%s", diags.items[0].message);
        cr_assert_not_null(diags.items[0].hint);
}

Test(generation, round_trip)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL, *other = NULL, *copy = NULL;
        size_t size;

        write_generation(&root, 3);
        cr_assert_eq(generation_load(root.fd, 3, &generation, &diags), 0);
        cr_assert_eq(generation.number, 3);
        cr_assert_eq(generation.created_usec, 1234567);
        cr_assert_str_eq(generation.state, "candidate");
        cr_assert_eq(generation.n_kernels, 2);
        cr_assert_str_eq(generation.fragments[0].path, "/etc/imad/policy.d/50-x.yaml");
        cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[0], &text,
                                     &size, &diags),
                        0);
        cr_assert_str_eq(text, RULES);
        cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[1], &other,
                                     NULL, &diags),
                        0);
        cr_assert_str_eq(other, "audit\n");
        cr_assert_eq(fs_read_file(root.fd, "/var/lib/imad/generations/3/fragments/50-x.yaml", 100,
                                     &copy, &size),
                        0);
        cr_assert_str_eq(copy, "policy: 1\n");
        cr_assert_null(generation_find_kernel(&generation, "6.2.0"));
        cr_assert_not(fs_exists(root.fd, "/var/lib/imad/generations/.3.new"));
}

Test(generation, number_that_is_taken_is_never_written_again)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        Generation generation = { .number = 3 };

        write_generation(&root, 3);
        cr_assert_eq(generation_write(root.fd, &generation), -EEXIST);
}

Test(generation, leftover_of_an_interrupted_write_is_replaced)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/var/lib/imad/generations/.3.new/policy/6.1.0.policy", "half");
        write_generation(&root, 3);
        cr_assert_not(fs_exists(root.fd, "/var/lib/imad/generations/.3.new"));
        cr_assert(fs_exists(root.fd, MANIFEST));
}

Test(generation, failed_write_leaves_nothing)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { .number = 3 };

        cr_assert_eq(generation_add_kernel(&generation, "../evil", "x\n", 2, 1, NULL), 0);
        cr_assert_eq(generation_write(root.fd, &generation), -EINVAL);
        cr_assert_not(fs_exists(root.fd, "/var/lib/imad/generations/3"));
        cr_assert_not(fs_exists(root.fd, "/var/lib/imad/generations/.3.new"));
}

Test(generation, altered_policy_is_detected)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        char *text = NULL;
        size_t size;

        write_generation(&root, 3);
        cr_assert_eq(generation_load(root.fd, 3, &generation, &diags), 0);
        fixture_root_write(&root, POLICY_FILE,
                        "dont_measure fsmagic=0x9fa1\nmeasure func=BPRM_CHECK\n");
        cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[0], &text,
                                     &size, &diags),
                        -EBADMSG);
        cr_assert_str_eq(diags.items[0].source, POLICY_FILE);
        cr_assert(strstr(diags.items[0].message, "altered"));
        fixture_root_write(&root, POLICY_FILE, "dont_measure");
        cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[0], &text,
                                     &size, &diags),
                        -EBADMSG);
        cr_assert(strstr(diags.items[1].message, "another size"));
        cr_assert_eq(fs_remove_tree(root.fd, POLICY_FILE), 0);
        cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[0], &text,
                                     &size, &diags),
                        -ENOENT);
        cr_assert_str_eq(diags.items[2].code, "E023");
}

Test(generation, damaged_manifests_are_told_apart)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, MANIFEST, "");
        assert_damaged(&root, "empty");
        fixture_root_write(&root, MANIFEST, "{\"version\":1,\"num");
        assert_damaged(&root, "no JSON");
        fixture_root_write(&root, MANIFEST, "{\"version\":2,\"number\":3}");
        assert_damaged(&root, "another version");
        fixture_root_write(&root, MANIFEST, "{\"version\":1,\"number\":4}");
        assert_damaged(&root, "another number");
        fixture_root_write(&root, MANIFEST, "{\"version\":1,\"number\":3}");
        assert_damaged(&root, "missing or malformed");
        fixture_root_write(&root, MANIFEST,
                        "{\"version\":1,\"number\":3,\"created_usec\":1,\"state\":\"candidate\","
                        "\"fragments\":[],\"kernels\":[{\"release\":\"6.1.0\","
                        "\"policy\":\"../../../../etc/passwd\",\"provenance\":"
                        "\"provenance/6.1.0.json\",\"rules\":1,\"size\":1,\"sha256\":\"00\"}]}");
        assert_damaged(&root, "missing or malformed");
}

Test(generation, absent_generation_is_enoent)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(generation_load(root.fd, 9, &generation, &diags), -ENOENT);
        cr_assert_str_eq(diags.items[0].code, "E023");
}

Test(generation, same_policies_whatever_the_fragments)
{
        _cleanup_generation_ Generation a = { 0 }, b = { 0 };

        cr_assert_eq(generation_add_fragment(&a, "a.yaml", "/a.yaml", "x", 1), 0);
        cr_assert_eq(generation_add_fragment(&b, "a.yaml", "/a.yaml", "y", 1), 0);
        cr_assert_eq(generation_add_kernel(&a, "6.1.0", "r\n", 2, 1, NULL), 0);
        cr_assert_eq(generation_add_kernel(&b, "6.1.0", "r\n", 2, 1, NULL), 0);
        cr_assert(generation_has_same_policies(&a, &b));
        cr_assert_not(generation_has_same_fragments(&a, &b));
        cr_assert_eq(generation_add_kernel(&b, "6.2.0", "r\n", 2, 1, NULL), 0);
        cr_assert_not(generation_has_same_policies(&a, &b));
}

/* An upgrade of a kernel adds one and may remove one. */
Test(generation, same_rules_whatever_the_kernels)
{
        _cleanup_generation_ Generation a = { 0 }, b = { 0 }, c = { 0 };

        cr_assert_eq(generation_add_fragment(&a, "a.yaml", "/a.yaml", "x", 1), 0);
        cr_assert_eq(generation_add_fragment(&b, "a.yaml", "/a.yaml", "x", 1), 0);
        cr_assert_eq(generation_add_fragment(&c, "a.yaml", "/a.yaml", "y", 1), 0);
        cr_assert_eq(generation_add_kernel(&a, "6.0.0", "r\n", 2, 1, NULL), 0);
        cr_assert_eq(generation_add_kernel(&a, "6.1.0", "r\n", 2, 1, NULL), 0);
        cr_assert_eq(generation_add_kernel(&b, "6.1.0", "r\n", 2, 1, NULL), 0);
        cr_assert_eq(generation_add_kernel(&b, "6.2.0", "s\n", 2, 1, NULL), 0);
        cr_assert(generation_has_same_rules(&a, &b));
        cr_assert_not(generation_has_same_rules(&a, &c), "other fragments");
        /* A name in them may stand for another number now. */
        cr_assert_eq(generation_add_kernel(&b, "6.0.0", "t\n", 2, 1, NULL), 0);
        cr_assert_not(generation_has_same_rules(&a, &b), "another policy for the same kernel");
}

Test(generation, numbers_only_grow)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        GenerationState state = { .next = 2 };
        uint64_t number = 0;

        cr_assert_eq(generation_next_number(root.fd, &state, &number), 0);
        cr_assert_eq(number, 2);
        write_generation(&root, 3);
        cr_assert_eq(generation_next_number(root.fd, &state, &number), 0);
        cr_assert_eq(number, 4, "a lost state file does not reuse numbers");
        state.next = 10;
        cr_assert_eq(generation_next_number(root.fd, &state, &number), 0);
        cr_assert_eq(number, 10);
}

Test(generation, store_has_one_writer)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_close_ int first = -EBADF, second = -EBADF;

        cr_assert_eq(generation_store_lock(root.fd, &first), 0);
        cr_assert_eq(generation_store_lock(root.fd, &second), -EAGAIN);
}

Test(generation, policy_that_could_not_be_loaded_is_not_written)
{
        _cleanup_generation_ Generation generation = { .number = 3 };
        size_t size = GENERATION_POLICY_MAX + 1;
        _cleanup_free_ char *text = malloc(size);

        memset(text, '\n', size);
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", text, size, 1, NULL), -EFBIG);
        cr_assert_eq(generation.n_kernels, 0);
        cr_assert_eq(generation_add_kernel(&generation, "6.1.0", text, size - 1, 1, NULL), 0);
}

static void truncate_to(const FixtureRoot *root, const char *path, const char *text, size_t size)
{
        cr_assert_eq(fs_replace_file(root->fd, path, text, size, 0644), 0);
}

Test(generation, manifest_cut_off_at_any_byte_is_damaged)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *text = NULL;
        size_t size;

        write_generation(&root, 3);
        cr_assert_eq(fs_read_file(root.fd, MANIFEST, 10000, &text, &size), 0);
        for (size_t i = 0; i + 1 < size; i++) {
                truncate_to(&root, MANIFEST, text, i);
                assert_damaged(&root, "manifest");
        }
}

Test(generation, policy_cut_off_at_any_byte_is_damaged)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList none = { 0 };

        write_generation(&root, 3);
        cr_assert_eq(generation_load(root.fd, 3, &generation, &none), 0);
        for (size_t i = 0; i < strlen(RULES); i++) {
                _cleanup_diags_ DiagList diags = { 0 };
                char *text = NULL;
                size_t size;

                truncate_to(&root, POLICY_FILE, RULES, i);
                cr_assert_eq(generation_read_policy(root.fd, &generation, &generation.kernels[0],
                                             &text, &size, &diags),
                                -EBADMSG, "byte %zu", i);
                cr_assert_eq(diags.errors, 1);
                cr_assert_null(text);
        }
}
