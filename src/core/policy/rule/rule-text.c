/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/rule-text.h"

#include "base/strings.h"
#include "core/policy/rule/label.h"
#include "core/policy/rule/rule-check.h"

typedef struct Line {
        const Target *target;
        RuleValue values[KEYWORD_MAX];
        bool present[KEYWORD_MAX];
        Arena *arena;
} Line;

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

int rule_text_find_keyword(const char *token, KeywordId *ret_id, KeywordOperator *ret_operator,
                const char **ret_value)
{
        for (int i = KEYWORD_ACTION + 1; i < KEYWORD_MAX; i++) {
                const Keyword *keyword = keyword_get((KeywordId) i);
                const char *rest = string_after(token, keyword->name);

                if (!rest)
                        continue;
                if (keyword->operators[0] == '\0') {
                        if (*rest != '\0')
                                continue;
                        *ret_operator = KEYWORD_OPERATOR_NONE;
                        *ret_value = rest;
                } else {
                        if (*rest == '\0' || !strchr(keyword->operators, *rest) || rest[1] == '\0')
                                continue;
                        *ret_operator = (KeywordOperator) *rest;
                        *ret_value = rest + 1;
                }
                *ret_id = (KeywordId) i;
                return 0;
        }
        return -EINVAL;
}

static bool may_repeat(const Line *line, KeywordId id)
{
        const RuleValue *before = &line->values[id];

        switch (keyword_get(id)->repeat) {
        case KEYWORD_REPEAT_REFUSED:
                return false;
        case KEYWORD_REPEAT_UNLESS_ZERO:
                return before->number == 0;
        case KEYWORD_REPEAT_UNLESS_UNKNOWN:
                return line->target && label_resolves(line->target, id, before->text) == 0;
        default:
                return true;
        }
}

/* Where the kernel keeps one place for several keywords they count as repeated. */
static int check_repeat(const Line *line, KeywordId id)
{
        for (int i = 0; i < KEYWORD_MAX; i++)
                if (line->present[i] && keyword_get((KeywordId) i)->slot == keyword_get(id)->slot &&
                                !may_repeat(line, (KeywordId) i))
                        return -EINVAL;
        return 0;
}

static int check_order(const Line *line, KeywordId id, const RuleValue *value)
{
        bool verity = line->present[KEYWORD_DIGEST_TYPE];

        if (id == KEYWORD_TEMPLATE &&
                        (!line->present[KEYWORD_ACTION] ||
                                        line->values[KEYWORD_ACTION].number != RULE_ACTION_MEASURE))
                return -EINVAL;
        if (id == KEYWORD_DIGEST_TYPE && line->present[KEYWORD_APPRAISE_TYPE])
                return -EINVAL;
        if (id == KEYWORD_APPRAISE_TYPE && verity != !!(value->number & APPRAISE_TYPE_SIGV3))
                return -EINVAL;
        return 0;
}

static int store(Line *line, KeywordId id, RuleValue value)
{
        const ValueWord *words;
        uint64_t number;

        if (id == KEYWORD_APPRAISE_TYPE && line->present[id]) {
                number = value.number | line->values[id].number;
                words = value_type_get_words(VALUE_TYPE_APPRAISE_TYPE);
                while (words->name && words->number != number)
                        words++;
                if (!words->name)
                        return -EINVAL;
                value.number = number;
                value.text = words->name;
        }
        line->values[id] = value;
        line->present[id] = true;
        return 0;
}

/* *ret_kind says what was looked at last, and so what is wrong when it fails. */
static int parse_token(Line *line, const char *token, RuleTextFaultKind *ret_kind)
{
        RuleConflict conflicts[RULE_CONFLICTS_MAX];
        KeywordOperator op;
        const char *text;
        RuleValue value;
        KeywordId id;
        int r;

        *ret_kind = RULE_TEXT_FAULT_REPEATED;
        if (rule_value_parse(KEYWORD_ACTION, KEYWORD_OPERATOR_NONE, token, NULL, line->arena,
                            &value) >= 0) {
                if (line->present[KEYWORD_ACTION])
                        return -EINVAL;
                return store(line, KEYWORD_ACTION, value);
        }
        *ret_kind = RULE_TEXT_FAULT_TOKEN;
        r = rule_text_find_keyword(token, &id, &op, &text);
        if (r < 0)
                return r;
        *ret_kind = RULE_TEXT_FAULT_REPEATED;
        r = check_repeat(line, id);
        if (r < 0)
                return r;
        if (op == KEYWORD_OPERATOR_NONE)
                return store(line, id, (RuleValue){ .keyword = (uint8_t) id, .text = "true" });
        *ret_kind = RULE_TEXT_FAULT_VALUE;
        r = rule_value_parse(id, op, text, line->target, line->arena, &value);
        if (r < 0)
                return r;
        *ret_kind = RULE_TEXT_FAULT_NEED;
        if (rule_check_value(&value, line->target, conflicts) > 0)
                return -EINVAL;
        *ret_kind = RULE_TEXT_FAULT_ORDER;
        r = check_order(line, id, &value);
        if (r < 0)
                return r;
        *ret_kind = RULE_TEXT_FAULT_REPEATED;
        return store(line, id, value);
}

static int line_to_rule(const Line *line, Rule *ret_rule, RuleTextFault *ret_fault)
{
        RuleConflict conflicts[RULE_CONFLICTS_MAX];
        RuleValue *values = arena_new(line->arena, RuleValue, KEYWORD_MAX);
        Rule rule = { .values = values };

        if (!values)
                return -ENOMEM;
        for (int i = 0; i < KEYWORD_MAX; i++)
                if (line->present[i])
                        values[rule.n_values++] = line->values[i];
        *ret_fault = (RuleTextFault){ .kind = RULE_TEXT_FAULT_NO_ACTION };
        if (!line->present[KEYWORD_ACTION])
                return -EINVAL;
        *ret_fault = (RuleTextFault){ .kind = RULE_TEXT_FAULT_CONFLICT, .rule = rule };
        if (rule_check(&rule, line->target, conflicts) > 0)
                return -EINVAL;
        *ret_rule = rule;
        return 1;
}

int rule_text_parse(
                const char *line, size_t size, const Target *target, Arena *arena, Rule *ret_rule)
{
        RuleTextFault fault;

        return rule_text_parse_or_explain(line, size, target, arena, ret_rule, &fault);
}

int rule_text_parse_or_explain(const char *line, size_t size, const Target *target, Arena *arena,
                Rule *ret_rule, RuleTextFault *ret_fault)
{
        Line parsed = { .target = target, .arena = arena };
        const char *begin = line, *end;

        end = memchr(line, '\0', size) ?: line + size;
        while (line < end && is_blank(*line))
                line++;
        if (line == end || *line == '#')
                return 0;
        while (line < end) {
                const char *start = line;
                int r;

                while (line < end && !is_blank(*line))
                        line++;
                if (line > start) {
                        const char *token = arena_copy_text(arena, start, (size_t) (line - start));

                        if (!token)
                                return -ENOMEM;
                        *ret_fault = (RuleTextFault){ .offset = (size_t) (start - begin),
                                .token = token };
                        r = parse_token(&parsed, token, &ret_fault->kind);
                        if (r < 0)
                                return r;
                }
                while (line < end && is_blank(*line))
                        line++;
        }
        return line_to_rule(&parsed, ret_rule, ret_fault);
}
