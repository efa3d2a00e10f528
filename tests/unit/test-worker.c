/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-worker as a program: arguments in, one JSON object and an exit code out. */
#include <criterion/criterion.h>

#include "base/diag-code.h"
#include "config.h"
#include "core/policy/code.h"
#include "fixture-list.h"
#include "fixture-worker.h"
#include "system/generation.h"

#define ADMIN "/etc/imad/policy.d/"
#define PRESET IMAD_PRESETDIR "/50-programs.yaml"
#define GOOD                                                                                       \
        "policy: 1\n"                                                                              \
        "description: Programs are measured\n"                                                     \
        "rules:\n"                                                                                 \
        "  - id: programs\n"                                                                       \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHECK\n"
#define TEXT "measure func=BPRM_CHECK\n"
#define BROKEN                                                                                     \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - id: programs\n"                                                                       \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHEK\n"

/* Two installed kernels, of which the second runs, and one fragment. */
static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/lib/modules/6.1.0/modules.dep", "");
        fixture_root_write(&root, "/lib/modules/6.12.0/modules.dep", "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.1.0\n");
        fixture_root_write(&root, ADMIN "50-programs.yaml", GOOD);
        return root;
}

static GenerationState get_state(const FixtureRoot *root)
{
        _cleanup_diags_ DiagList diags = { 0 };
        GenerationState state = { 0 };

        cr_assert_eq(generation_state_load(root->fd, &state, &diags), 0);
        return state;
}

Test(worker, wrong_use_is_told_by_the_exit_code)
{
        static const char *const wrong[] = { "", "policy-fly", "--bogus policy-check",
                "policy-off now", "preset-enable", "--progress-fd=99 policy-check" };
        _cleanup_root_ FixtureRoot root = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_free_ char *quiet = NULL;
                _cleanup_run_ Run result = { 0 };

                cr_assert_geq(asprintf(&quiet, "%s 2>/dev/null", wrong[i]), 0);
                result = run(&root, quiet);
                cr_assert_eq(result.code, EXIT_CODE_USAGE, "%s", wrong[i]);
        }
}

Test(worker, compile_shows_text_and_provenance_of_each_kernel)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-compile");
        const json_t *kernel = get_item(&result, "kernels", 1);

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(result.json, "kernel"), "6.1.0", "the running one");
        cr_assert_str_eq(get_string(result.json, "policy"), TEXT);
        cr_assert_eq(json_array_size(json_object_get(result.json, "kernels")), 2);
        cr_assert_str_eq(get_string(kernel, "release"), "6.12.0");
        cr_assert_str_eq(get_string(kernel, "text"), TEXT);
        cr_assert_str_eq(get_string(json_array_get(json_object_get(kernel, "provenance"), 0),
                                         "fragment"),
                        "50-programs");
        cr_assert_eq(json_integer_value(
                                     json_object_get(get_item(&result, "fragments", 0), "rules")),
                        1);
}

Test(worker, check_takes_single_files)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run good = { 0 }, bad = { 0 };

        fixture_root_write(&root, "/tmp/x.yaml", BROKEN);
        fixture_root_write(&root, "/tmp/y.yaml", GOOD);
        good = run(&root, "--kernel=6.12.0 policy-check -- /tmp/y.yaml");
        cr_assert_eq(good.code, EXIT_CODE_OK);
        cr_assert(get_bool(&good, "valid"));
        cr_assert_str_eq(get_string(good.json, "kernel"), "6.12.0");
        bad = run(&root, "policy-check -- /tmp/x.yaml /tmp/y.yaml");
        cr_assert_eq(bad.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_not(get_bool(&bad, "valid"));
        cr_assert_eq(json_array_size(json_object_get(bad.json, "diagnostics")), 1,
                        "the same mistake is told once, not for each kernel");
        cr_assert_str_eq(get_string(get_item(&bad, "diagnostics", 0), "source"), "/tmp/x.yaml");
        cr_assert_eq(json_integer_value(json_object_get(get_item(&bad, "diagnostics", 0), "line")),
                        5);
}

#define SHADOWED                                                                                   \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - {id: programs, action: measure, func: BPRM_CHECK}\n"                                  \
        "  - {id: of-root, action: measure, func: BPRM_CHECK, uid: 0}\n"

Test(worker, warnings_of_lint_fail_a_strict_check_only)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run lenient = { 0 }, strict = { 0 };

        fixture_root_write(&root, "/tmp/x.yaml", SHADOWED);
        fixture_root_write(&root, "/tmp/y.yaml", GOOD);
        lenient = run(&root, "policy-check -- /tmp/x.yaml");
        cr_assert_eq(lenient.code, EXIT_CODE_OK);
        cr_assert_eq(json_array_size(json_object_get(lenient.json, "diagnostics")), 1,
                        "said once, not for each kernel");
        cr_assert_str_eq(get_string(get_item(&lenient, "diagnostics", 0), "code"),
                        POLICY_CODE_REDUNDANT_RULE);
        strict = run(&root, "--strict policy-check -- /tmp/x.yaml");
        cr_assert_eq(strict.code, EXIT_CODE_INVALID_INPUT);
        cr_assert(get_bool(&strict, "valid"));
        cr_assert_eq(run_code(&root, "--strict policy-check -- /tmp/y.yaml"), EXIT_CODE_OK);
        cr_assert_eq(run_code(&root, "policy-compile -- /tmp/x.yaml"), EXIT_CODE_OK);
}

Test(worker, what_only_one_kernel_takes_names_both)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        const json_t *difference;

        fixture_root_write(&root, ADMIN "50-programs.yaml",
                        "policy: 1\n"
                        "rules:\n"
                        "  - {id: late, action: measure, func: MMAP_CHECK_REQPROT}\n");
        result = run(&root, "policy-check");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(json_array_size(json_object_get(result.json, "diagnostics")), 2);
        cr_expect_str_eq(get_string(get_item(&result, "diagnostics", 0), "code"),
                        POLICY_CODE_NEEDS_VERSION);
        difference = get_item(&result, "diagnostics", 1);
        cr_expect_str_eq(get_string(difference, "code"), DIAG_CODE_KERNELS_DIFFER);
        cr_expect_str_eq(get_string(difference, "source"), "6.1.0");
        cr_expect_not_null(strstr(get_string(difference, "message"), "6.12.0"));
}

Test(worker, kernel_name_cannot_be_a_path)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "--kernel=../x policy-check");

        cr_assert_eq(result.code, EXIT_CODE_USAGE);
        cr_assert_not_null(json_object_get(result.json, "error"));
}

#define LABELLED                                                                                   \
        "policy: 1\nrules:\n  - {id: a, action: measure, obj_type: bin_t}\n"                       \
        "  - {id: b, action: appraise, appraise_algos: [sm3]}\n"

Test(worker, a_target_is_a_description_or_the_running_kernel)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run shipped = { 0 }, file = { 0 }, running = { 0 };

        fixture_root_write(&root, "/tmp/x.yaml", LABELLED);
        fixture_root_write(&root, "/tmp/mine.target",
                        "[Target]\nRelease=6.6.1-mine\nSecurityModule=selinux\nHashes=sm3\n");
        setenv("IMAD_TARGETDIR", getenv("TARGETS"), 1);
        shipped = run(&root, "--target=all-options policy-check -- /tmp/x.yaml");
        cr_expect_eq(shipped.code, EXIT_CODE_INVALID_INPUT);
        cr_expect_eq(json_array_size(json_object_get(shipped.json, "diagnostics")), 1);
        cr_expect_str_eq(get_string(get_item(&shipped, "diagnostics", 0), "code"), "E143");
        file = run(&root, "--target=/tmp/mine.target policy-check -- /tmp/x.yaml");
        cr_expect_eq(file.code, EXIT_CODE_OK);
        cr_expect_str_eq(get_string(file.json, "kernel"), "6.6.1-mine");
        running = run(&root, "--target=running policy-check -- /tmp/x.yaml");
        cr_expect_eq(running.code, EXIT_CODE_OK, "nothing is known of labels and hashes here");
        cr_expect_eq(json_array_size(json_object_get(running.json, "kernels")), 1);
        cr_expect_str_eq(get_string(running.json, "kernel"), "6.1.0");
}

Test(worker, targets_that_cannot_be_used)
{
        _cleanup_root_ FixtureRoot root = machine_new();

        fixture_root_write(&root, "/tmp/bad.target", "[Target]\nRelease=6.6\nWordSize=16\n");
        setenv("IMAD_TARGETDIR", getenv("TARGETS"), 1);
        cr_expect_eq(run_code(&root, "--target=nowhere policy-check"), EXIT_CODE_USAGE);
        cr_expect_eq(run_code(&root, "--target=/tmp/bad.target policy-check"), EXIT_CODE_USAGE);
        cr_expect_eq(run_code(&root, "--target=running --kernel=6.1.0 policy-check"),
                        EXIT_CODE_USAGE);
}

Test(worker, only_the_kernel_of_this_machine_can_be_asked)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "--live policy-check");

        cr_expect_eq(result.code, EXIT_CODE_USAGE);
        cr_expect_null(json_object_get(result.json, "fragments"), "nothing was compiled");
}

/* What is true of the machine now may not be true when imad-load runs. */
Test(worker, generations_are_compiled_for_the_next_boot)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run boot = { 0 }, now = { 0 };

        fixture_root_write(&root, "/tmp/x.yaml",
                        "policy: 1\nrules:\n  - {id: a, action: measure, subj_role: firefox}\n");
        fixture_root_write(&root, "/sys/kernel/security/lsm", "capability,apparmor,ima");
        fixture_root_write(&root, "/sys/kernel/security/apparmor/profiles", "firefox (enforce)\n");
        boot = run(&root, "policy-check -- /tmp/x.yaml");
        cr_expect_eq(boot.code, EXIT_CODE_INVALID_INPUT);
        now = run(&root, "--target=running policy-check -- /tmp/x.yaml");
        cr_expect_eq(now.code, EXIT_CODE_OK);
}

Test(worker, apply_writes_a_generation_once)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = run(&root, "policy-apply"), second = run(&root, "policy-apply");
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(first.code, EXIT_CODE_OK);
        cr_assert(get_bool(&first, "changed"));
        cr_assert_eq(get_number(&first, "generation"), 1);
        cr_assert_str_eq(get_string(first.json, "activation"), "next-boot");
        cr_assert_eq(second.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&second, "changed"));
        cr_assert_eq(get_number(&second, "generation"), 1);
        cr_assert_eq(get_state(&root).intended, 1);
        cr_assert_eq(get_state(&root).next, 2);
        cr_assert_eq(generation_load(root.fd, 1, &generation, &diags), 0);
        cr_assert_eq(generation.n_kernels, 2);
        cr_assert_gt(generation.created_usec, 0);
}

Test(worker, apply_makes_the_next_generation_when_fragments_or_kernels_change)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = run(&root, "policy-apply"), second = { 0 }, third = { 0 };

        fixture_root_write(&root, ADMIN "60-mmap.yaml",
                        "policy: 1\nrules:\n  - {id: m, action: measure, func: MMAP_CHECK}\n");
        second = run(&root, "policy-apply");
        cr_assert_eq(get_number(&second, "generation"), 2);
        cr_assert_eq(get_number(&second, "rules"), 2);
        fixture_root_write(&root, "/lib/modules/6.13.0/modules.dep", "");
        third = run(&root, "policy-apply");
        cr_assert_eq(get_number(&third, "generation"), 3);
}

Test(worker, dry_run_touches_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-apply --dry-run");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert(get_bool(&result, "changed"));
        cr_assert_not(fs_exists(root.fd, "/var"));
}

Test(worker, apply_refuses_errors_and_keeps_what_was_intended)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = run(&root, "policy-apply"), result = { 0 };

        fixture_root_write(&root, ADMIN "60-broken.yaml", BROKEN);
        cr_assert_eq(mkfifoat(root.fd, "etc/imad/policy.d/70-fifo.yaml", 0600), 0);
        result = run(&root, "policy-apply");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert(has_code(&result, "E120"));
        cr_assert(has_code(&result, "E012"), "all errors are told at once");
        cr_assert_not_null(json_object_get(result.json, "error"));
        cr_assert_eq(get_state(&root).intended, 1);
        cr_assert_not(fs_exists(root.fd, "/var/lib/imad/generations/2"));
}

Test(worker, apply_refuses_a_policy_without_rules)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        cr_assert_eq(fs_remove_tree(root.fd, ADMIN "50-programs.yaml"), 0);
        result = run(&root, "policy-apply");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_not(fs_exists(root.fd, GENERATION_STATE_PATH));
}

Test(worker, apply_needs_an_installed_kernel)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        cr_assert_eq(fs_remove_tree(root.fd, "/lib"), 0);
        cr_assert_eq(fs_remove_tree(root.fd, "/proc"), 0);
        result = run(&root, "policy-apply");
        cr_assert_eq(result.code, EXIT_CODE_NOT_SUPPORTED);
}

/* A limit of file sizes stands for a full disk: the first write of a file's bytes fails. */
Test(worker, apply_that_cannot_write_leaves_everything_as_it_was)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = run(&root, "policy-apply"), full = { 0 }, again = { 0 };
        _cleanup_strings_ StringList names = { 0 };

        fixture_root_write(&root, ADMIN "60-mmap.yaml",
                        "policy: 1\nrules:\n  - {id: m, action: measure, func: MMAP_CHECK}\n");
        full = run_limited(&root, "policy-apply");
        cr_assert_eq(full.code, EXIT_CODE_FAILURE);
        cr_assert(strstr(get_string(json_object_get(full.json, "error"), "message"),
                        "stays as it was"));
        cr_assert_eq(get_state(&root).intended, 1);
        cr_assert_eq(fs_list_directory(root.fd, GENERATION_DIRECTORY, 10, &names), 0);
        cr_assert_eq(names.count, 1, "no remains of the attempt");
        again = run(&root, "policy-apply");
        cr_assert_eq(get_number(&again, "generation"), 2);
}

Test(worker, apply_mends_a_damaged_store_without_reusing_numbers)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run first = run(&root, "policy-apply"), second = { 0 }, third = { 0 };

        fixture_root_write(&root, GENERATION_STATE_PATH, "{\"version\":1,\"inten");
        second = run(&root, "policy-apply");
        cr_assert_eq(second.code, EXIT_CODE_OK);
        cr_assert(has_code(&second, "W041"));
        cr_assert_eq(get_number(&second, "generation"), 2);
        fixture_root_write(&root, "/var/lib/imad/generations/2/policy/6.12.0.policy", "audit\n");
        third = run(&root, "policy-apply");
        cr_assert_eq(get_number(&third, "generation"), 3);
        cr_assert(has_code(&third, "W041"));
}

Test(worker, off_ends_the_intention_once)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run apply = run(&root, "policy-apply"), dry = { 0 }, first = { 0 },
                          second = { 0 };

        dry = run(&root, "policy-off --dry-run");
        cr_assert(get_bool(&dry, "changed"));
        cr_assert_eq(get_state(&root).intended, 1);
        first = run(&root, "policy-off");
        cr_assert(get_bool(&first, "changed"));
        cr_assert_eq(get_state(&root).intended, 0);
        cr_assert_eq(get_state(&root).next, 2);
        second = run(&root, "policy-off");
        cr_assert_eq(second.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&second, "changed"));
}

Test(worker, pending_tells_what_differs)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run before = run(&root, "policy-pending"), apply = run(&root, "policy-apply"),
                          same = run(&root, "policy-pending"), after = { 0 };

        cr_assert(get_bool(&before, "changed"));
        cr_assert_not(get_bool(&same, "changed"));
        cr_assert_eq(get_number(&same, "intended_generation"), 1);
        fixture_root_write(&root, ADMIN "50-programs.yaml", GOOD "    mask: MAY_EXEC\n");
        after = run(&root, "policy-pending");
        cr_assert(get_bool(&after, "changed"));
        cr_assert_str_eq(get_string(get_item(&after, "differences", 0), "change"), "changed");
}

Test(worker, pending_carries_the_errors)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run apply = run(&root, "policy-apply"), result = { 0 };

        fixture_root_write(&root, ADMIN "60-broken.yaml", BROKEN);
        result = run(&root, "policy-pending");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert(get_bool(&result, "changed"));
        cr_assert(has_code(&result, "E120"));
}

Test(worker, pending_is_quiet_after_installation)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        cr_assert_eq(fs_remove_tree(root.fd, ADMIN "50-programs.yaml"), 0);
        result = run(&root, "policy-pending");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&result, "changed"));
}

Test(worker, progress_is_told_on_its_descriptor)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_free_ char *command = NULL, *text = NULL;
        _cleanup_run_ Run result = { 0 };
        size_t size;

        cr_assert_geq(asprintf(&command, "policy-apply --progress-fd=3 3>%s/progress", root.path),
                        0);
        result = run(&root, command);
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_eq(fs_read_file(root.fd, "/progress", 4096, &text, &size), 0);
        cr_assert(strstr(text, "\"progress\":1.0"), "%s", text);
}

Test(worker, presets_are_linked_and_unlinked)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run list = { 0 }, enable = { 0 }, again = { 0 }, disable = { 0 };
        _cleanup_free_ char *target = NULL;

        cr_assert_eq(fs_remove_tree(root.fd, ADMIN "50-programs.yaml"), 0);
        fixture_root_write(&root, PRESET, GOOD);
        list = run(&root, "preset-list");
        cr_assert_str_eq(get_string(get_item(&list, "presets", 0), "name"), "50-programs");
        cr_assert_str_eq(get_string(get_item(&list, "presets", 0), "description"),
                        "Programs are measured");
        cr_assert(json_is_false(json_object_get(get_item(&list, "presets", 0), "enabled")));
        enable = run(&root, "preset-enable 50-programs");
        cr_assert(get_bool(&enable, "changed"));
        cr_assert_eq(fs_read_link(root.fd, ADMIN "50-programs.yaml", &target), 0);
        cr_assert_str_eq(target, PRESET);
        again = run(&root, "preset-enable 50-programs.yaml");
        cr_assert_eq(again.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&again, "changed"));
        disable = run(&root, "preset-disable 50-programs");
        cr_assert(get_bool(&disable, "changed"));
        cr_assert_not(fs_exists(root.fd, ADMIN "50-programs.yaml"));
}

Test(worker, presets_that_appraise_are_marked)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run list = { 0 }, enable = { 0 }, other = { 0 };

        cr_assert_eq(fs_remove_tree(root.fd, ADMIN "50-programs.yaml"), 0);
        fixture_root_write(&root, PRESET,
                        "policy: 1\nrules: [{id: a, action: [measure, appraise], func: "
                        "BPRM_CHECK}]\n");
        list = run(&root, "preset-list");
        cr_assert(json_is_true(json_object_get(get_item(&list, "presets", 0), "refuses")));
        enable = run(&root, "preset-enable programs");
        cr_assert(get_bool(&enable, "refuses"));
        fixture_root_write(&root, PRESET, GOOD);
        other = run(&root, "preset-list");
        cr_assert(json_is_false(json_object_get(get_item(&other, "presets", 0), "refuses")));
}

Test(worker, preset_is_found_without_its_number)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run enable = { 0 };

        cr_assert_eq(fs_remove_tree(root.fd, ADMIN "50-programs.yaml"), 0);
        fixture_root_write(&root, PRESET, GOOD);
        enable = run(&root, "preset-enable programs");
        cr_assert_eq(enable.code, EXIT_CODE_OK);
        cr_assert(fs_exists(root.fd, ADMIN "50-programs.yaml"));
        cr_assert_eq(run_code(&root, "preset-enable 50"), EXIT_CODE_NOT_FOUND);
}

Test(worker, preset_is_shown_as_it_is)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run shown = { 0 };

        fixture_root_write(&root, PRESET, GOOD);
        shown = run(&root, "preset-cat programs");
        cr_assert_eq(shown.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(shown.json, "name"), "50-programs");
        cr_assert_str_eq(get_string(shown.json, "path"), PRESET);
        cr_assert_str_eq(get_string(shown.json, "text"), GOOD);
        fixture_root_write(&root, PRESET, "policy: \xff\n");
        cr_assert_eq(run_code(&root, "preset-cat programs"), EXIT_CODE_INVALID_INPUT);
}

Test(worker, unknown_preset_suggests_the_nearest)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, PRESET, GOOD);
        result = run(&root, "preset-enable 50-program");
        cr_assert_eq(result.code, EXIT_CODE_NOT_FOUND);
        cr_assert(strstr(get_string(json_object_get(result.json, "error"), "hint"), "50-programs"));
        cr_assert_eq(run_code(&root, "preset-enable ../../passwd"), EXIT_CODE_NOT_FOUND);
}

Test(worker, preset_never_touches_what_it_did_not_link)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run enable = { 0 }, disable = { 0 };

        fixture_root_write(&root, PRESET, GOOD);
        enable = run(&root, "preset-enable 50-programs");
        cr_assert_eq(enable.code, EXIT_CODE_FAILURE);
        disable = run(&root, "preset-disable 50-programs");
        cr_assert_eq(disable.code, EXIT_CODE_FAILURE);
        cr_assert(fs_exists(root.fd, ADMIN "50-programs.yaml"));
}

static void write_bytes(const FixtureRoot *root, const char *path, const void *bytes, size_t size)
{
        (void) fs_remove_tree(root->fd, path);
        cr_assert_eq(fs_create_file(root->fd, path, bytes, size, 0644), 0);
}

/* "--pcr=BANK:N=HEX" for each recorded value of a bank. */
static char *format_pcrs(const FixtureList *list, HashAlgorithm bank)
{
        _cleanup_buffer_ Buffer buffer = { 0 };
        char *text;

        for (size_t i = 0; i < list->n_pcrs; i++) {
                const PcrValue *p = &list->pcrs[i];
                char hex[2 * DIGEST_SIZE_MAX + 1];

                if (p->value.algorithm != bank || p->pcr != 10)
                        continue;
                hex_encode(p->value.bytes, p->value.size, hex);
                cr_assert_eq(buffer_append_format(&buffer, " --pcr=%s:10=%s",
                                             hash_algorithm_to_string(bank), hex),
                                0);
        }
        cr_assert_eq(buffer_take(&buffer, &text, NULL), 0);
        return text;
}

Test(worker, recorded_list_is_verified_against_its_pcr)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        _cleanup_free_ char *pcrs = format_pcrs(&list, HASH_SHA256), *command = NULL;
        _cleanup_run_ Run result = { 0 };

        write_bytes(&root, "/list", list.binaries[0].bytes, list.binaries[0].size);
        cr_assert_geq(asprintf(&command, "measurements-verify --list=/list%s", pcrs), 0);
        result = run(&root, command);
        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_str_eq(get_string(result.json, "status"), "match");
        cr_assert_eq(get_number(&result, "entries"), list.ascii.count);
}

Test(worker, altered_list_is_a_mismatch_and_a_cut_one_malformed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[0]);
        FixtureBinary *b = &list.binaries[0];
        _cleanup_run_ Run altered = { 0 }, cut = { 0 };

        write_bytes(&root, "/cut", b->bytes, b->size - 3);
        b->bytes[b->size - 2] ^= 1;
        write_bytes(&root, "/altered", b->bytes, b->size);
        altered = run(&root, "measurements-verify --list=/altered");
        cr_assert_eq(altered.code, EXIT_CODE_MISMATCH);
        cr_assert_eq(json_array_size(json_object_get(altered.json, "bad_digests")), 1);
        cut = run(&root, "measurements-verify --list=/cut");
        cr_assert_eq(cut.code, EXIT_CODE_MALFORMED);
        cr_assert(has_code(&cut, "E401"));
}

Test(worker, verify_refuses_wrong_arguments)
{
        static const char *const wrong[] = { "measurements-verify --list=/list --pcr=sha256:10=00",
                "measurements-verify --list=/list --pcr=sha256=00",
                "measurements-verify --list=/list --pcr=nohash:10=00" };
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/list", "");
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_run_ Run result = run(&root, wrong[i]);

                cr_assert_eq(result.code, EXIT_CODE_USAGE, "%s", wrong[i]);
        }
        cr_assert_eq(mkfifoat(root.fd, "fifo", 0600), 0);
        cr_assert_eq(run_code(&root, "measurements-verify --list=/fifo"), EXIT_CODE_MALFORMED);
        cr_assert_eq(run_code(&root, "measurements-verify --list=/absent"), EXIT_CODE_NOT_FOUND);
}
