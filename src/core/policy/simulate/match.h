/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether one rule matches a request: ima_match_rules() in security/integrity/ima/ima_policy.c.
 */
#pragma once

#include "core/policy/rule/rule.h"
#include "core/policy/simulate/request.h"

/* A rule with its conditions as numbers. */
typedef struct MatchRule {
        unsigned conditions; /* BIT(KeywordId) of those that the kernel evaluates */
        uint8_t action;      /* RuleAction */
        uint8_t func;        /* RuleFunc */
        uint16_t mask;       /* RuleMask bits */
        uint32_t user;       /* of uid= or euid=, each with its KeywordOperator */
        uint32_t group;
        uint32_t owner;
        uint32_t owner_group;
        char user_operator;
        char group_operator;
        char owner_operator;
        char owner_group_operator;
        uint64_t fsmagic;
        uint8_t fsuuid[REQUEST_UUID_SIZE];
        const char *fsname;
        const char *labels[REQUEST_LABELS];
        const char *list; /* of keyrings= or label=, joined by "|" */
} MatchRule;

/* Texts are borrowed from the rule. */
MatchRule match_rule_from_rule(const Rule *rule);

/*
 * The first condition, in the kernel's order, that does not hold; KEYWORD_INVALID when the rule
 * matches. A rule without func= is told KEYWORD_FUNC for hooks that need an explicit one.
 */
KeywordId match_find_failure(const MatchRule *rule, const Request *request);
