/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of a fragment become kernel rules: one for each combination of the values in its lists,
 * in written order, the first key varying slowest and the actions fastest. An option that an action
 * cannot carry is left out of its rules.
 */
#pragma once

#include "core/policy/fragment/fragment.h"
#include "core/policy/policy.h"
#include "core/policy/rule/names.h"

#define EXPAND_RULES_MAX 20000 /* kernel rules that one rule may stand for */

/*
 * Checks the rules of a fragment, and adds the kernel rules of those that are active and not
 * disabled to the policy. A rule that is left out is checked without the target and the names of
 * users. Mistakes are added to diags. -E2BIG when the policy is full, which is said in diags;
 * -ENOMEM.
 */
int expand_fragment(Fragment *fragment, uint32_t index, const Target *target,
                const NameResolver *names, Policy *policy, DiagList *diags);
