/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fixes of rules whose parts do not go together. */
#pragma once

#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/rule-check.h"

/* The conflict as it stands in the fragment. */
typedef struct RuleFix {
        const char *source;
        const YamlNode *rule;
        const YamlNode *at;       /* the value at fault; of a list one item */
        const YamlNode *with;     /* value of the other keyword, or NULL */
        const YamlNode *at_entry; /* the value in the rule's mapping that holds `at` */
        const YamlNode *with_entry;
        DiagList *diags;
} RuleFix;

/* Adds a fix to the diagnostic that was added last, where there is a safe one. */
void rule_fix_suggest(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict);
