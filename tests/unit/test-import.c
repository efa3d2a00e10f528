/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "core/policy/code.h"
#include "core/policy/import/import.h"
#include "core/policy/lint/lint.h"
#include "core/policy/rule/rule-text.h"
#include "core/policy/simulate/denial.h"
#include "fixture-recording.h"

#define RANDOM_POLICIES 400
#define RANDOM_RULES_MAX 40

/* Kernel text as it should come out again: what a fragment leaves out has no effect. */
static void format_original(const KernelText *text, Buffer *out)
{
        for (size_t i = 0; i < text->n_rules; i++) {
                Rule rule = text->rules[i].rule;
                RuleValue values[KEYWORD_MAX];

                rule.n_values = 0;
                for (size_t j = 0; j < text->rules[i].rule.n_values; j++) {
                        RuleValue value = text->rules[i].rule.values[j];

                        if (value.keyword != KEYWORD_APPRAISE_FLAG ||
                                        rule_get_action(&text->rules[i].rule) ==
                                                        RULE_ACTION_APPRAISE)
                                values[rule.n_values++] = value;
                }
                rule.values = values;
                cr_assert_eq(rule_format(&rule, out), 0);
                cr_assert_eq(buffer_append(out, "\n", 1), 0);
        }
}

static char *import(const char *text, size_t size, KernelText *ret_text, DiagList *diags)
{
        char *fragment = NULL;
        size_t fragment_size;

        if (kernel_text_parse(text, size, "case.policy", NULL, ret_text, diags) < 0)
                return NULL;
        if (import_format_fragment(ret_text, "case.policy", &fragment, &fragment_size, diags) < 0)
                return NULL;
        cr_assert_eq(strlen(fragment), fragment_size);
        return fragment;
}

/* The fragment compiles to the rules of the text, in order, without a word. */
static void expect_round_trip(const char *fragment, const KernelText *text)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *compiled = NULL;
        _cleanup_buffer_ Buffer original = { 0 };
        size_t size;

        cr_assert_eq(policy_source_list_add(&sources, "50-x.yaml", "50-x.yaml", strdup(fragment),
                                     strlen(fragment)),
                        0);
        (void) policy_compile(sources.items, 1, NULL, NULL, &policy, &diags);
        if (diags.count > 0)
                diag_list_print(&diags, stderr, false);
        cr_assert_not_null(policy, "does not compile:\n%s", fragment);
        cr_assert_eq(diags.count, 0);
        cr_assert_eq(policy_format(policy, &compiled, &size), 0);
        format_original(text, &original);
        cr_assert_str_eq(compiled, original.data ?: "", "the fragment:\n%s", fragment);
}

/* Returns whether the text was taken. */
static bool round_trip(const char *text, size_t size)
{
        _cleanup_kernel_text_ KernelText parsed = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *fragment = import(text, size, &parsed, &diags);

        if (fragment)
                expect_round_trip(fragment, &parsed);
        return fragment != NULL;
}

static void compare(const char *path, const char *text)
{
        _cleanup_free_ char *expected = NULL;
        size_t size;

        if (getenv("UPDATE_EXPECTED")) {
                _cleanup_fclose_ FILE *file = fopen(path, "we");

                cr_assert_not_null(file);
                cr_assert_geq(fputs(text, file), 0);
                return;
        }
        expected = fixture_read(path, &size);
        cr_expect_str_eq(text, expected, "%s: got\n%s", path, text);
}

/* What imported rules do wrong is told at their place in the fragment. */
static void judge(const char *fragment, DiagList *diags)
{
        const PolicySource source = { (char *) "50-x.yaml", (char *) "50-x.yaml", (char *) fragment,
                strlen(fragment) };
        _cleanup_(policy_freep) Policy *policy = NULL;
        size_t first = diags->count;

        cr_assert_eq(policy_compile(&source, 1, NULL, NULL, &policy, diags), 0);
        cr_assert_eq(lint_policy(policy, NULL, NULL, diags), 0);
        cr_assert_eq(denial_warn(policy, NULL, source.path, diags), 0);
        policy_source_add_excerpts(&source, 1, first, diags);
}

static void check_case(const char *directory, const char *name)
{
        _cleanup_free_ char *path = fixture_path("%s/%s.policy", directory, name),
                            *yaml = fixture_path("%s/%s.yaml", directory, name),
                            *expected = fixture_path("%s/%s.expected", directory, name),
                            *text = NULL, *fragment = NULL, *said = NULL;
        _cleanup_kernel_text_ KernelText parsed = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        FILE *file;

        text = fixture_read(path, &size);
        fragment = import(text, size, &parsed, &diags);
        if (fragment)
                judge(fragment, &diags);
        file = open_memstream(&said, &size);
        diag_list_print(&diags, file, false);
        cr_assert_eq(fclose(file), 0);
        compare(expected, said);
        cr_assert_eq(fragment != NULL, diags.errors == 0, "%s", name);
        if (fragment) {
                compare(yaml, fragment);
                expect_round_trip(fragment, &parsed);
        }
}

Test(import, texts_become_the_expected_fragments)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/import", getenv("TEST_DATA"));
        _cleanup_strings_ StringList names = { 0 };
        size_t count = 0;

        fixture_list(directory, &names);
        for (size_t i = 0; i < names.count; i++) {
                char *name = names.items[i];

                if (!string_ends_with(name, ".policy"))
                        continue;
                name[strlen(name) - strlen(".policy")] = '\0';
                check_case(directory, name);
                count++;
        }
        cr_assert_gt(count, 0);
}

typedef struct Recording {
        Buffer all; /* every line that was taken */
        size_t count;
} Recording;

static void check_line(char *row, void *userdata)
{
        Recording *recording = userdata;
        _cleanup_free_ char *bytes = malloc(strlen(row) + 1);
        _cleanup_arena_ Arena arena = { 0 };
        size_t size, length;
        Rule rule;

        row[strcspn(row, "\t")] = '\0';
        size = fixture_unescape(row, bytes);
        length = memchr(bytes, '\n', size) ? (size_t) ((char *) memchr(bytes, '\n', size) - bytes)
                                           : size;
        if (memchr(bytes, '\0', length))
                length = strlen(bytes);
        if (rule_text_parse(bytes, length, NULL, &arena, &rule) <= 0)
                return;
        bytes[length] = '\n';
        cr_expect(round_trip(bytes, length + 1), "not imported: %s", row);
        cr_assert_eq(buffer_append(&recording->all, bytes, length + 1), 0);
        recording->count++;
}

Test(import, every_line_that_kernels_take_makes_the_round_trip)
{
        Recording recording = { 0 };

        fixture_for_each_row("policy-lines.tsv", check_line, &recording);
        cr_assert_gt(recording.count, 1000, "only %zu rows", recording.count);
        cr_expect(round_trip(recording.all.data, recording.all.size), "all in one text");
        buffer_done(&recording.all);
}

/* What the kernel shows of a rule is imported as the rule that was written. */
static void check_shown(char *row, void *userdata)
{
        char *shown = strchr(row, '\t');
        _cleanup_free_ char *written = malloc(strlen(row) + 1), *bytes = malloc(strlen(row) + 1);
        _cleanup_kernel_text_ KernelText a = { 0 }, b = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_buffer_ Buffer x = { 0 }, y = { 0 };
        _cleanup_free_ char *fragment = NULL;
        size_t size;

        *shown++ = '\0';
        size = fixture_unescape(row, written);
        if (size > 0 && memchr(written, '\0', size))
                return;
        cr_assert_eq(kernel_text_parse(written, size, "written", NULL, &a, &diags), 0, "%s", row);
        size = fixture_unescape(shown, bytes);
        fragment = import(bytes, size, &b, &diags);
        cr_assert_not_null(fragment, "%s", shown);
        expect_round_trip(fragment, &b);
        format_original(&a, &x);
        format_original(&b, &y);
        /* The kernel shows the flag as little as it heeds it, hashes in an order of its own. */
        if (!strstr(row, "appraise_flag") && !strstr(row, "appraise_algos"))
                cr_expect_str_eq(x.data ?: "", y.data ?: "", "%s", row);
        ++*(size_t *) userdata;
}

Test(import, what_kernels_show_is_what_was_written)
{
        size_t count = 0;

        fixture_for_each_row("policy-readback.tsv", check_shown, &count);
        cr_assert_gt(count, 900, "only %zu rows", count);
}

static uint32_t next_random(uint64_t *state)
{
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*state >> 33);
}

/* A value that the kernel may take; few different ones, so that neighbours look alike. */
static void append_random_value(KeywordId id, uint64_t *state, Buffer *out)
{
        static const char *const texts[KEYWORD_MAX][4] = {
                [KEYWORD_FSMAGIC] = {"0x9fa0",                                "1021994",       "0xEF53",                                   "0x12345"     },
                [KEYWORD_FSNAME] = { "tmpfs",                                "a:b",           "\"q\\",                                    "$x"          },
                [KEYWORD_FSUUID] = { "8BCBE394-4f13-4144-be8e-5aa9ea2ce2f6",
                                     "00000000-0000-0000-0000-000000000001",                   "8bcbe394-4f13-4144-be8e-5aa9ea2ce2f7junk",
                                     "00000000-0000-0000-0000-000000000000"                                                                              },
                [KEYWORD_SUBJ_TYPE] = { "a_t",                                  ">b_t",          "- c",                                      "~"           },
                [KEYWORD_OBJ_TYPE] = { "null",                                 "#x",            "{y}",                                      "\xc3\xa9"    },
                [KEYWORD_KEYRINGS] = { ".ima",                                 ".ima|.evm",     "$a|$$b",                                   ">c|d"        },
                [KEYWORD_LABEL] = { "selinux",                              "a|a",           "a,b",                                      "\xe2\x80\xa8"},
                [KEYWORD_DIGEST_TYPE] = { "verity",                               "verity",        "verity",                                   "verity"      },
                [KEYWORD_APPRAISE_FLAG] = { "check_blacklist",                      "x",             "$y",                                       "<z"          },
                [KEYWORD_APPRAISE_ALGOS] = { "sha256",                               "sha512,sha256", "sha1",                                     "sha384"      },
        };
        const Keyword *keyword = keyword_get(id);
        const ValueWord *words = value_type_get_words(keyword->type);
        size_t n = 0;

        if (keyword->type == VALUE_TYPE_FUNC) {
                RuleFunc func = (RuleFunc) (1 + next_random(state) % (RULE_FUNC_MAX - 1));

                cr_assert_eq(buffer_append_string(out, rule_func_get_info(func)->name), 0);
        } else if (words) {
                while (words[n].name)
                        n++;
                cr_assert_eq(buffer_append_string(out, words[next_random(state) % n].name), 0);
        } else if (texts[id][0]) {
                cr_assert_eq(buffer_append_string(out, texts[id][next_random(state) % 4]), 0);
        } else {
                cr_assert_eq(buffer_append_format(out, "%u", next_random(state) % 3), 0);
        }
}

static void append_random_rule(uint64_t *state, Buffer *out)
{
        cr_assert_eq(buffer_append_string(
                                     out, rule_action_to_string((RuleAction) (next_random(state) %
                                                                              RULE_ACTION_MAX))),
                        0);
        for (uint32_t n = next_random(state) % 4; n > 0; n--) {
                KeywordId id = (KeywordId) (1 + next_random(state) % (KEYWORD_MAX - 1));
                const char *operators = keyword_get(id)->operators;

                cr_assert_eq(buffer_append_format(out, " %s", keyword_get(id)->name), 0);
                if (operators[0] == '\0')
                        continue;
                cr_assert_eq(buffer_append(out, operators + next_random(state) % strlen(operators),
                                             1),
                                0);
                append_random_value(id, state, out);
        }
}

/*
 * Rules that are like the one before with another value or action are what is folded: most of a
 * random policy is made of them.
 */
static void append_neighbour(const char *line, uint64_t *state, Buffer *out)
{
        const char *rest = strchr(line, ' ') ?: "";

        if (next_random(state) % 2)
                cr_assert_eq(buffer_append_format(out, "%s%s",
                                             rule_action_to_string(
                                                             (RuleAction) (next_random(state) %
                                                                             RULE_ACTION_MAX)),
                                             rest),
                                0);
        else
                cr_assert_eq(buffer_append_format(out, "%.*s func=%s",
                                             (int) (strlen(line) - strlen(rest)), line,
                                             next_random(state) % 2 ? "BPRM_CHECK" : "MMAP_CHECK"),
                                0);
}

/* Returns how many rules came out. */
static size_t make_random_policy(uint64_t *state, Buffer *out)
{
        _cleanup_buffer_ Buffer before = { 0 };
        size_t n = 0;

        while (n < 1 + next_random(state) % RANDOM_RULES_MAX) {
                _cleanup_buffer_ Buffer line = { 0 };
                _cleanup_arena_ Arena arena = { 0 };
                Rule rule;

                if (n > 0 && next_random(state) % 3)
                        append_neighbour(before.data, state, &line);
                else
                        append_random_rule(state, &line);
                if (rule_text_parse(line.data, line.size, NULL, &arena, &rule) != 1)
                        continue;
                n++;
                if (next_random(state) % 8 == 0)
                        cr_assert_eq(buffer_append_format(out, "# %s%s", line.data,
                                                     next_random(state) % 2 ? "\n\n# more\n"
                                                                            : "\n"),
                                        0);
                cr_assert_eq(buffer_append_format(out, "%s\n", line.data), 0);
                buffer_done(&before);
                before = TAKE_STRUCT(line);
        }
        return n;
}

Test(import, random_policies_make_the_round_trip)
{
        const char *given = getenv("IMAD_SEED");
        uint64_t seed = given ? strtoull(given, NULL, 10) : 20240229, state = seed;
        size_t rules = 0;

        for (int i = 0; i < RANDOM_POLICIES; i++) {
                _cleanup_buffer_ Buffer text = { 0 };

                rules += make_random_policy(&state, &text);
                cr_assert(round_trip(text.data, text.size), "seed %" PRIu64 ", policy %d:\n%s",
                                seed, i, text.data);
        }
        cr_assert_gt(rules, RANDOM_POLICIES);
}

Test(import, what_a_fragment_cannot_hold_is_told)
{
        static const char *const texts[] = { "measure fsname=\xff\n", "measure fsname=\x01\n",
                "measure label=\x7f func=CRITICAL_DATA\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_kernel_text_ KernelText parsed = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };

                cr_assert_null(import(texts[i], strlen(texts[i]), &parsed, &diags), "%zu", i);
                cr_assert_eq(diags.errors, 1);
                cr_expect_str_eq(diags.items[0].code, POLICY_CODE_UNREADABLE_VALUE);
        }
}

Test(import, long_runs_become_lists_that_fragments_take)
{
        _cleanup_buffer_ Buffer text = { 0 };

        for (int i = 0; i < 2500; i++)
                cr_assert_eq(buffer_append_format(&text, "measure uid=%d\nappraise uid=%d\n", i, i),
                                0);
        cr_assert(round_trip(text.data, text.size));
}

Test(import, a_fragment_that_would_be_too_large_is_told)
{
        _cleanup_buffer_ Buffer text = { 0 };
        _cleanup_kernel_text_ KernelText parsed = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        for (int i = 0; i < 40000; i++)
                cr_assert_eq(buffer_append_format(&text, "measure uid=%d gid=%d\n", i, i), 0);
        cr_assert_null(import(text.data, text.size, &parsed, &diags));
        cr_assert_eq(diags.errors, 1);
        cr_expect_str_eq(diags.items[0].code, POLICY_CODE_YAML_LIMIT);
}
