/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/observe.h"

#include "base/strings.h"
#include "core/policy/policy.h"

/* What an action becomes; the others stay. */
static RuleAction observe_action(RuleAction action)
{
        if (action == RULE_ACTION_APPRAISE)
                return RULE_ACTION_MEASURE;
        return action == RULE_ACTION_DONT_APPRAISE ? RULE_ACTION_DONT_MEASURE : action;
}

/* fs-verity's digests have a template of their own, which a list of names does not need. */
static bool keeps_value(const RuleValue *value, RuleAction action)
{
        return value->keyword != KEYWORD_ACTION && value->keyword != KEYWORD_DIGEST_TYPE &&
               keyword_get((KeywordId) value->keyword)->actions & BIT(action);
}

static int observe_rule(Policy *policy, const Rule *rule, RuleAction action, Rule *ret_rule)
{
        RuleValue *values = arena_new(&policy->arena, RuleValue, rule->n_values);
        uint32_t n = 1;
        int r;

        if (!values)
                return -ENOMEM;
        r = rule_value_parse(KEYWORD_ACTION, KEYWORD_OPERATOR_NONE, rule_action_to_string(action),
                        NULL, &policy->arena, &values[0]);
        for (uint32_t i = 0; r >= 0 && i < rule->n_values; i++)
                if (keeps_value(&rule->values[i], action))
                        values[n++] = rule->values[i];
        if (r < 0)
                return r;
        *ret_rule = *rule;
        ret_rule->values = values;
        ret_rule->n_values = n;
        return 0;
}

/* Where it lists things, and not how. */
static bool is_condition(const RuleValue *value)
{
        return value->keyword != KEYWORD_PCR && value->keyword != KEYWORD_TEMPLATE &&
               value->keyword != KEYWORD_DIGEST_TYPE;
}

static const RuleValue *next_condition(const Rule *rule, uint32_t *i)
{
        while (*i < rule->n_values && !is_condition(&rule->values[*i]))
                (*i)++;
        return *i < rule->n_values ? &rule->values[(*i)++] : NULL;
}

static bool says_the_same(const Rule *a, const Rule *b)
{
        uint32_t i = 0, j = 0;

        for (;;) {
                const RuleValue *x = next_condition(a, &i), *y = next_condition(b, &j);

                if (!x || !y)
                        return x == y;
                if (x->keyword != y->keyword || x->operator_ != y->operator_ ||
                                !string_equal(x->text, y->text))
                        return false;
        }
}

int policy_observe(Policy *policy)
{
        Rule *rules = calloc(policy->n_rules + 1, sizeof(*rules));
        size_t n = 0;
        int r = rules ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < policy->n_rules; i++) {
                const Rule *rule = &policy->rules[i];
                RuleAction action = observe_action(rule_get_action(rule));

                rules[n] = *rule;
                if (action != rule_get_action(rule)) {
                        if (!(rule_func_get_info(rule_get_func(rule))->actions & BIT(action)))
                                continue;
                        r = observe_rule(policy, rule, action, &rules[n]);
                        if (r < 0 || (n > 0 && says_the_same(&rules[n - 1], &rules[n])))
                                continue;
                }
                n++;
        }
        if (r >= 0) {
                free(policy->rules);
                policy->rules = TAKE_PTR(rules);
                policy->n_allocated = policy->n_rules + 1;
                policy->n_rules = n;
        }
        free(rules);
        return r;
}
