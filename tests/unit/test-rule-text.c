/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule-text.h"
#include "fixture-recording.h"

#define VERDICT_COLUMNS 3
#define WRITE_MAX 4095 /* what the kernel reads of one write */

static int parse(const char *line, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };
        Rule rule;

        return rule_text_parse(line, strlen(line), target, &arena, &rule);
}

static void expect_canonical(const char *line, const char *canonical)
{
        _cleanup_arena_ Arena arena = { 0 };
        _cleanup_buffer_ Buffer text = { 0 };
        Rule rule;

        cr_assert_eq(rule_text_parse(line, strlen(line), NULL, &arena, &rule), 1, "%s", line);
        cr_assert_eq(rule_format(&rule, &text), 0);
        cr_expect_str_eq(text.data, canonical);
        cr_expect_eq(rule_get_length(&rule), strlen(canonical), "length of %s", canonical);
}

Test(rule_text, comments_and_blank_lines_are_no_rules)
{
        cr_expect_eq(parse("", NULL), 0);
        cr_expect_eq(parse(" \t ", NULL), 0);
        cr_expect_eq(parse("  # measure", NULL), 0);
        cr_expect_eq(parse("measure # trailing", NULL), -EINVAL);
        cr_expect_eq(parse("\r", NULL), -EINVAL);
}

Test(rule_text, canonical_text_has_one_order_and_one_spelling)
{
        expect_canonical("permit_directio pcr=010 func=PATH_CHECK measure template=d-ng|n-ng",
                        "measure func=FILE_CHECK pcr=10 template=ima-ng permit_directio");
        expect_canonical("fsmagic=0X0EF53 uid>+5 audit", "audit fsmagic=0xef53 uid>5");
        expect_canonical("appraise fsuuid=8BCBE394-4F13-4144-BE8E-5AA9EA2CE2F6junk "
                         "digest_type=verity appraise_type=sigv3",
                        "appraise fsuuid=8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6 digest_type=verity "
                        "appraise_type=sigv3");
}

Test(rule_text, repeated_keywords_follow_the_kernels_rules)
{
        cr_expect_eq(parse("measure measure", NULL), -EINVAL);
        cr_expect_eq(parse("measure uid=0 euid=0", NULL), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=1 fsmagic=2", NULL), -EINVAL);
        cr_expect_eq(parse("measure fsmagic=0 fsmagic=2", NULL), 1);
        cr_expect_eq(parse("measure pcr=1 pcr=2", NULL), 1);
        cr_expect_eq(parse("measure uid=99999999999999999999999", NULL), -ERANGE);
}

/* The LSM and the hashes of the recorded machines are no part of a target. */
static bool depends_on_machine(const char *payload, size_t column)
{
        static const char *const without_modules[] = { "md4", "rmd160", "streebog256" };
        bool apparmor = column < 2;

        if (strstr(payload, "subj_") || strstr(payload, "obj_"))
                return !(apparmor && strstr(payload, "subj_role=unconfined"));
        for (size_t i = 0; i < ELEMENTSOF(without_modules); i++)
                if (strstr(payload, "appraise_algos=") && strstr(payload, without_modules[i]))
                        return true;
        return column == 0 && (strstr(payload, "sha384") || strstr(payload, "sha512"));
}

/* What the write returns: the length of the first line and its newline, or the errno. */
static long judge(const char *bytes, size_t size, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };
        size_t length = size < WRITE_MAX ? size : WRITE_MAX;
        const char *end;
        Rule rule;
        int r;

        end = memchr(bytes, '\n', length);
        length = end ? (size_t) (end - bytes) : length;
        end = memchr(bytes, '\0', length);
        length = end ? (size_t) (end - bytes) : length;
        r = rule_text_parse(bytes, length, target, &arena, &rule);
        return r < 0 ? r : (long) length + 1;
}

typedef struct Verdicts {
        FixtureTarget targets[VERDICT_COLUMNS];
        size_t counts[VERDICT_COLUMNS];
} Verdicts;

static void check_row(char *row, void *userdata)
{
        Verdicts *verdicts = userdata;
        _cleanup_free_ char *bytes = malloc(strlen(row) + 1);
        char *state, *payload = strtok_r(row, "\t", &state);
        size_t size = fixture_unescape(payload, bytes);

        for (size_t i = 0; i < VERDICT_COLUMNS; i++) {
                long recorded = strtol(strtok_r(NULL, "\t", &state), NULL, 10);

                if (depends_on_machine(payload, i))
                        continue;
                verdicts->counts[i]++;
                cr_expect_eq(judge(bytes, size, verdicts->targets[i].target), recorded,
                                "kernel %zu returned %ld: %s", i + 1, recorded, payload);
        }
}

Test(rule_text, recorded_kernels_agree)
{
        char words[VERDICT_COLUMNS][100] = {
                "6.1.192 IMA_LSM_RULES IMA_MEASURE_ASYMMETRIC_KEYS",
                "6.12.117 IMA_LSM_RULES IMA_MEASURE_ASYMMETRIC_KEYS",
                "6.12.117 IMA_LSM_RULES IMA_MEASURE_ASYMMETRIC_KEYS IMA_APPRAISE_MODSIG",
        };
        Verdicts verdicts = { 0 };

        for (size_t i = 0; i < VERDICT_COLUMNS; i++)
                fixture_target_from_words(words[i], &verdicts.targets[i]);
        fixture_for_each_row("policy-lines.tsv", check_row, &verdicts);
        for (size_t i = 0; i < VERDICT_COLUMNS; i++) {
                cr_expect_gt(verdicts.counts[i], 1900, "only %zu rows were compared",
                                verdicts.counts[i]);
                fixture_target_done(&verdicts.targets[i]);
        }
}

static void expect_fault(const char *line, RuleTextFaultKind kind, size_t offset)
{
        _cleanup_arena_ Arena arena = { 0 };
        RuleTextFault fault;
        Rule rule;

        cr_assert_eq(rule_text_parse_or_explain(line, strlen(line), NULL, &arena, &rule, &fault),
                        -EINVAL, "%s", line);
        cr_expect_eq(fault.kind, kind, "%s: kind %d", line, fault.kind);
        if (offset > 0)
                cr_expect_eq(fault.offset, offset, "%s: offset %zu", line, fault.offset);
}

Test(rule_text, the_fault_is_where_the_kernel_stops_reading)
{
        expect_fault("measure bogus uid=x", RULE_TEXT_FAULT_TOKEN, 8);
        expect_fault("measure\tuid=x", RULE_TEXT_FAULT_VALUE, 8);
        expect_fault("measure uid=1 euid=2", RULE_TEXT_FAULT_REPEATED, 14);
        expect_fault("measure audit", RULE_TEXT_FAULT_REPEATED, 8);
        expect_fault("  template=ima measure", RULE_TEXT_FAULT_ORDER, 2);
        expect_fault("uid=1", RULE_TEXT_FAULT_NO_ACTION, 0);
        expect_fault("appraise func=KEY_CHECK", RULE_TEXT_FAULT_CONFLICT, 0);
}
