/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One rule as the kernel takes it: an action, conditions and options. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/policy/rule/rule-value.h"

/*
 * A line and its newline are cut at a page less one byte when they are written to securityfs
 * (ima_write_policy() in security/integrity/ima/ima_fs.c); longer ones are refused. Where pages are
 * larger, lines may be.
 */
#define RULE_LENGTH_MAX 4094
#define POLICY_RULES_MAX 200000 /* kernel rules of one policy */

typedef struct Rule {
        const RuleValue *values; /* in the order of KeywordId, the action first; of an arena */
        uint32_t n_values;
        uint32_t fragment; /* index of where it comes from; the rest lives as long as its policy */
        const char *id;
        uint32_t line;
        uint32_t column;
        uint64_t allow; /* bits of the warnings that it silences, see allow.h */
} Rule;

/* NULL when the rule does not have it. */
const RuleValue *rule_find(const Rule *rule, KeywordId id);

RuleAction rule_get_action(const Rule *rule);
RuleFunc rule_get_func(const Rule *rule);

/* Length of the canonical text without newline. */
size_t rule_get_length(const Rule *rule);

/* How long a rule may be for this target, which may be NULL. */
size_t rule_get_length_limit(const Target *target);

bool rule_is_too_long(const Rule *rule, const Target *target);

/* Appends the canonical text without newline. -ENOMEM, -EOVERFLOW. */
int rule_format(const Rule *rule, Buffer *buffer);
