/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wrong fragments with one mistake each (tests/data/policy/fix): the fix that is suggested, applied
 * as an editor would, compiles. What is said of all of them is kept in one file, fix.expected,
 * which should teach the kernel's rules to whoever reads it.
 */
#include "base/json.h"
#include "core/policy/fragment/suggest.h"
#include "fixture-policy.h"

#define CASES_MIN 40

/* What goes over the wire is what an editor gets. */
static void travel(DiagList *diags)
{
        _cleanup_json_ json_t *json = diag_list_to_json(diags);

        cr_assert_not_null(json);
        diag_list_done(diags);
        cr_assert_eq(diag_list_from_json(json, diags), 0);
}

static bool compile(const PolicySourceList *sources, Policy **ret_policy, DiagList *diags)
{
        _cleanup_target_ FixtureTarget target = { 0 };

        fixture_target(sources, &target);
        return policy_compile(sources->items, sources->count, target.target, fixture_names(),
                               ret_policy, diags) >= 0;
}

/* Bytes before a place, which counts characters; a place behind the end is the end. */
static size_t find_offset(const char *text, uint32_t line, uint32_t column)
{
        const char *p = text;

        for (uint32_t i = 1; i < line; i++) {
                const char *end = strchr(p, '\n');

                if (!end)
                        return strlen(text);
                p = end + 1;
        }
        for (uint32_t i = 1; i < column && *p; i++)
                for (p++; (*p & 0xc0) == 0x80;)
                        p++;
        return (size_t) (p - text);
}

/* From the last piece to the first, so that places stay right. */
static void apply_fix(const Diag *d, PolicySource *source)
{
        for (size_t i = d->n_edits; i-- > 0;) {
                const DiagEdit *edit = &d->edits[i];
                const DiagPlace *place = &edit->place;
                size_t start = find_offset(source->text, place->line, place->column);
                size_t end = find_offset(source->text, place->end_line, place->end_column);
                char *text;

                cr_assert_leq(start, end);
                cr_expect(edit->old && strlen(edit->old) == end - start &&
                                memcmp(edit->old, source->text + start, end - start) == 0);
                text = fixture_path("%.*s%s%s", (int) start, source->text, edit->text,
                                source->text + end);
                free(source->text);
                source->text = text;
                source->size = strlen(text);
        }
}

/* In the order of the text from the end, so that fixes of several diagnostics do not disturb. */
static size_t apply_fixes(const DiagList *diags, PolicySourceList *sources)
{
        size_t n = 0;

        for (size_t i = diags->count; i-- > 0;)
                for (size_t j = 0; j < sources->count; j++)
                        if (string_equal(sources->items[j].path, diags->items[i].source) &&
                                        diags->items[i].n_edits > 0) {
                                apply_fix(&diags->items[i], &sources->items[j]);
                                n++;
                        }
        return n;
}

static void print_comment(const char *text, FILE *file)
{
        const char *start = strchr(text, '#') ?: "";

        if (string_after(start, "# target: "))
                start = strchr(start + 1, '#') ?: "";
        fprintf(file, "%.*s\n", (int) strcspn(start, "\r\n"), start);
}

static void print_policy(const Policy *policy, FILE *file)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        cr_assert_eq(policy_format(policy, &text, &size), 0);
        fprintf(file, "then the kernel gets: %s", size == 0 ? "nothing here\n" : "");
        for (const char *line = text; line && *line; line += strcspn(line, "\n") + 1)
                fprintf(file, "%s%.*s\n", line == text ? "" : "                      ",
                                (int) strcspn(line, "\n"), line);
        fputc('\n', file);
}

static bool asks_for_appraisal(const PolicySourceList *sources)
{
        for (size_t i = 0; i < sources->count; i++)
                if (strstr(sources->items[i].text, "action: appraise"))
                        return true;
        return false;
}

/* A fix does not make the policy demand less; a kernel that cannot do it is ruled out openly. */
static void expect_appraisal(
                const char *name, const PolicySourceList *sources, const Policy *policy)
{
        if (!strstr(sources->items[0].text, "when:"))
                cr_expect(policy_has_action(policy, RULE_ACTION_APPRAISE),
                                "%s: the fix drops the appraisal", name);
}

static void check_case(const char *directory, const char *name, FILE *file)
{
        _cleanup_sources_ PolicySourceList sources = { 0 };
        _cleanup_(policy_freep) Policy *policy = NULL;
        _cleanup_diags_ DiagList diags = { 0 }, after = { 0 };
        bool appraised;

        fixture_sources(directory, name, &sources);
        appraised = asks_for_appraisal(&sources);
        (void) compile(&sources, &policy, &diags);
        cr_assert_gt(diags.count, 0, "%s compiles", name);
        policy = policy_free(policy);
        travel(&diags);
        print_comment(sources.items[sources.count - 1].text, file);
        diag_list_print(&diags, file, false);
        cr_expect_gt(apply_fixes(&diags, &sources), 0, "%s: no fix is suggested", name);
        cr_expect(compile(&sources, &policy, &after) && after.count == 0,
                        "%s: after the fix: %s\n%s", name,
                        after.count > 0 ? after.items[0].message : "",
                        sources.items[sources.count - 1].text);
        if (policy && appraised)
                expect_appraisal(name, &sources, policy);
        if (policy)
                print_policy(policy, file);
}

Test(suggest, fixes_of_wrong_fragments_compile)
{
        _cleanup_free_ char *directory = fixture_path("%s/policy/fix", getenv("TEST_DATA")),
                            *path = fixture_path("%s.expected", directory), *text = NULL;
        _cleanup_strings_ StringList cases = { 0 };
        size_t size;
        FILE *file = open_memstream(&text, &size);

        cr_assert_not_null(file);
        fixture_cases(directory, &cases);
        cr_assert_geq(cases.count, CASES_MIN);
        for (size_t i = 0; i < cases.count; i++)
                check_case(directory, cases.items[i], file);
        cr_assert_eq(fclose(file), 0);
        fixture_compare(path, text, size);
}

Test(suggest, words_that_people_use_lead_to_those_of_the_kernel)
{
        cr_expect_str_eq(suggest_find_word(KEYWORD_FUNC, "Exec"), "BPRM_CHECK");
        cr_expect_str_eq(suggest_find_word(KEYWORD_APPRAISE_TYPE, "sigv2"), "imasig");
        cr_expect_str_eq(suggest_find_word(KEYWORD_MASK, "r"), "MAY_READ");
        cr_expect_null(suggest_find_word(KEYWORD_ACTION, "dont_audit"), "there is none");
}

Test(suggest, a_word_is_made_of_any_text)
{
        char word[9];

        suggest_make_word("Signed Programs!", sizeof(word) - 1, word);
        cr_expect_str_eq(word, "signed-p");
        suggest_make_word("-- é --", sizeof(word) - 1, word);
        cr_expect_str_eq(word, "");
}

Test(suggest, the_next_number_stays_in_range)
{
        uint32_t number = 0;

        cr_expect(suggest_next_number('>', "1000", &number) && number == 999);
        cr_expect(suggest_next_number('<', "999", &number) && number == 1000);
        cr_expect_not(suggest_next_number('>', "0", &number), "everything is >= 0");
        cr_expect_not(suggest_next_number('<', "4294967294", &number));
        cr_expect_not(suggest_next_number('<', "root", &number));
}
