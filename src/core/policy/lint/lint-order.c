/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strings.h"
#include "core/policy/lint/lint-check.h"

/* What a rule does, besides its action: the keywords behind the conditions. */
#define OPTIONS (BIT(KEYWORD_MAX) - BIT(KEYWORD_DIGEST_TYPE))

static size_t skip_conditions(const Rule *rule, size_t i)
{
        while (i < rule->n_values && !(BIT(rule->values[i].keyword) & OPTIONS))
                i++;
        return i;
}

static bool have_same_effect(const Rule *a, const Rule *b)
{
        size_t i = 0, j = 0;

        if (rule_get_action(a) != rule_get_action(b))
                return false;
        for (;; i++, j++) {
                i = skip_conditions(a, i);
                j = skip_conditions(b, j);
                if (i == a->n_values || j == b->n_values)
                        return i == a->n_values && j == b->n_values;
                if (a->values[i].keyword != b->values[j].keyword ||
                                strcmp(a->values[i].text, b->values[j].text) != 0)
                        return false;
        }
}

static bool have_same_text(const Rule *a, const Rule *b)
{
        if (a->n_values != b->n_values)
                return false;
        for (size_t i = 0; i < a->n_values; i++)
                if (a->values[i].keyword != b->values[i].keyword ||
                                a->values[i].operator_ != b->values[i].operator_ ||
                                strcmp(a->values[i].text, b->values[i].text) != 0)
                        return false;
        return true;
}

static const char *name_fragment(const Lint *lint, const Rule *rule)
{
        return policy_get_fragment(lint->policy, rule);
}

/* Two rules that only together match all that a third one does; `what` says what that makes it. */
static void warn_covered_by_two(Lint *lint, const LintSubject *s, const LintCover *cover,
                const char *code, const char *hint, const char *what, const char *rest)
{
        lint_warn(lint, s, code, cover, hint,
                        "%s: %s/%s and %s/%s together match all of that before it%s", what,
                        name_fragment(lint, cover->rule), cover->rule->id,
                        name_fragment(lint, cover->second), cover->second->id, rest);
}

static void warn_same_effect(Lint *lint, const LintSubject *s, const LintCover *cover)
{
        const Rule *other = cover->rule;

        if (other->id == s->rule->id)
                lint_warn(lint, s, POLICY_CODE_DUPLICATE_RULE, NULL,
                                "names of file systems can stand for the same number: keep one",
                                "makes the same kernel rule twice");
        else if (have_same_text(other, s->rule))
                lint_warn(lint, s, POLICY_CODE_DUPLICATE_RULE, cover, "remove one of the two",
                                "repeats %s/%s", name_fragment(lint, other), other->id);
        else if (cover->second)
                warn_covered_by_two(lint, s, cover, POLICY_CODE_REDUNDANT_RULE,
                                "remove it, or put it before them and give it other options",
                                "decides nothing", " and do the same");
        else
                lint_warn(lint, s, POLICY_CODE_REDUNDANT_RULE, cover,
                                "remove it, or put it before the other and give it other options",
                                "decides nothing: %s/%s matches all of that before it and does "
                                "the same",
                                name_fragment(lint, other), other->id);
}

static void warn_other_effect(Lint *lint, const LintSubject *s, const LintCover *cover)
{
        const Rule *other = cover->rule;
        RuleAction action = rule_get_action(other);

        if (cover->second)
                warn_covered_by_two(lint, s, cover, POLICY_CODE_SHADOWED_RULE,
                                "put it before them, or narrow their conditions",
                                "is never reached", "");
        else
                lint_warn(lint, s, POLICY_CODE_SHADOWED_RULE, cover,
                                "put it before the other, or narrow the other's conditions",
                                "is never reached: %s/%s (%s%s) matches all of that before it",
                                name_fragment(lint, other), other->id,
                                rule_action_to_string(action),
                                action == s->action ? " with other options" : "");
}

static void check_unreachable(Lint *lint, LintSubject *s)
{
        LintCover cover;

        if (!lint_index_find(&lint->indexes[s->class], s->set, &cover))
                return;
        s->unreachable = true;
        if (have_same_effect(cover.rule, s->rule) &&
                        (!cover.second || have_same_effect(cover.second, s->rule)))
                warn_same_effect(lint, s, &cover);
        else
                warn_other_effect(lint, s, &cover);
}

static void check_late_exclusion(Lint *lint, LintSubject *s)
{
        size_t end = lint->survey.end_do[s->class];
        LintCover last = { 0 };

        if (!s->exclusion || end == 0 || s->index < end)
                return;
        last.rule = policy_get_rule(lint->policy, end - 1);
        lint_warn(lint, s, POLICY_CODE_LATE_EXCLUSION, &last,
                        "the first rule that matches counts: put exclusions before what they limit",
                        "excludes nothing: no rule behind it does what it excludes");
}

/* An appraise rule before `end` that shares files with the subject and lacks a keyword. */
static const Rule *find_appraise(
                const Lint *lint, const LintSubject *s, KeywordId keyword, size_t end)
{
        for (size_t i = 0; i < lint->survey.n_appraise; i++) {
                size_t index = lint->survey.appraise[i];
                const Rule *rule = policy_get_rule(lint->policy, index);

                if (index < end && (keyword < 0 || !rule_find(rule, keyword)) &&
                                relation_overlaps(s->set, &lint->sets[index]))
                        return rule;
        }
        return NULL;
}

/* The flags of all rules that match count together (ima_match_policy()). */
static void check_leaks(Lint *lint, LintSubject *s)
{
        LintCover verity = { 0 }, directio = { 0 };

        if (s->class == LINT_CLASS_APPRAISE)
                return;
        if (s->values[KEYWORD_DIGEST_TYPE])
                verity.rule = find_appraise(lint, s, KEYWORD_DIGEST_TYPE, SIZE_MAX);
        if (verity.rule)
                lint_warn(lint, s, POLICY_CODE_LEAKING_FLAG, &verity,
                                "give both rules digest_type: verity, or keep their files apart",
                                "makes %s/%s judge the fs-verity digest of files that both match",
                                name_fragment(lint, verity.rule), verity.rule->id);
        if (s->values[KEYWORD_PERMIT_DIRECTIO])
                directio.rule = find_appraise(lint, s, KEYWORD_PERMIT_DIRECTIO, SIZE_MAX);
        if (directio.rule)
                lint_warn(lint, s, POLICY_CODE_LEAKING_FLAG, &directio,
                                "leave permit_directio out here, or write it there too",
                                "makes %s/%s pass opens with O_DIRECT of files that both match",
                                name_fragment(lint, directio.rule), directio.rule->id);
}

static void check_hash_order(Lint *lint, LintSubject *s)
{
        LintCover other = { 0 };

        if (s->action != RULE_ACTION_HASH)
                return;
        other.rule = find_appraise(lint, s, KEYWORD_INVALID, s->index);
        if (other.rule)
                lint_warn(lint, s, POLICY_CODE_HASH_AFTER_APPRAISE, &other,
                                "put it before the appraise rule, which then takes precedence",
                                "stays in force for files that %s/%s appraises, and rewrites "
                                "their labels",
                                name_fragment(lint, other.rule), other.rule->id);
}

static void check_setxattr(Lint *lint, LintSubject *s)
{
        LintCover first = { lint->setxattr, NULL };

        if (s->func != RULE_FUNC_SETXATTR_CHECK)
                return;
        if (!lint->setxattr)
                lint->setxattr = s->rule;
        else
                lint_warn(lint, s, POLICY_CODE_SETXATTR_AGAIN, &first,
                                "list all algorithms in the first one",
                                "has no effect: the algorithms of %s/%s count until the next boot",
                                name_fragment(lint, first.rule), first.rule->id);
}

void lint_check_order(Lint *lint, LintSubject *s)
{
        check_setxattr(lint, s);
        if (s->unreachable)
                return;
        check_unreachable(lint, s);
        if (s->unreachable)
                return;
        check_late_exclusion(lint, s);
        check_leaks(lint, s);
        check_hash_order(lint, s);
}
