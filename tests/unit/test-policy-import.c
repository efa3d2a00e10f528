/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb policy-import of imad-worker. */
#include <criterion/criterion.h>

#include "fixture-worker.h"

#define KERNEL_TEXT                                                                                \
        "# programs\n"                                                                             \
        "measure func=BPRM_CHECK\n"
#define FRAGMENT_RULE                                                                              \
        "rules:\n"                                                                                 \
        "  # programs\n"                                                                           \
        "  - id: measure-bprm-check\n"                                                             \
        "    action: measure\n"                                                                    \
        "    func: BPRM_CHECK\n"
#define OUTPUT "/etc/imad/policy.d/50-imported.yaml"

static FixtureRoot machine_new(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, "/etc/ima/ima-policy", KERNEL_TEXT);
        fixture_root_write(&root, "/etc/imad/policy.d/README", "");
        return root;
}

static const char *get_error(const Run *run, const char *key)
{
        return get_string(json_object_get(run->json, "error"), key);
}

Test(policy_import, prints_a_fragment)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root, "policy-import -- /etc/ima/ima-policy");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_not_null(strstr(get_string(result.json, "fragment"), FRAGMENT_RULE));
        cr_assert_eq(get_number(&result, "rules"), 1);
        cr_assert_not(get_bool(&result, "changed"));
        cr_assert_str_eq(get_string(result.json, "source"), "/etc/ima/ima-policy");
}

Test(policy_import, takes_standard_input)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run_with(&root, "echo audit |", "policy-import -- -");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert_not_null(strstr(get_string(result.json, "fragment"), "id: audit-all"));
}

Test(policy_import, writes_a_new_file_once)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        const char *call = "--output=" OUTPUT " policy-import -- /etc/ima/ima-policy";
        _cleanup_run_ Run first = run(&root, call), second = run(&root, call), check = { 0 };

        cr_assert_eq(first.code, EXIT_CODE_OK);
        cr_assert(get_bool(&first, "changed"));
        cr_assert_str_eq(get_string(first.json, "output"), OUTPUT);
        cr_assert_eq(second.code, EXIT_CODE_OK);
        cr_assert_not(get_bool(&second, "changed"), "it says the same already");
        check = run(&root, "--kernel=6.1.0 policy-compile");
        cr_assert_str_eq(get_string(check.json, "policy"), "measure func=BPRM_CHECK\n");
}

Test(policy_import, never_replaces_another_file)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        _cleanup_free_ char *text = NULL;

        fixture_root_write(&root, OUTPUT, "policy: 1\n");
        result = run(&root, "--output=" OUTPUT " policy-import -- /etc/ima/ima-policy");
        cr_assert_eq(result.code, EXIT_CODE_FAILURE);
        cr_assert_not_null(get_error(&result, "hint"));
        cr_assert_eq(fs_read_file(root.fd, OUTPUT, 100, &text, &(size_t){ 0 }), 0);
        cr_assert_str_eq(text, "policy: 1\n");
}

Test(policy_import, dry_run_writes_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = run(&root,
                        "--dry-run --output=" OUTPUT " policy-import -- /etc/ima/ima-policy");

        cr_assert_eq(result.code, EXIT_CODE_OK);
        cr_assert(get_bool(&result, "changed"));
        cr_assert_not(fs_exists(root.fd, OUTPUT));
}

Test(policy_import, with_refused_lines_writes_nothing)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, "/bad", "measure\nmesure\naudit uid=x\n");
        result = run(&root, "--output=" OUTPUT " policy-import -- /bad");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_eq(json_array_size(json_object_get(result.json, "diagnostics")), 2);
        cr_assert_null(json_object_get(result.json, "fragment"));
        cr_assert_not(fs_exists(root.fd, OUTPUT));
}

Test(policy_import, a_text_without_rules_makes_no_fragment)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };

        fixture_root_write(&root, "/etc/ima/ima-policy", "# nothing\n\n");
        result = run(&root, "--output=" OUTPUT " policy-import -- /etc/ima/ima-policy");
        cr_assert_eq(result.code, EXIT_CODE_INVALID_INPUT);
        cr_assert_str_eq(get_error(&result, "message"),
                        "/etc/ima/ima-policy has no rules; nothing was imported");
        cr_assert_lt(faccessat(root.fd, OUTPUT + 1, F_OK, 0), 0);
}

Test(policy_import, wrong_use_is_told)
{
        static const struct {
                const char *call;
                ExitCode code;
        } calls[] = {
                {"policy-import",                                     EXIT_CODE_USAGE        },
                { "--running policy-import -- /etc/ima/ima-policy",   EXIT_CODE_USAGE        },
                { "policy-import -- /x.yaml",                         EXIT_CODE_USAGE        },
                { "--output=/x policy-import -- /etc/ima/ima-policy", EXIT_CODE_USAGE        },
                { "policy-import -- /missing",                        EXIT_CODE_NOT_FOUND    },
                { "policy-import -- /etc/ima",                        EXIT_CODE_INVALID_INPUT},
        };
        _cleanup_root_ FixtureRoot root = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
                _cleanup_run_ Run result = run(&root, calls[i].call);

                cr_expect_eq(result.code, calls[i].code, "%s: %d", calls[i].call, result.code);
                cr_expect_not_null(get_error(&result, "message"), "%s", calls[i].call);
        }
}

Test(policy_import, takes_the_policy_that_the_kernel_shows)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run hidden = run(&root, "--running policy-import"), shown = { 0 };

        cr_assert_eq(hidden.code, EXIT_CODE_NOT_SUPPORTED, "there is no IMA");
        fixture_root_write(&root, "/sys/kernel/security/ima/policy", "audit uid=-2 \n");
        shown = run(&root, "--running policy-import");
        cr_assert_eq(shown.code, EXIT_CODE_OK);
        cr_assert_not_null(strstr(get_string(shown.json, "fragment"), "uid: 4294967294"));
}

/* What is found everywhere on the net. */
Test(policy_import, warns_of_what_is_wrong_with_the_rules)
{
        _cleanup_root_ FixtureRoot root = machine_new();
        _cleanup_run_ Run result = { 0 };
        const json_t *item;
        size_t i, denials = 0;

        fixture_root_write(&root, "/snippet",
                        "appraise func=BPRM_CHECK mask=MAY_EXEC\n"
                        "appraise func=MMAP_CHECK mask=MAY_EXEC\n"
                        "appraise func=FILE_CHECK mask=MAY_WRITE\n");
        result = run(&root, "policy-import -- /snippet");
        cr_assert_eq(result.code, EXIT_CODE_OK);
        json_array_foreach (json_object_get(result.json, "diagnostics"), i, item)
                denials += strstr(get_string(item, "message"), "would deny /sbin/init") != NULL;
        cr_assert_eq(denials, 1);
        cr_assert_gt(i, 2, "lint has warned as well");
}
