/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule.h"

const RuleValue *rule_find(const Rule *rule, KeywordId id)
{
        for (size_t i = 0; i < rule->n_values; i++)
                if (rule->values[i].keyword == id)
                        return &rule->values[i];
        return NULL;
}

RuleAction rule_get_action(const Rule *rule)
{
        const RuleValue *action = rule_find(rule, KEYWORD_ACTION);

        return action ? (RuleAction) action->number : RULE_ACTION_INVALID;
}

RuleFunc rule_get_func(const Rule *rule)
{
        const RuleValue *func = rule_find(rule, KEYWORD_FUNC);

        return func ? (RuleFunc) func->number : RULE_FUNC_NONE;
}

/* The action stands without its keyword, a bare word without a value. */
static void value_parts(const RuleValue *value, const char **ret_name, char ret_operator[2],
                const char **ret_text)
{
        ret_operator[0] = (char) value->operator_;
        ret_operator[1] = '\0';
        *ret_name = value->keyword == KEYWORD_ACTION
                                    ? ""
                                    : keyword_get((KeywordId) value->keyword)->name;
        *ret_text = value->keyword == KEYWORD_PERMIT_DIRECTIO ? "" : value->text;
}

size_t rule_get_length(const Rule *rule)
{
        size_t length = 0;

        for (size_t i = 0; i < rule->n_values; i++) {
                const char *name, *text;
                char operator_[2];

                value_parts(&rule->values[i], &name, operator_, &text);
                length += (i > 0) + strlen(name) + strlen(operator_) + strlen(text);
        }
        return length;
}

int rule_format(const Rule *rule, Buffer *buffer)
{
        for (size_t i = 0; i < rule->n_values; i++) {
                const char *name, *text;
                char operator_[2];
                int r;

                value_parts(&rule->values[i], &name, operator_, &text);
                r = i > 0 ? buffer_append(buffer, " ", 1) : 0;
                if (r >= 0)
                        r = buffer_append_string(buffer, name);
                if (r >= 0)
                        r = buffer_append_string(buffer, operator_);
                if (r >= 0)
                        r = buffer_append_string(buffer, text);
                if (r < 0)
                        return r;
        }
        return 0;
}
