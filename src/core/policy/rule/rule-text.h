/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's own policy syntax, read as the kernel reads it (ima_parse_rule()). */
#pragma once

#include "core/policy/rule/rule.h"

/*
 * Parses one line without its newline. Returns 1 and the rule, whose memory comes from the arena, 0
 * for a comment or blank line, or the errno that the kernel gives: -EINVAL, -ERANGE. A line may be
 * longer than the kernel reads in one write: a file of rules may have such lines. The target may be
 * NULL; labels and hashes are taken for available then.
 */
int rule_text_parse(
                const char *line, size_t size, const Target *target, Arena *arena, Rule *ret_rule);

typedef enum RuleTextFaultKind {
        RULE_TEXT_FAULT_TOKEN,    /* no keyword, or one without its operator or value */
        RULE_TEXT_FAULT_REPEATED, /* an action or keyword for which there is one place */
        RULE_TEXT_FAULT_VALUE,    /* malformed, or unknown */
        RULE_TEXT_FAULT_NEED,     /* another kernel knows it */
        RULE_TEXT_FAULT_ORDER,    /* the kernel wants another token before it */
        RULE_TEXT_FAULT_NO_ACTION,
        RULE_TEXT_FAULT_CONFLICT, /* rule_check() finds which */
} RuleTextFaultKind;

/* Where the kernel stops reading, and why. */
typedef struct RuleTextFault {
        RuleTextFaultKind kind;
        size_t offset;     /* of the token in the line; not with NO_ACTION and CONFLICT */
        const char *token; /* of the arena */
        Rule rule;         /* with CONFLICT: what was read */
} RuleTextFault;

/* The same as rule_text_parse(); *ret_fault is of use when the line is refused. */
int rule_text_parse_or_explain(const char *line, size_t size, const Target *target, Arena *arena,
                Rule *ret_rule, RuleTextFault *ret_fault);

/*
 * The keyword of one token, found by its prefix and operator as the kernel does; what follows, at
 * least one byte, is its value, borrowed from the token. -EINVAL when there is none.
 */
int rule_text_find_keyword(const char *token, KeywordId *ret_id, KeywordOperator *ret_operator,
                const char **ret_value);
