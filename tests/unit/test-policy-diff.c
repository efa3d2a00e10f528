/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb policy-diff of imad-worker. */
#include <criterion/criterion.h>

#include "fixture-worker.h"

#define ADMIN "/etc/imad/policy.d/"
#define HEAD "policy: 1\nrules:\n"
#define PROGRAMS "  - {id: programs, action: measure, func: BPRM_CHECK}\n"
#define LIBRARIES "  - {id: libraries, action: measure, func: MMAP_CHECK}\n"
#define SKIP "  - {id: skip, action: dont_measure, fsmagic: tmpfs}\n"

/* Generation 1 measures programs and libraries, and the fragments do so still. */
static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/lib/modules/6.1.0/modules.dep", "");
        fixture_root_write(&root, "/lib/modules/6.12.0/modules.dep", "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, ADMIN "50-x.yaml", HEAD PROGRAMS LIBRARIES);
        cr_assert_eq(run_code(&root, "policy-apply"), EXIT_CODE_OK);
        return root;
}

static const json_t *get_change(const Run *run, size_t i)
{
        return json_array_get(json_object_get(run->json, "changes"), i);
}

static void expect_change(const Run *run, size_t i, const char *kind, bool effect, const char *text)
{
        const json_t *change = get_change(run, i);
        const json_t *b = json_object_get(change, "b");
        const json_t *rule = json_is_object(b) ? b : json_object_get(change, "a");

        cr_assert_not_null(change, "there is no change %zu", i);
        cr_expect_str_eq(get_string(change, "kind"), kind);
        cr_expect_eq(json_is_true(json_object_get(change, "effect")), effect);
        cr_expect_str_eq(get_string(rule, "text"), text);
}

Test(policy_diff, the_same_policy_has_the_same_effect)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-diff 1");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert(get_bool(&result, "same_effect"));
        cr_assert(get_bool(&result, "same_text"));
        cr_assert_str_eq(get_string(json_object_get(result.json, "a"), "name"), "generation 1");
        cr_assert_str_eq(get_string(json_object_get(result.json, "b"), "name"), "fragments");
        cr_assert_str_eq(get_string(json_object_get(result.json, "b"), "kernel"), "6.1.0");
}

Test(policy_diff, changes_name_fragment_and_line)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        const json_t *rule;

        fixture_root_write(&root, ADMIN "50-x.yaml", HEAD SKIP PROGRAMS);
        result = run(&root, "policy-diff 1 fragments");
        cr_assert_eq(result.code, EXIT_CODE_DIFFERENT);
        cr_assert_eq(get_number(&result, "effects"), 2);
        expect_change(&result, 0, "added", true, "dont_measure fsmagic=0x1021994");
        expect_change(&result, 1, "removed", true, "measure func=MMAP_CHECK");
        rule = json_object_get(get_change(&result, 0), "b");
        cr_expect_str_eq(get_string(rule, "fragment"), "50-x");
        cr_expect_str_eq(get_string(rule, "id"), "skip");
        cr_expect_eq(json_integer_value(json_object_get(rule, "source_line")), 3);
        rule = json_object_get(get_change(&result, 1), "a");
        cr_expect_str_eq(get_string(rule, "id"), "libraries", "generations keep it, too");
}

Test(policy_diff, a_harmless_order_is_the_same_effect)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, ADMIN "50-x.yaml", HEAD LIBRARIES PROGRAMS);
        result = run(&root, "policy-diff 1");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert(get_bool(&result, "same_effect"));
        cr_assert_not(get_bool(&result, "same_text"));
        expect_change(&result, 0, "moved", false, "measure func=BPRM_CHECK");
}

Test(policy_diff, effects_are_shown_by_an_example)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        const json_t *example;

        fixture_root_write(&root, ADMIN "50-x.yaml", HEAD SKIP PROGRAMS LIBRARIES);
        result = run(&root, "policy-diff 1");
        example = json_object_get(get_change(&result, 0), "example");
        cr_assert_str_eq(get_string(example, "request"), "BPRM_CHECK fsmagic=0x1021994 (tmpfs)");
        cr_assert_str_eq(get_string(example, "before"), "measured");
        cr_assert_str_eq(get_string(example, "after"), "nothing");
}

Test(policy_diff, fragments_are_compiled_for_the_named_target)
{
        static const char *const calls[] = {
                "--target=/x.target policy-diff /kernel.policy fragments",
                "--target=/x.target policy-diff fragments /kernel.policy",
                "--target=/x.target policy-diff 1 fragments",
        };
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/x.target", "[Target]\nRelease=6.12.0-x\n");
        fixture_root_write(&root, "/kernel.policy",
                        "measure func=BPRM_CHECK\nmeasure func=MMAP_CHECK\n");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                cr_expect_eq(run_code(&root, calls[i]), EXIT_CODE_OK, "%s", calls[i]);
        cr_expect_eq(run_code(&root, "--kernel=6.1.0 --target=/x.target policy-diff 1"),
                        EXIT_CODE_USAGE);
}

Test(policy_diff, files_and_directories_are_compared)
{
        static const struct {
                const char *call;
                ExitCode code;
        } calls[] = {
                {"policy-diff /a/50-x.yaml /a",              EXIT_CODE_OK       },
                { "policy-diff /a /kernel.policy",           EXIT_CODE_OK       },
                { "policy-diff /a fragments",                EXIT_CODE_DIFFERENT},
                { "policy-diff /kernel.policy 1",            EXIT_CODE_DIFFERENT},
                { "policy-diff - /a < /dev/null",            EXIT_CODE_DIFFERENT},
                { "--kernel=6.12.0 policy-diff 1 fragments", EXIT_CODE_OK       },
        };
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/a/50-x.yaml", HEAD PROGRAMS);
        fixture_root_write(&root, "/a/README", "");
        fixture_root_write(&root, "/kernel.policy", "measure func=BPRM_CHECK \n");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                cr_expect_eq(run_code(&root, calls[i].call), calls[i].code, "%s", calls[i].call);
}

Test(policy_diff, the_policy_in_force_is_the_loaded_generation_or_what_the_kernel_shows)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run hidden = run(&root, "policy-diff running 1"), shown = { 0 },
                          loaded = { 0 };

        cr_assert_eq(hidden.code, EXIT_CODE_NOT_SUPPORTED);
        fixture_root_write(&root, "/sys/kernel/security/ima/policy", "measure func=BPRM_CHECK \n");
        shown = run(&root, "policy-diff running 1");
        cr_assert_eq(shown.code, EXIT_CODE_DIFFERENT);
        expect_change(&shown, 0, "added", true, "measure func=MMAP_CHECK");
        fixture_root_write(&root, "/run/imad/boot.json",
                        "{\"version\":1,\"outcome\":\"loaded\",\"generation\":1,\"release\":"
                        "\"6.1.0\",\"rules\":2,\"error\":0,\"message\":null,\"hint\":null,"
                        "\"loaded_usec\":1,\"duration_usec\":1}");
        loaded = run(&root, "policy-diff running 1");
        cr_assert_eq(loaded.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(json_object_get(loaded.json, "a"), "name"), "generation 1");
}

Test(policy_diff, what_cannot_be_compared_is_told)
{
        static const struct {
                const char *call;
                ExitCode code;
        } calls[] = {
                {"policy-diff 7",                      EXIT_CODE_NOT_FOUND    },
                { "policy-diff /missing",              EXIT_CODE_NOT_FOUND    },
                { "policy-diff /empty",                EXIT_CODE_NOT_FOUND    },
                { "policy-diff /bad.policy",           EXIT_CODE_INVALID_INPUT},
                { "policy-diff /bad.yaml /bad.policy", EXIT_CODE_INVALID_INPUT},
                { "--kernel=5.10.0 policy-diff 1",     EXIT_CODE_NOT_FOUND    },
        };
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run both = { 0 };

        fixture_root_write(&root, "/empty/README", "");
        fixture_root_write(&root, "/bad.policy", "mesure\n");
        fixture_root_write(&root, "/bad.yaml", HEAD "  - {id: x, action: mesure}\n");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
                _cleanup_run_ Run result = run(&root, calls[i].call);

                cr_expect_eq(result.code, calls[i].code, "%s: %d", calls[i].call, result.code);
                cr_expect_not_null(get_string(json_object_get(result.json, "error"), "message"),
                                "%s", calls[i].call);
        }
        both = run(&root, "policy-diff /bad.yaml /bad.policy");
        cr_expect_eq(json_array_size(json_object_get(both.json, "diagnostics")), 2,
                        "the mistakes of both are told");
}
