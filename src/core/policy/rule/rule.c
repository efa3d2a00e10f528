/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/rule.h"

#include <string.h>

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

/* The action stands without its keyword. */
static const char *value_name(const RuleValue *value)
{
        return value->keyword == KEYWORD_ACTION ? ""
                                                : keyword_get((KeywordId) value->keyword)->name;
}

/* A bare word stands without a value. */
static const char *value_text(const RuleValue *value)
{
        return value->keyword == KEYWORD_PERMIT_DIRECTIO ? "" : value->text;
}

size_t rule_get_length(const Rule *rule)
{
        size_t length = rule->n_values > 0 ? rule->n_values - 1 : 0;

        for (size_t i = 0; i < rule->n_values; i++) {
                const RuleValue *value = &rule->values[i];

                length += strlen(value_name(value)) + (value->operator_ != 0) +
                          strlen(value_text(value));
        }
        return length;
}

size_t rule_get_length_limit(const Target *target)
{
        return target ? target->page_size - 2 : RULE_LENGTH_MAX;
}

/* Whose text can be of any length. The texts of all others together are shorter than a line. */
static bool is_free_text(const RuleValue *value)
{
        switch (keyword_get((KeywordId) value->keyword)->type) {
        case VALUE_TYPE_TEXT:
        case VALUE_TYPE_LABEL:
        case VALUE_TYPE_LIST:
        case VALUE_TYPE_HASHES:
        case VALUE_TYPE_APPRAISE_FLAG:
                return true;
        default:
                return false;
        }
}

bool rule_is_too_long(const Rule *rule, const Target *target)
{
        for (size_t i = 0; i < rule->n_values; i++)
                if (is_free_text(&rule->values[i]))
                        return rule_get_length(rule) > rule_get_length_limit(target);
        return false;
}

int rule_format(const Rule *rule, Buffer *buffer)
{
        int r = buffer_reserve(buffer, rule_get_length(rule));
        char *end;

        if (r < 0)
                return r;
        end = buffer->data + buffer->size;
        for (size_t i = 0; i < rule->n_values; i++) {
                const RuleValue *value = &rule->values[i];

                if (i > 0)
                        *end++ = ' ';
                end = stpcpy(end, value_name(value));
                if (value->operator_ != 0)
                        *end++ = (char) value->operator_;
                end = stpcpy(end, value_text(value));
        }
        *end = '\0';
        buffer->size = (size_t) (end - buffer->data);
        return 0;
}
