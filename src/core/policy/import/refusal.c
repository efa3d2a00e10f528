/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/import/refusal.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/rule-key.h"
#include "core/policy/rule/rule-check.h"
#include "core/policy/rule/rule-text.h"

#define SHOWN_MAX 80
#define FAULTS_MAX 16 /* of one line */

#define NO_BLANKS "nothing may stand between keyword, operator and value: write fowner=0"

typedef struct Refusal {
        const char *line; /* as it stands in its source */
        size_t size;
        const Target *target;
        DiagPlace place;
        DiagList *diags;
        const RuleTextFault *fault;
} Refusal;

/* Where a token stands that begins with the byte at offset. */
static DiagPlace place_at(const Refusal *r, size_t offset)
{
        size_t size = 0;

        while (offset + size < r->size && !strchr(" \t\n", r->line[offset + size]))
                size++;
        return diag_place_in(r->place, r->line, offset, size);
}

#define refuse(r, code, hint, ...)                                                                 \
        diag_error((r)->diags, code, place_at(r, (r)->fault->offset), hint, __VA_ARGS__)

/* An action or keyword that looks like the word. */
static const char *nearest_word(const char *word)
{
        const char *names[KEYWORD_MAX + RULE_ACTION_MAX] = { NULL };
        size_t n = 0;

        for (int i = 0; i < RULE_ACTION_MAX; i++)
                names[n++] = rule_action_to_string((RuleAction) i);
        for (int i = KEYWORD_ACTION + 1; i < KEYWORD_MAX; i++)
                names[n++] = keyword_get((KeywordId) i)->name;
        names[n] = NULL;
        return string_nearest(word, names);
}

/* A keyword as such is known; its operator or value is wrong or missing. */
static int explain_keyword(const Refusal *r, KeywordId id, const char *rest)
{
        const Keyword *keyword = keyword_get(id);
        _cleanup_free_ char *hint = rule_value_format_hint(id, NULL);

        if (!hint)
                return -ENOMEM;
        if (id == KEYWORD_TEMPLATE && string_equal(rest, "="))
                return refuse(r, POLICY_CODE_EMPTY_VALUE,
                                "leave template out: the format of ima_template_fmt= is the "
                                "default then",
                                "template has no value: the kernel shows a format of its command "
                                "line so");
        if (keyword->operators[0] == '\0')
                return refuse(r, POLICY_CODE_OPERATOR, "write the bare word", "%s takes no value",
                                keyword->name);
        if (*rest == '\0')
                return refuse(r, POLICY_CODE_EMPTY_VALUE, NO_BLANKS, "%s has no value",
                                keyword->name);
        if (rest[1] == '\0' && strchr(keyword->operators, *rest))
                return refuse(r, POLICY_CODE_EMPTY_VALUE, hint, "%s has no value", keyword->name);
        return refuse(r, POLICY_CODE_OPERATOR,
                        strlen(keyword->operators) > 1 ? "the operators are =, > and <"
                                                       : "the only operator is =",
                        "%s has no operator %.*s", keyword->name, (int) strcspn(rest, "0123456789"),
                        rest);
}

static bool is_plain(const char *text)
{
        for (; *text; text++)
                if ((unsigned char) *text <= ' ' || (unsigned char) *text >= 0x7f)
                        return false;
        return true;
}

static int explain_token(const Refusal *r)
{
        const char *token = r->fault->token, *nearest, *advice;
        _cleanup_free_ char *word = strndup(token, strcspn(token, "=<>!^")), *hint = NULL;
        KeywordId id;

        if (!word)
                return -ENOMEM;
        id = keyword_find(word, strlen(word));
        if (id >= 0)
                return explain_keyword(r, id, token + strlen(word));
        if (!is_plain(token))
                return refuse(r, POLICY_CODE_ENCODING,
                                "separate words by blanks or tabs and save the file as plain text",
                                "'%.*s' contains a character that the kernel does not take for a "
                                "blank",
                                SHOWN_MAX, token);
        if (word[0] == '\0')
                return refuse(r, POLICY_CODE_UNKNOWN_KEY, NO_BLANKS,
                                "'%.*s' stands without a keyword", SHOWN_MAX, token);
        advice = rule_key_get_advice(word);
        nearest = nearest_word(word);
        if (!advice && nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        return refuse(r, POLICY_CODE_UNKNOWN_KEY,
                        advice ? advice
                        : hint ? hint
                               : "a rule is one action and conditions such as "
                                 "func=BPRM_CHECK",
                        "'%.*s' is no action or keyword of the kernel's policy", SHOWN_MAX, word);
}

static int explain_repeated(const Refusal *r)
{
        KeywordOperator op;
        const char *value;
        KeywordId id;

        if (rule_text_find_keyword(r->fault->token, &id, &op, &value) < 0)
                return refuse(r, POLICY_CODE_SHARED_SLOT, "make one rule for each action",
                                "'%s' is a second action", r->fault->token);
        if (id == KEYWORD_APPRAISE_TYPE)
                return refuse(r, POLICY_CODE_VALUE_CONFLICT, "name one type of signature",
                                "appraise_type stands twice with values that do not go together");
        return refuse(r, POLICY_CODE_SHARED_SLOT,
                        "the kernel has one place for it: make two rules, one for each value",
                        "%s cannot stand here: the rule has such a condition already",
                        keyword_get(id)->name);
}

static int explain_value(const Refusal *r)
{
        _cleanup_free_ char *hint = NULL;
        KeywordOperator op;
        const char *value, *code = POLICY_CODE_UNKNOWN_VALUE;
        ValueType type;
        KeywordId id;

        (void) rule_text_find_keyword(r->fault->token, &id, &op, &value);
        type = keyword_get(id)->type;
        if (type == VALUE_TYPE_USER || type == VALUE_TYPE_GROUP) {
                bool operator_ = value[0] == '=' && op != KEYWORD_OPERATOR_EQUAL;

                return refuse(r, operator_ ? POLICY_CODE_OPERATOR : POLICY_CODE_INVALID_NUMBER,
                                operator_ ? "the kernel has > and < only: instead of >=1000 write "
                                            ">999"
                                          : "the kernel takes decimal numbers below 4294967295, "
                                            "no names",
                                "%s: '%.*s' is not an id that the kernel takes",
                                keyword_get(id)->name, SHOWN_MAX, value);
        }
        if (type == VALUE_TYPE_UUID)
                code = POLICY_CODE_INVALID_UUID;
        else if (type == VALUE_TYPE_MAGIC || type == VALUE_TYPE_PCR)
                code = POLICY_CODE_INVALID_NUMBER;
        hint = type == VALUE_TYPE_MAGIC
                               ? strdup("the kernel takes hexadecimal numbers, no names; the name "
                                        "of a file system type goes with fsname")
                               : rule_value_format_hint(id, rule_value_nearest_word(id, value));
        if (!hint)
                return -ENOMEM;
        return refuse(r, code, hint, "%s: '%.*s' is not a value that the kernel knows",
                        keyword_get(id)->name, SHOWN_MAX, value);
}

/* What the kernel does not have for a single value is said in the words of rule_check(). */
static int explain_need(const Refusal *r, Arena *arena)
{
        RuleConflict conflicts[RULE_CONFLICTS_MAX];
        _cleanup_free_ char *message = NULL, *hint = NULL;
        KeywordOperator op;
        const char *text;
        RuleValue value;
        KeywordId id;
        int e;

        (void) rule_text_find_keyword(r->fault->token, &id, &op, &text);
        e = rule_value_parse(id, op, text, r->target, arena, &value);
        if (e < 0)
                return e;
        if (rule_check_value(&value, r->target, conflicts) == 0)
                return -EINVAL;
        e = rule_conflict_describe(&(Rule){ .values = &value, .n_values = 1 }, &conflicts[0],
                        r->target, &message, &hint);
        if (e < 0)
                return e;
        return refuse(r, conflicts[0].code, hint, "%s", message);
}

static int explain_order(const Refusal *r)
{
        if (string_after(r->fault->token, "template="))
                return refuse(r, POLICY_CODE_ACTION_OPTION, "template is an option of measure",
                                "template does not stand behind the action measure");
        if (string_after(r->fault->token, "digest_type="))
                return refuse(r, POLICY_CODE_VALUE_CONFLICT,
                                "write digest_type=verity before appraise_type=sigv3",
                                "digest_type does not go behind this appraise_type");
        return refuse(r, POLICY_CODE_VALUE_CONFLICT,
                        "write digest_type=verity appraise_type=sigv3 for files with fs-verity, "
                        "appraise_type=imasig without digest_type for others",
                        "%.*s does not go with what the rule says of digest_type", SHOWN_MAX,
                        r->fault->token);
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static size_t first_token(const Refusal *r)
{
        size_t offset = 0;

        while (offset < r->size && is_blank(r->line[offset]))
                offset++;
        return offset;
}

/* Where the keyword stands in the line; its first token where it does not. */
static size_t find_token(const Refusal *r, KeywordId id)
{
        const char *name = id == KEYWORD_ACTION || id < 0 ? "" : keyword_get(id)->name;
        size_t length = strlen(name);

        for (size_t i = 0; length > 0 && i + length <= r->size; i++)
                if ((i == 0 || is_blank(r->line[i - 1])) &&
                                memcmp(r->line + i, name, length) == 0 &&
                                (i + length == r->size || strchr("=<> \t", r->line[i + length])))
                        return i;
        return first_token(r);
}

static int explain_conflicts(const Refusal *r)
{
        RuleConflict conflicts[RULE_CONFLICTS_MAX];
        const Rule *rule = &r->fault->rule;
        size_t n = rule_check(rule, r->target, conflicts);
        int e = -EBADMSG;

        for (size_t i = 0; i < n && e != -ENOMEM; i++) {
                _cleanup_free_ char *message = NULL, *hint = NULL;
                e = rule_conflict_describe(rule, &conflicts[i], r->target, &message, &hint);
                if (e >= 0)
                        e = diag_error(r->diags, conflicts[i].code,
                                        place_at(r, find_token(r, conflicts[i].at)), hint, "%s",
                                        message);
        }
        return e;
}

static int explain_fault(const Refusal *r, Arena *arena)
{
        switch (r->fault->kind) {
        case RULE_TEXT_FAULT_TOKEN:
                return explain_token(r);
        case RULE_TEXT_FAULT_REPEATED:
                return explain_repeated(r);
        case RULE_TEXT_FAULT_VALUE:
                return explain_value(r);
        case RULE_TEXT_FAULT_NEED:
                return explain_need(r, arena);
        case RULE_TEXT_FAULT_ORDER:
                return explain_order(r);
        case RULE_TEXT_FAULT_NO_ACTION:
                return diag_error(r->diags, POLICY_CODE_MISSING_KEY, place_at(r, first_token(r)),
                                "begin it with measure, appraise, audit, hash or a dont_ form",
                                "the rule has no action");
        case RULE_TEXT_FAULT_CONFLICT:
                return explain_conflicts(r);
        default:
                return -EINVAL;
        }
}

int refusal_explain(const char *line, const char *shown, size_t size, const Target *target,
                DiagPlace place, DiagList *diags)
{
        _cleanup_arena_ Arena arena = { 0 };
        char *copy = arena_copy_text(&arena, line, size);
        bool reported = false;

        if (!copy)
                return -ENOMEM;
        for (int i = 0; i < FAULTS_MAX; i++) {
                RuleTextFault fault;
                Refusal refusal = { shown, size, target, place, diags, &fault };
                Rule rule;
                int r = rule_text_parse_or_explain(copy, size, target, &arena, &rule, &fault);

                if (r == -ENOMEM)
                        return r;
                /* What follows from a token that was taken out is no fault of its own. */
                if (r >= 0 || (reported && fault.kind >= RULE_TEXT_FAULT_NO_ACTION))
                        return reported ? -EBADMSG : 0;
                r = explain_fault(&refusal, &arena);
                if (r != -EBADMSG || fault.kind >= RULE_TEXT_FAULT_NO_ACTION)
                        return r;
                reported = true;
                memset(copy + fault.offset, ' ', strlen(fault.token));
        }
        return -EBADMSG;
}
