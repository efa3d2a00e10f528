/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/code.h"
#include "core/policy/fragment/allow.h"
#include "core/policy/lint/lint.h"
#include "core/policy/policy.h"
#include "fixture-match.h"
#include "fixture-policy.h"

/*
 * What cases called machine… are told of the machine. Those called active… are for a kernel that
 * has a policy already.
 */
static const LintFilesystem filesystems[] = {
        {.path = "/",
         .type = "ext4",
         .uuid = "8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6",
         .magic = 0xef53                                                                         },
        { .path = "/boot/efi", .type = "vfat", .magic = 0x4d44,            .lacks_xattrs = true  },
        { .path = "/proc",     .type = "proc", .magic = 0x9fa0,            .noexec = true,         .lacks_xattrs = true },
        { .path = "/sys/fs/pstore",                   .type = "pstore",         .noexec = true, .lacks_xattrs = true},
};
static const char *const types[] = { "ext4", "overlay", "proc", "tmpfs", "vfat" };
static const LintFacts machine = {
        .filesystems = filesystems,
        .n_filesystems = ELEMENTSOF(filesystems),
        .types = types,
        .n_types = ELEMENTSOF(types),
        .n_pcrs = 20, /* fewer than are assumed */
};

static void lint_case(const char *directory, const char *name, DiagList *ret_diags)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_target_ FixtureTarget target = { 0 };

        fixture_sources(directory, name, &sources);
        fixture_target(&sources, &target);
        target.target->policy_active = string_after(name, "active") != NULL;
        cr_assert_eq(policy_compile(sources.items, sources.count, target.target, fixture_names(),
                                     &policy, ret_diags),
                        0, "%s does not compile", name);
        cr_assert_eq(ret_diags->count, 0, "%s: %s", name,
                        ret_diags->count ? ret_diags->items[0].message : "");
        cr_assert_eq(lint_policy(policy, target.target,
                                     string_after(name, "machine") ? &machine : NULL, ret_diags),
                        0);
        policy_source_add_excerpts(sources.items, sources.count, 0, ret_diags);
}

Test(lint, cases_are_warned_about_in_the_expected_words)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/lint", getenv("TEST_DATA"));
        _cleanup_strings_ StringList cases = { 0 };

        fixture_cases(directory, &cases);
        for (size_t i = 0; i < cases.count; i++) {
                _cleanup_free_ char *path = fixture_path(
                                                    "%s/%s.expected", directory, cases.items[i]),
                                    *text = NULL;
                _cleanup_diags_ DiagList diags = { 0 };
                size_t size;
                FILE *file = open_memstream(&text, &size);

                cr_assert_not_null(file);
                lint_case(directory, cases.items[i], &diags);
                cr_expect_eq(diags.errors, 0);
                for (size_t j = 0; j < diags.count; j++)
                        cr_expect_not_null(diags.items[j].hint);
                diag_list_print(&diags, file, false);
                cr_assert_eq(fclose(file), 0);
                fixture_compare(path, text, size);
        }
}

Test(lint, every_code_has_a_case)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/lint", getenv("TEST_DATA"));
        _cleanup_strings_ StringList names = { 0 };
        _cleanup_buffer_ Buffer all = { 0 };
        size_t n_codes;
        const PolicyCode *codes = policy_code_list(&n_codes);

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_free_ char *path = fixture_path("%s/%s", directory, names.items[i]);
                _cleanup_free_ char *text = NULL;
                size_t size;

                if (!string_ends_with(path, ".expected"))
                        continue;
                text = fixture_read(path, &size);
                cr_assert_eq(buffer_append_string(&all, text), 0);
        }
        cr_assert_not_null(all.data);
        for (size_t i = 0; i < n_codes; i++)
                if (allow_get_bit(codes[i].code) != 0)
                        cr_expect_not_null(strstr(all.data, codes[i].code), "%s: %s", codes[i].code,
                                        codes[i].title);
}

Test(lint, nothing_is_said_of_nothing)
{
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(policy_compile(NULL, 0, NULL, NULL, &policy, &diags), 0);
        cr_assert_eq(lint_policy(policy, NULL, &machine, &diags), 0);
        cr_assert_eq(diags.count, 0);
}

#define POLICIES 1500
#define RULES 8
#define REQUESTS 1500

/* Each rule is a rule of the fragment: its line is its number. */
static Policy *random_policy(void)
{
        Policy *policy = calloc(1, sizeof(Policy));
        size_t count = 2 + match_random() % (RULES - 1);

        policy->fragments = calloc(1, sizeof(PolicyFragment));
        policy->fragments[0] = (PolicyFragment){ "random", "random.yaml" };
        for (size_t i = 0; i < count; i++) {
                Rule rule = match_random_rule(&policy->arena);

                rule.id = arena_copy_text(&policy->arena, "rule", 4);
                rule.line = (uint32_t) i + 1;
                cr_assert_eq(policy_add_rule(policy, &rule), 0);
        }
        return policy;
}

/* Classes of actions, measured or not alike. */
static bool same_class(const Rule *a, const Rule *b)
{
        return strcmp(string_after(rule_action_to_string(rule_get_action(a)), "dont_")
                                               ?: rule_action_to_string(rule_get_action(a)),
                               string_after(rule_action_to_string(rule_get_action(b)), "dont_")
                                               ?: rule_action_to_string(rule_get_action(b))) == 0;
}

static bool is_first_match(const Policy *policy, size_t index, const Request *request)
{
        const Rule *rule = policy_get_rule(policy, index);

        for (size_t i = 0; i < index; i++)
                if (same_class(policy_get_rule(policy, i), rule) &&
                                match_rule(policy_get_rule(policy, i), request))
                        return false;
        return match_rule(rule, request);
}

static bool is_unreachable_code(const char *code)
{
        return string_equal(code, POLICY_CODE_DUPLICATE_RULE) ||
               string_equal(code, POLICY_CODE_REDUNDANT_RULE) ||
               string_equal(code, POLICY_CODE_SHADOWED_RULE) ||
               string_equal(code, POLICY_CODE_NEVER_MATCHES);
}

/* What is told of the rules of a policy; the number of rules said to be unreachable. */
static size_t check_random_policy(const Policy *policy, size_t number)
{
        _cleanup_diags_ DiagList diags = { 0 };
        size_t unreachable = 0;

        cr_assert_eq(lint_policy(policy, NULL, NULL, &diags), 0);
        for (size_t i = 0; i < diags.count; i++) {
                size_t index = diags.items[i].line - 1;

                if (!is_unreachable_code(diags.items[i].code))
                        continue;
                unreachable++;
                for (size_t j = 0; j < REQUESTS; j++) {
                        Request request = match_random_request();

                        cr_assert_not(is_first_match(policy, index, &request),
                                        "policy %zu, rule %zu: %s", number, index + 1,
                                        diags.items[i].message);
                }
        }
        return unreachable;
}

Test(lint, what_is_called_unreachable_never_matches_first)
{
        size_t unreachable = 0;

        match_state = 314159;
        for (size_t i = 0; i < POLICIES; i++) {
                _cleanup_(policy_freep) Policy *policy = random_policy();

                unreachable += check_random_policy(policy, i);
        }
        cr_expect_gt(unreachable, POLICIES / 4, "%zu", unreachable);
}
