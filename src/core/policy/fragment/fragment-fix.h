/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fixes of a fragment's form: ids, names, sections, rules that are written as something else. */
#pragma once

#include "core/policy/fragment/fragment.h"

/* Each adds to the diagnostic that was added last, where there is a safe fix. */

/* An id for a rule that has none, made of what the rule says. */
void fragment_fix_missing_id(const Fragment *fragment, const YamlNode *rule, DiagList *diags);

/* A free and well-formed id in the place of one that is malformed or used already. */
void fragment_fix_id(const Fragment *fragment, const YamlNode *id, DiagList *diags);

/* A well-formed name, where it is defined and wherever it is used. */
void fragment_fix_name(const Fragment *fragment, const YamlNode *name, DiagList *diags);

/* One rule that stands where a list of rules is expected. */
void fragment_fix_rules(const Fragment *fragment, const YamlNode *rule, DiagList *diags);

/* A rule that is written in the kernel's own language. */
void fragment_fix_rule_text(const Fragment *fragment, const YamlNode *rule, const Target *target,
                DiagList *diags);
