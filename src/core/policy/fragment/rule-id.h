/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids for rules that have none, made of what the rules say. */
#pragma once

#include "base/arena.h"
#include "core/policy/rule/rule.h"

typedef struct RuleIds {
        Arena arena;
        void *taken; /* a tree of tsearch(3) */
} RuleIds;

void rule_ids_done(RuleIds *ids);

/*
 * An id for a fragment's rule that stands for n_actions kernel rules, which differ by their action,
 * and these again for each of n_values values of the keyword `list`; with one value `list` does not
 * matter. The same rules in the same order always get the same ids: "measure-bprm-check",
 * "dont-measure-proc", and -2, -3 … behind those that were given already. Returns the id, of the
 * arena of ids; NULL: no memory.
 */
const char *rule_ids_make(RuleIds *ids, const Rule *const *actions, size_t n_actions,
                KeywordId list, size_t n_values);

#define _cleanup_rule_ids_ _cleanup_(rule_ids_done)
