/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "core/explanation.h"
#include "core/policy/code.h"
#include "core/policy/fragment/allow.h"
#include "core/policy/fragment/yaml.h"
#include "core/policy/lint/lint.h"
#include "fixture-policy.h"

#define TEXTS "src/core/explanations.yaml"

static json_t *explain(const char *code)
{
        json_t *json = NULL;

        (void) explanation_find(code, &json);
        return json;
}

Test(explanation, every_code_has_one)
{
        const char *code;

        for (size_t i = 0; (code = explanation_get_code(i)); i++) {
                _cleanup_json_ json_t *json = explain(code);

                cr_expect_not_null(
                                json, "%s: add what it means, why and what to do to " TEXTS, code);
                for (const char **key = (const char *[]){ "title", "means", "why", "next", NULL };
                                json && *key; key++)
                        cr_expect(json_is_string(json_object_get(json, *key)),
                                        "%s: %s is missing in " TEXTS, code, *key);
        }
}

Test(explanation, there_is_none_of_what_is_no_code)
{
        json_t *json = NULL;

        cr_assert_eq(explanation_find("E999", &json), -ENOENT);
        cr_assert_eq(explanation_find("E131; rm", &json), -ENOENT);
        cr_assert_null(json);
}

Test(explanation, none_is_left_over)
{
        _cleanup_free_ char *path = fixture_path("%s/../../" TEXTS, getenv("TEST_DATA")),
                            *text = NULL;
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;

        text = fixture_read(path, &size);
        cr_assert_eq(yaml_parse(text, size, TEXTS, &document, &diags), 0);
        yaml_foreach(entry, document.root)
        {
                _cleanup_json_ json_t *json = explain(entry->key->text);

                cr_expect_not_null(json, "%s in " TEXTS " is no code", entry->key->text);
        }
}

/* Compiles an example; knows W103 from the kernel without a configuration. */
static void compile_example(const json_t *example, bool config_known, bool lint, DiagList *diags)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_target_ FixtureTarget target = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        const char *name;
        json_t *text;

        json_object_foreach ((json_t *) example, name, text)
                cr_assert_eq(policy_source_list_add(&sources, name, name,
                                             strdup(json_string_value(text)),
                                             json_string_length(text)),
                                0);
        fixture_target(&sources, &target);
        if (!config_known)
                target.target->config = NULL;
        (void) policy_compile(sources.items, sources.count, target.target, fixture_names(), &policy,
                        diags);
        if (policy && lint)
                cr_assert_eq(lint_policy(policy, target.target, NULL, diags), 0);
}

static bool has_code(const DiagList *diags, const char *code)
{
        for (size_t i = 0; i < diags->count; i++)
                if (string_equal(diags->items[i].code, code))
                        return true;
        return false;
}

static void check_examples(const char *code, const json_t *explanation)
{
        const json_t *wrong = json_object_get(explanation, "wrong");
        const json_t *right = json_object_get(explanation, "right");
        bool config_known = !string_equal(code, POLICY_CODE_CONFIG_UNKNOWN);
        bool lint = allow_get_bit(code) != 0;
        _cleanup_diags_ DiagList expected = { 0 }, none = { 0 };

        cr_expect_eq(json_is_object(wrong), json_is_object(right),
                        "%s: give both examples, or none", code);
        if (!json_is_object(wrong) || !json_is_object(right))
                return;
        compile_example(wrong, config_known, lint, &expected);
        cr_expect(has_code(&expected, code), "%s: the wrong example does not show it", code);
        compile_example(right, config_known, lint, &none);
        cr_expect_eq(none.count, 0, "%s: the right example is wrong: %s", code,
                        none.count > 0 ? none.items[0].message : "");
}

Test(explanation, wrong_examples_show_their_code_and_right_ones_compile)
{
        const char *code;

        for (size_t i = 0; (code = explanation_get_code(i)); i++) {
                _cleanup_json_ json_t *json = explain(code);

                if (json)
                        check_examples(code, json);
        }
}

/* What a fragment can do wrong is shown by a fragment. */
Test(explanation, codes_of_the_bad_fragments_have_examples)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/bad", getenv("TEST_DATA"));
        _cleanup_strings_ StringList names = { 0 };
        size_t n_codes;
        const PolicyCode *codes = policy_code_list(&n_codes);

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_free_ char *path = fixture_path("%s/%s", directory, names.items[i]),
                                    *text = NULL;
                size_t size;

                if (!string_ends_with(path, ".expected"))
                        continue;
                text = fixture_read(path, &size);
                for (size_t j = 0; j < n_codes; j++) {
                        _cleanup_json_ json_t *json = explain(codes[j].code);

                        if (strstr(text, codes[j].code))
                                cr_expect(json_is_object(json_object_get(json, "wrong")),
                                                "%s: add a wrong and a right example to " TEXTS,
                                                codes[j].code);
                }
        }
}

static char *read_record(void)
{
        _cleanup_free_ char *path = fixture_path("%s/codes.txt", getenv("TEST_DATA"));
        size_t size;

        return fixture_read(path, &size);
}

/* Scripts and people remember codes: none goes away, none gets another name. */
static void expect_recorded(const char *record, const char *code, const char *name, StringList *all)
{
        _cleanup_free_ char *line = fixture_path("%s %s", code, name);

        cr_assert_eq(string_list_add(all, line), 0);
        cr_expect(strstr(record, line), "add the line \"%s\" to tests/data/codes.txt", line);
}

Test(explanation, codes_never_change)
{
        _cleanup_free_ char *record = read_record();
        _cleanup_strings_ StringList all = { 0 };
        size_t n;
        const DiagCode *general = diag_code_list(&n);
        const PolicyCode *policy;

        for (size_t i = 0; i < n; i++)
                expect_recorded(record, general[i].code, general[i].name, &all);
        policy = policy_code_list(&n);
        for (size_t i = 0; i < n; i++)
                expect_recorded(record, policy[i].code, policy[i].name, &all);
        for (char *state, *line = strtok_r(record, "\n", &state); line;
                        line = strtok_r(NULL, "\n", &state))
                cr_expect(string_list_contains(&all, line),
                                "\"%s\" was a code: it must stay, with its name and meaning", line);
        string_list_sort(&all);
        for (size_t i = 1; i < all.count; i++)
                cr_expect_neq(strncmp(all.items[i - 1], all.items[i], strlen("E101 ")), 0,
                                "%s is used twice", all.items[i]);
}
