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

typedef struct Piece {
        const char *text;
        size_t length;
} Piece;

#define PIECES 3

/* Keyword, operator and text; the action stands without its keyword, a bare word without a value.
 */
static void value_pieces(const RuleValue *value, Piece ret_pieces[static PIECES])
{
        const char *name = keyword_get((KeywordId) value->keyword)->name;
        bool named = value->keyword != KEYWORD_ACTION;
        bool bare = value->keyword == KEYWORD_PERMIT_DIRECTIO;

        ret_pieces[0] = (Piece){ name, named ? strlen(name) : 0 };
        ret_pieces[1] = (Piece){ (const char *) &value->operator_, value->operator_ != 0 };
        ret_pieces[2] = (Piece){ value->text, bare ? 0 : strlen(value->text) };
}

size_t rule_get_length(const Rule *rule)
{
        size_t length = rule->n_values > 0 ? rule->n_values - 1 : 0;

        for (size_t i = 0; i < rule->n_values; i++) {
                Piece pieces[PIECES];

                value_pieces(&rule->values[i], pieces);
                for (size_t j = 0; j < PIECES; j++)
                        length += pieces[j].length;
        }
        return length;
}

size_t rule_get_length_limit(const Target *target)
{
        return target ? target->page_size - 2 : RULE_LENGTH_MAX;
}

int rule_format(const Rule *rule, Buffer *buffer)
{
        int r = buffer_reserve(buffer, rule_get_length(rule));

        for (size_t i = 0; r >= 0 && i < rule->n_values; i++) {
                Piece pieces[PIECES];

                value_pieces(&rule->values[i], pieces);
                r = i > 0 ? buffer_append(buffer, " ", 1) : 0;
                for (size_t j = 0; r >= 0 && j < PIECES; j++)
                        r = buffer_append(buffer, pieces[j].text, pieces[j].length);
        }
        return r;
}
