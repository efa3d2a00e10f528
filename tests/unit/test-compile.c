/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"
#include "core/policy/code.h"
#include "core/policy/compile.h"
#include "core/policy/fragment/allow.h"
#include "core/policy/rule/rule-text.h"
#include "fixture-policy.h"

/* Every line is one that the reader of kernel text takes, for the same kernel. */
static void expect_kernel_text(const char *name, const char *text, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };

        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");
                Rule rule;

                cr_expect_eq(rule_text_parse(line, length, target, &arena, &rule), 1, "%s: %.*s",
                                name, (int) length, line);
                cr_assert_eq(line[length], '\n', "%s: no final newline", name);
                line += length + 1;
        }
}

static void check_good(const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s.policy", directory, name), *text = NULL;
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        int r;

        fixture_sources(directory, name, &sources);
        fixture_target(&sources, &target);
        r = policy_compile(sources.items, sources.count, target.target, fixture_names(), &policy,
                        &diags);
        if (r < 0)
                diag_list_print(&diags, stderr, false);
        cr_assert_eq(r, 0, "%s does not compile", name);
        cr_assert_eq(diags.count, 0, "%s: %s", name, diags.count ? diags.items[0].message : "");
        cr_assert_eq(policy_format(policy, &text, &size), 0);
        fixture_compare(path, text, size);
        expect_kernel_text(name, text, target.target);
}

static void check_bad(const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s.expected", directory, name), *text = NULL;
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        FILE *file;
        int r;

        fixture_sources(directory, name, &sources);
        fixture_target(&sources, &target);
        r = policy_compile(sources.items, sources.count, target.target, fixture_names(), &policy,
                        &diags);
        cr_assert_eq(r, diags.errors > 0 ? -EBADMSG : 0, "%s", name);
        cr_assert_gt(diags.count, 0, "%s compiles", name);
        for (size_t i = 0; i < diags.count; i++)
                cr_expect_not_null(diags.items[i].hint, "%s: %s has no hint", name,
                                diags.items[i].message);
        file = open_memstream(&text, &size);
        cr_assert_not_null(file);
        diag_list_print(&diags, file, false);
        cr_assert_eq(fclose(file), 0);
        fixture_compare(path, text, size);
}

static void for_each_case(const char *kind, void (*check)(const char *directory, const char *name))
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/%s", getenv("TEST_DATA"), kind);
        _cleanup_strings_ StringList cases = { 0 };

        fixture_cases(directory, &cases);
        for (size_t i = 0; i < cases.count; i++)
                check(directory, cases.items[i]);
}

Test(compile, good_fragments_become_the_expected_kernel_text)
{
        for_each_case("good", check_good);
}

Test(compile, bad_fragments_are_refused_with_the_expected_words)
{
        for_each_case("bad", check_bad);
}

static Policy *compile_text(const char *text, const Target *target, DiagList *diags)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        Policy *policy = NULL;

        cr_assert_eq(policy_source_list_add(&sources, "50-test.yaml", "/etc/50-test.yaml",
                                     strdup(text), strlen(text)),
                        0);
        (void) policy_compile(
                        sources.items, sources.count, target, fixture_names(), &policy, diags);
        return policy;
}

/* The tables and the cases do not drift apart. */
Test(compile, every_keyword_action_and_func_has_a_good_case)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/good", getenv("TEST_DATA"));
        bool keywords[KEYWORD_MAX] = { 0 }, actions[RULE_ACTION_MAX] = { 0 },
             funcs[RULE_FUNC_MAX] = { 0 };
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };

        fixture_sources(directory, "every-keyword", &sources);
        cr_assert_eq(policy_compile(sources.items, sources.count, NULL, fixture_names(), &policy,
                                     &diags),
                        0);
        for (size_t i = 0; i < policy_get_rule_count(policy); i++) {
                const Rule *rule = policy_get_rule(policy, i);

                actions[rule_get_action(rule)] = true;
                funcs[rule_get_func(rule)] = true;
                for (size_t j = 0; j < rule->n_values; j++)
                        keywords[rule->values[j].keyword] = true;
        }
        for (int i = 0; i < KEYWORD_MAX; i++)
                cr_expect(keywords[i], "%s", keyword_get((KeywordId) i)->name);
        for (int i = 0; i < RULE_ACTION_MAX; i++)
                cr_expect(actions[i], "%s", rule_action_to_string((RuleAction) i));
        for (int i = 0; i < RULE_FUNC_MAX; i++)
                cr_expect(funcs[i], "%s", rule_func_get_info((RuleFunc) i)->name);
}

static void mark_codes(const char *kind, const PolicyCode *codes, size_t n_codes, bool *seen)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/%s", getenv("TEST_DATA"), kind);
        _cleanup_strings_ StringList names = { 0 };

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_free_ char *path = fixture_path("%s/%s", directory, names.items[i]);
                _cleanup_free_ char *text = NULL;
                size_t size;

                if (!string_ends_with(path, ".expected"))
                        continue;
                text = fixture_read(path, &size);
                for (size_t j = 0; j < n_codes; j++)
                        seen[j] |= strstr(text, codes[j].code) != NULL;
        }
}

Test(compile, every_code_has_a_bad_case)
{
        size_t n_codes;
        const PolicyCode *codes = policy_code_list(&n_codes);
        bool *seen = calloc(n_codes, sizeof(bool));

        mark_codes("bad", codes, n_codes, seen);
        mark_codes("import", codes, n_codes, seen);
        for (size_t j = 0; j < n_codes; j++)
                if (!string_equal(codes[j].code, POLICY_CODE_CONFIG_UNKNOWN) &&
                                allow_get_bit(codes[j].code) == 0) /* those are lint's */
                        cr_expect(seen[j], "%s: %s", codes[j].code, codes[j].title);
        free(seen);
}

Test(compile, codes_are_unique)
{
        size_t n_codes;
        const PolicyCode *codes = policy_code_list(&n_codes);

        for (size_t i = 0; i < n_codes; i++)
                for (size_t j = 0; j < i; j++)
                        cr_expect_str_neq(codes[i].code, codes[j].code);
}

Test(compile, provenance_names_fragment_rule_and_place)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_(policy_freep) Policy *policy =
                        compile_text("policy: 1\nrules:\n  - id: a\n    action: [measure, audit]\n"
                                     "  - {id: b, action: appraise}\n",
                                        NULL, &diags);
        _cleanup_json_ json_t *map = NULL;
        const char *fragment, *id;
        int line, source_line, source_column;

        cr_assert_not_null(policy);
        map = policy_provenance_to_json(policy);
        cr_assert_eq(json_array_size(map), 3);
        cr_assert_eq(json_unpack(json_array_get(map, 2), "{s:i, s:s, s:s, s:i, s:i}", "line", &line,
                                     "fragment", &fragment, "id", &id, "source_line", &source_line,
                                     "source_column", &source_column),
                        0);
        cr_assert_eq(line, 3);
        cr_assert_str_eq(fragment, "50-test");
        cr_assert_str_eq(id, "b");
        cr_assert_eq(source_line, 5);
        cr_assert_eq(source_column, 5);
        cr_assert(policy_has_action(policy, RULE_ACTION_APPRAISE));
        cr_assert_not(policy_has_action(policy, RULE_ACTION_HASH));
}

Test(compile, nothing_but_valid_when_there_are_no_fragments)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;

        cr_assert_eq(policy_compile(NULL, 0, NULL, NULL, &policy, &diags), 0);
        cr_assert_eq(policy_format(policy, &text, &size), 0);
        cr_assert_eq(size, 0);
        cr_assert_str_eq(text, "");
}

Test(compile, an_unknown_configuration_leaves_rules_out_and_says_so)
{
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(target_new("6.1.0", NULL, &target), 0);
        policy = compile_text("policy: 1\nrules:\n  - id: a\n    action: measure\n"
                              "    when: {config: IMA_APPRAISE_MODSIG}\n",
                        target, &diags);
        cr_assert_not_null(policy);
        cr_assert_eq(policy_get_rule_count(policy), 0);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, POLICY_CODE_CONFIG_UNKNOWN);
}

Test(compile, names_need_a_resolver)
{
        static const char text[] = "policy: 1\nrules: [{id: a, action: measure, uid: root}]\n";
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        Policy *policy = NULL;

        cr_assert_eq(policy_source_list_add(
                                     &sources, "a.yaml", "a.yaml", strdup(text), strlen(text)),
                        0);
        cr_assert_eq(policy_compile(sources.items, 1, NULL, NULL, &policy, &diags), -EBADMSG);
        cr_assert_str_eq(diags.items[0].code, POLICY_CODE_UNKNOWN_OWNER);
        cr_assert_null(policy);
}

Test(compile, earlier_diagnostics_of_the_list_are_no_errors_of_the_fragments)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;

        (void) diag_error(&diags, "E001", (DiagPlace){ 0 }, NULL, "something else");
        policy = compile_text("policy: 1\n", NULL, &diags);
        cr_assert_not_null(policy);
        cr_assert_eq(diags.count, 1);
}

Test(compile, a_rule_that_is_left_out_may_name_users_that_are_not_here)
{
        _cleanup_(target_freep) Target *target = NULL;
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(target_new("6.1.0", NULL, &target), 0);
        policy = compile_text("policy: 1\nrules:\n  - id: a\n    action: measure\n"
                              "    uid: nobody-here\n    when: {kernel: \">=6.12\"}\n",
                        target, &diags);
        cr_assert_not_null(policy);
        cr_assert_eq(diags.count, 0);
}

Test(compile, two_fragments_of_one_name_are_refused)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        Policy *policy = NULL;

        for (size_t i = 0; i < 2; i++)
                cr_assert_eq(policy_source_list_add(&sources, "50-a.yaml", "50-a.yaml",
                                             strdup("policy: 1\n"), strlen("policy: 1\n")),
                                0);
        cr_assert_eq(policy_compile(sources.items, 2, NULL, NULL, &policy, &diags), -EBADMSG);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, POLICY_CODE_FRAGMENT_NAME);
}

/* Eleven rules of 19,881 combinations each. */
Test(compile, a_policy_that_is_full_is_refused_once)
{
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_buffer_ Buffer text = { 0 };

        cr_assert_eq(buffer_append_string(&text, "policy: 1\ndefine:\n  ids: [0"), 0);
        for (int i = 1; i <= 140; i++)
                cr_assert_eq(buffer_append_format(&text, ", %d", i), 0);
        cr_assert_eq(buffer_append_string(&text, "]\nrules:\n"), 0);
        for (int i = 0; i < 12; i++)
                cr_assert_eq(buffer_append_format(&text,
                                             "  - {id: r%d, action: measure, "
                                             "uid: $ids, gid: $ids}\n",
                                             i),
                                0);
        cr_assert_null(compile_text(text.data, NULL, &diags));
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, POLICY_CODE_TOO_MANY_RULES);
}
