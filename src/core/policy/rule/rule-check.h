/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which parts of a rule the kernel does not take together, by the tables of keyword.h
 * (ima_validate_rule() and ima_parse_rule() in security/integrity/ima/ima_policy.c).
 */
#pragma once

#include "core/policy/rule/rule.h"

#define RULE_CONFLICTS_MAX 16

typedef struct RuleConflict {
        const char *code; /* of core/policy/code.h */
        KeywordId at;     /* whose value is at fault */
        KeywordId with;   /* the other one, or KEYWORD_INVALID */
        const KernelNeed *need;
} RuleConflict;

/*
 * Finds all conflicts; returns how many, at most RULE_CONFLICTS_MAX. The target may be NULL: then
 * nothing that depends on the kernel is checked.
 */
size_t rule_check(const Rule *rule, const Target *target,
                RuleConflict ret_conflicts[static RULE_CONFLICTS_MAX]);

/*
 * The conflicts of a value with the target, whatever else the rule has: the parser of kernel text
 * stops at the first token that the kernel does not take. Results as above.
 */
size_t rule_check_value(const RuleValue *value, const Target *target,
                RuleConflict ret_conflicts[static RULE_CONFLICTS_MAX]);

/* Message and hint for people, malloc()ed; the hint may come out NULL. -ENOMEM. */
int rule_conflict_describe(const Rule *rule, const RuleConflict *conflict, const Target *target,
                char **ret_message, char **ret_hint);
