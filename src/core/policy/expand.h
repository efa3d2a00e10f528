/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One rule of a fragment becomes kernel rules: one for each combination of the values in its lists,
 * in written order, the first key varying slowest and the actions fastest. An option that an action
 * cannot carry is left out of its rules.
 */
#pragma once

#include "core/policy/fragment.h"
#include "core/policy/names.h"
#include "core/policy/policy.h"

#define EXPAND_RULES_MAX 20000 /* kernel rules that one rule may stand for */

/*
 * Checks a rule, and adds its kernel rules to the policy when it is active and not disabled. A rule
 * that is left out is checked without the target and the names of users. Mistakes are added to
 * diags. -E2BIG when the policy is full, which is said in diags; -ENOMEM.
 */
int expand_rule(Fragment *fragment, const FragmentRule *rule, uint32_t fragment_index,
                const Target *target, const NameResolver *names, Policy *policy, DiagList *diags);
