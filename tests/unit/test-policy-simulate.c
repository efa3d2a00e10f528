/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-worker policy-simulate as a program. */
#include "base/diag-code.h"
#include "fixture-worker.h"

#define FRAGMENT                                                                                   \
        "policy: 1\n"                                                                              \
        "rules:\n"                                                                                 \
        "  - id: not-these\n"                                                                      \
        "    action: dont_measure\n"                                                               \
        "    fowner: 4711\n"                                                                       \
        "  - id: programs\n"                                                                       \
        "    action: [measure, appraise]\n"                                                        \
        "    func: BPRM_CHECK\n"                                                                   \
        "    appraise_type: imasig\n"

static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *program = NULL;

        fixture_root_write(&root, "/lib/modules/6.12.0/modules.dep", "");
        fixture_root_write(&root, "/proc/sys/kernel/osrelease", "6.12.0\n");
        fixture_root_write(&root, "/proc/cmdline", "quiet\n");
        fixture_root_write(&root, "/etc/imad/policy.d/50-programs.yaml", FRAGMENT);
        fixture_root_write(&root, "/usr/bin/program", "#!/bin/sh\n");
        fixture_root_write(&root, "/usr/bin/bash", "#!/bin/sh\n");
        fixture_root_write(&root, "/etc/setting", "x");
        cr_assert_geq(asprintf(&program, "chmod 755 %s/usr/bin/*", root.path), 0);
        cr_assert_eq(system(program), 0); /* NOLINT(cert-env33-c): the command is our own */
        return root;
}

static const json_t *find_verdict(const Run *run, const char *func, const char *class_)
{
        const json_t *file = json_array_get(json_object_get(run->json, "files"), 0);
        const json_t *use = json_array_get(json_object_get(file, "uses"), 0), *request;
        size_t i;

        json_array_foreach (json_object_get(use, "requests"), i, request)
                if (string_equal(get_string(request, "func"), func))
                        return json_object_get(request, class_);
        return NULL;
}

Test(policy_simulate, the_deciding_rule_is_told_with_fragment_and_line)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-simulate /usr/bin/program");
        const json_t *appraise = find_verdict(&result, "BPRM_CHECK", "appraise");
        const json_t *rule = json_object_get(appraise, "rule");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_expect_str_eq(get_string(appraise, "cause"), "IMA-signature-required");
        cr_expect(json_is_true(json_object_get(appraise, "denied")));
        cr_expect_str_eq(get_string(rule, "fragment"), "50-programs");
        cr_expect_str_eq(get_string(rule, "id"), "programs");
        cr_expect_str_eq(get_string(rule, "source"), "/etc/imad/policy.d/50-programs.yaml");
        cr_expect_eq(json_integer_value(json_object_get(rule, "source_line")), 6);
}

Test(policy_simulate, rules_before_are_explained_on_request)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root,
                        "--explain --fowner=5 --func=BPRM_CHECK policy-simulate /usr/bin/program");
        const json_t *reason = json_array_get(
                        json_object_get(find_verdict(&result, "BPRM_CHECK", "measure"),
                                        "not_matching"),
                        0);

        cr_expect_str_eq(get_string(reason, "wanted"), "fowner=4711");
        cr_expect_str_eq(get_string(reason, "found"), "5");
}

Test(policy_simulate, options_stand_for_the_file_and_the_asker)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(
                        &root, "--fowner=4711 --func=BPRM_CHECK policy-simulate /usr/bin/program");
        const json_t *measure = find_verdict(&result, "BPRM_CHECK", "measure");

        cr_expect_not(json_is_true(json_object_get(measure, "done")));
        cr_expect_str_eq(get_string(json_object_get(measure, "rule"), "id"), "not-these");
}

Test(policy_simulate, the_boot_policy_comes_from_the_command_line)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run before = { 0 }, custom = { 0 };
        const json_t *rule;

        fixture_root_write(&root, "/proc/cmdline", "ima_policy=tcb ima_appraise=log\n");
        before = run(&root, "--policy=boot policy-simulate /usr/bin/program");
        rule = json_object_get(find_verdict(&before, "BPRM_CHECK", "measure"), "rule");
        cr_expect_str_eq(get_string(rule, "list"), "tcb");
        custom = run(&root, "policy-simulate /etc/setting");
        cr_expect_eq(json_integer_value(json_object_get(
                                     json_object_get(custom.json, "policy"), "builtin_rules")),
                        0);
        cr_expect_str_eq(
                        get_string(json_object_get(custom.json, "policy"), "appraise_mode"), "log");
}

Test(policy_simulate, kernel_text_is_taken_as_well)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run good = { 0 }, bad = { 0 };

        fixture_root_write(&root, "/p", "# comment\naudit func=FILE_CHECK\n");
        fixture_root_write(&root, "/q", "audit func=FILE_CHEK\n");
        good = run(&root, "--policy=/p policy-simulate /etc/setting");
        cr_expect(json_is_true(
                        json_object_get(find_verdict(&good, "FILE_CHECK", "audit"), "done")));
        bad = run(&root, "--policy=/q policy-simulate /etc/setting");
        cr_expect_eq(bad.code, EXIT_CODE_INVALID_INPUT);
        cr_expect_not_null(get_item(&bad, "diagnostics", 0));
}

Test(policy_simulate, keys_are_simulated_without_a_file)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, "/p", "measure func=KEY_CHECK keyrings=.ima\n");
        result = run(&root, "--policy=/p --func=KEY_CHECK --data=.ima policy-simulate");
        cr_expect(json_is_true(
                        json_object_get(find_verdict(&result, "KEY_CHECK", "measure"), "done")));
        cr_expect_eq(run_code(&root, "--policy=/p policy-simulate"), EXIT_CODE_USAGE);
}

Test(policy_simulate, trees_and_packages_are_counted)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run tree = run(&root, "--tree policy-simulate /usr /etc"), packages = { 0 };
        const json_t *result = json_object_get(tree.json, "tree");
        const json_t *critical = json_array_get(json_object_get(result, "critical"), 0);

        cr_assert_eq(tree.code, EXIT_CODE_OK);
        cr_expect_eq(json_integer_value(json_object_get(result, "files")), 4);
        cr_expect_eq(json_integer_value(json_object_get(result, "denied")), 2);
        cr_expect_str_eq(get_string(critical, "path"), "/usr/bin/bash");
        cr_expect_eq(json_array_size(json_object_get(result, "critical")), 1);
        cr_expect_eq(json_integer_value(json_object_get(
                                     json_array_get(json_object_get(result, "rules"), 0), "files")),
                        0, "the first rule decides nothing");
        fixture_root_write(&root, "/var/lib/dpkg/info/tool.list",
                        "/.\n/usr\n/usr/bin\n/usr/bin/program\n/usr/bin/gone\n");
        packages = run(&root, "--packages policy-simulate");
        result = json_object_get(packages.json, "tree");
        cr_expect_eq(json_integer_value(json_object_get(result, "files")), 1);
        cr_expect_str_eq(get_string(json_array_get(json_object_get(result, "groups"), 0), "name"),
                        "tool");
}

Test(policy_simulate, wrong_options_are_told)
{
        static const char *const wrong[] = { "--func=NONE", "--func=SETXATTR_CHECK", "--mask=fly",
                "--use=eat", "--uid=nobody-here", "--fsmagic=xyz", "--fsuuid=1", "--lsm=role=x" };
        _cleanup_root_ FixtureRoot root = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                _cleanup_free_ char *arguments = NULL;

                cr_assert_geq(asprintf(&arguments, "%s policy-simulate /etc/setting", wrong[i]), 0);
                cr_expect_eq(run_code(&root, arguments), EXIT_CODE_USAGE, "%s", wrong[i]);
        }
        cr_expect_eq(run_code(&root, "policy-simulate /none"), EXIT_CODE_NOT_FOUND);
        cr_expect_eq(run_code(&root, "policy-simulate /etc"), EXIT_CODE_INVALID_INPUT);
        cr_expect_eq(run_code(&root, "--policy=running policy-simulate /etc/setting"),
                        EXIT_CODE_NOT_FOUND);
}

Test(policy_simulate, files_beside_one_that_is_missing_are_simulated)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(
                        &root, "policy-simulate /usr/bin/program /nowhere /usr/bin /etc/setting");

        cr_assert_eq(result.code, EXIT_CODE_NOT_FOUND);
        cr_assert_eq(json_array_size(json_object_get(result.json, "files")), 2);
        cr_assert_eq(json_array_size(json_object_get(result.json, "diagnostics")), 2);
        cr_assert(has_code(&result, DIAG_CODE_SIMULATED_FILE));
}
