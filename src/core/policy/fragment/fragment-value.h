/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values as people write them in fragments: names besides numbers, ranges, lists to be joined. */
#pragma once

#include "core/policy/fragment/fragment.h"
#include "core/policy/rule/names.h"
#include "core/policy/rule/rule-value.h"

typedef struct FragmentValueContext {
        const char *source;   /* for diagnostics */
        const Target *target; /* or NULL */
        const NameResolver *names;
        Arena *arena; /* the values' texts */
        DiagList *diags;
} FragmentValueContext;

/*
 * One value of a keyword whose key carried the operator op. 1 and the value; 0 when the value says
 * that the keyword is to be left out (permit_directio: false); -EBADMSG with a diagnostic; -ENOMEM.
 */
int fragment_value_parse(const FragmentValueContext *context, KeywordId id, KeywordOperator op,
                const YamlNode *node, RuleValue *ret_value);

/* A list for a keyword that the kernel itself gives a list; results as above. */
int fragment_value_join(const FragmentValueContext *context, KeywordId id, const NodeList *nodes,
                RuleValue *ret_value);
