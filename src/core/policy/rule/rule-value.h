/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of the kernel's policy keywords: text in, number and canonical text out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/policy/rule/keyword.h"

typedef struct RuleValue {
        uint8_t keyword;   /* KeywordId */
        uint8_t operator_; /* KeywordOperator */
        uint64_t number;   /* ids, magic, bits, enumerations */
        const char *text;  /* canonical, as it stands behind the operator */
} RuleValue;

/* The number of the template that ima_template_fmt= on the kernel command line made. */
#define TEMPLATE_CUSTOM 255

/*
 * Parses text as the kernel does, for id with one of its operators. The value's text lives in the
 * arena. The target, which may be NULL, says how long numbers are, which ids exist and whether
 * there is a template of its own. -EINVAL and -ERANGE as the kernel gives them, -ENOMEM.
 */
int rule_value_parse(KeywordId id, KeywordOperator op, const char *text, const Target *target,
                Arena *arena, RuleValue *ret_value);

/* The canonical text of a number is made here. The text lives in the arena. -ENOMEM. */
int rule_value_from_number(KeywordId id, KeywordOperator op, uint64_t number, Arena *arena,
                RuleValue *ret_value);

/* What a kernel must have for this value, besides what its keyword needs. Never NULL. */
const KernelNeed *rule_value_get_need(const RuleValue *value);

/* "did you mean NEAREST? Expected: …", malloc()ed; nearest may be NULL. NULL: no memory. */
char *rule_value_format_hint(KeywordId id, const char *nearest);

/* Whether a list joined by "|" has the item, of length bytes. */
bool rule_value_list_has(const char *list, const char *item, size_t length);

/* The known word nearest to text, or NULL. */
const char *rule_value_nearest_word(KeywordId id, const char *text);
