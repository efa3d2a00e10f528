/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/lint/lint.h"

#include <stdarg.h>

#include "base/strings.h"
#include "core/policy/fragment/allow.h"
#include "core/policy/lint/lint-check.h"

static const struct {
        LintClass class;
        bool exclusion;
} actions[RULE_ACTION_MAX] = {
        [RULE_ACTION_MEASURE] = {LINT_CLASS_MEASURE,   false},
        [RULE_ACTION_DONT_MEASURE] = { LINT_CLASS_MEASURE,  true },
        [RULE_ACTION_APPRAISE] = { LINT_CLASS_APPRAISE, false},
        [RULE_ACTION_DONT_APPRAISE] = { LINT_CLASS_APPRAISE, true },
        [RULE_ACTION_AUDIT] = { LINT_CLASS_AUDIT,    false},
        [RULE_ACTION_HASH] = { LINT_CLASS_HASH,     false},
        [RULE_ACTION_DONT_HASH] = { LINT_CLASS_HASH,     true },
};

LintClass lint_action_get_class(RuleAction action)
{
        return actions[action].class;
}

bool lint_action_is_exclusion(RuleAction action)
{
        return actions[action].exclusion;
}

static void finding_done(LintFinding *finding)
{
        free(finding->message);
        *finding = (LintFinding){ 0 };
}

static void lint_done(Lint *lint)
{
        for (size_t i = 0; i < lint->n_findings; i++)
                finding_done(&lint->findings[i]);
        for (size_t i = 0; lint->indexes && i < LINT_CLASS_MAX; i++)
                lint_index_done(&lint->indexes[i]);
        free(lint->indexes);
        free(lint->sets);
}

static LintFinding *take_finding(Lint *lint, const char *code)
{
        for (size_t i = 0; i < lint->n_findings; i++)
                if (string_equal(lint->findings[i].code, code))
                        return &lint->findings[i];
        if (lint->n_findings == LINT_FINDINGS_MAX)
                return NULL;
        lint->findings[lint->n_findings].code = code;
        return &lint->findings[lint->n_findings++];
}

bool lint_warn(Lint *lint, const LintSubject *subject, const char *code, const LintCover *others,
                const char *hint, const char *format, ...)
{
        LintFinding *finding;
        va_list args;

        if (subject->rule->allow & allow_get_bit(code))
                return false;
        finding = take_finding(lint, code);
        if (!finding || finding->count++ > 0)
                return true;
        finding->hint = hint;
        if (others)
                finding->others = *others;
        va_start(args, format);
        if (vasprintf(&finding->message, format, args) < 0) {
                finding->message = NULL;
                lint->no_memory = true;
        }
        va_end(args);
        return true;
}

static DiagPlace place_of(const Lint *lint, const Rule *rule)
{
        return (DiagPlace){ .source = policy_get_path(lint->policy, rule),
                .line = rule->line,
                .column = rule->column };
}

static void relate(const Lint *lint, const Rule *rule)
{
        if (rule)
                diag_relate(lint->diags, place_of(lint, rule), "%s/%s is here",
                                policy_get_fragment(lint->policy, rule), rule->id);
}

static int say(const Lint *lint, const LintFinding *finding, const Rule *rule)
{
        char some[80] = "";
        int r;

        if (lint->diags->count >= DIAG_LIST_MAX) {
                lint->diags->dropped++;
                return 0;
        }
        if (finding->count < lint->group_rules)
                (void) snprintf(some, sizeof(some), " (%zu of its %zu kernel rules)",
                                finding->count, lint->group_rules);
        r = diag_warning(lint->diags, finding->code, place_of(lint, rule), finding->hint,
                        "rule %s %s%s", rule->id, finding->message, some);
        if (r < 0)
                return r;
        relate(lint, finding->others.rule);
        relate(lint, finding->others.second);
        return 0;
}

static int end_group(Lint *lint, const Rule *rule)
{
        int r = lint->no_memory ? -ENOMEM : 0;

        for (size_t i = 0; i < lint->n_findings; i++) {
                if (r >= 0)
                        r = say(lint, &lint->findings[i], rule);
                finding_done(&lint->findings[i]);
        }
        lint->pseudo_said |= lint->pseudo_new;
        lint->pseudo_new = 0;
        lint->n_findings = 0;
        lint->group_rules = 0;
        return r;
}

/* Kernel rules of one rule of a fragment share its id's text. */
static bool ends_group(const Lint *lint, size_t index)
{
        size_t count = policy_get_rule_count(lint->policy);

        return index + 1 == count || policy_get_rule(lint->policy, index)->id !=
                                                     policy_get_rule(lint->policy, index + 1)->id;
}

static void survey_rule(Lint *lint, size_t index)
{
        const Rule *rule = policy_get_rule(lint->policy, index);
        RuleAction action = rule_get_action(rule);
        LintClass class = lint_action_get_class(action);
        LintSurvey *survey = &lint->survey;

        lint->sets[index] = relation_get_set(rule);
        lint->indexes[class].expected++;
        if (lint_action_is_exclusion(action))
                return;
        if (survey->end_do[class] == 0)
                survey->first_do[class] = index;
        survey->end_do[class] = index + 1;
        for (uint32_t rest = lint->sets[index].events & LINT_EVENTS_OF_NOTE; rest; rest &= rest - 1)
                survey->event_end[class][__builtin_ctz(rest)] = index + 1;
        if (action == RULE_ACTION_APPRAISE && survey->n_appraise < LINT_PEERS_MAX)
                survey->appraise[survey->n_appraise++] = index;
}

static LintSubject get_subject(const Lint *lint, size_t index)
{
        const Rule *rule = policy_get_rule(lint->policy, index);
        LintSubject subject = { .rule = rule, .set = &lint->sets[index], .index = index };

        for (size_t i = 0; i < rule->n_values; i++)
                subject.values[rule->values[i].keyword] = &rule->values[i];
        subject.action = rule_get_action(rule);
        subject.func = rule_get_func(rule);
        subject.class = lint_action_get_class(subject.action);
        subject.exclusion = lint_action_is_exclusion(subject.action);
        return subject;
}

static int check_rule(Lint *lint, size_t index)
{
        LintSubject subject = get_subject(lint, index);

        lint->group_rules++;
        lint_check_value(lint, &subject);
        lint_check_order(lint, &subject);
        lint_check_reach(lint, &subject);
        if (!subject.unreachable && lint_index_add(&lint->indexes[subject.class], subject.set) < 0)
                return -ENOMEM;
        return ends_group(lint, index) ? end_group(lint, subject.rule) : 0;
}

int lint_policy(const Policy *policy, const Target *target, const LintFacts *facts, DiagList *diags)
{
        static const LintFacts nothing = { 0 };
        size_t count = policy_get_rule_count(policy);
        _cleanup_(lint_done) Lint lint = {
                .policy = policy,
                .target = target,
                .facts = facts ?: &nothing,
                .diags = diags,
                .sets = calloc(count + 1, sizeof(MatchSet)),
                .indexes = calloc(LINT_CLASS_MAX, sizeof(LintIndex)),
        };
        int r = 0;

        if (!lint.sets || !lint.indexes)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++)
                survey_rule(&lint, i);
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = check_rule(&lint, i);
        return r;
}
