/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of a compiled policy, for the modules that build it. */
#pragma once

#include "base/arena.h"
#include "core/policy/compile.h"

typedef struct PolicyFragment {
        const char *name; /* of the file without ".yaml" */
        const char *path;
} PolicyFragment;

struct Policy {
        Arena arena;
        Rule *rules;
        size_t n_rules;
        size_t n_allocated;
        PolicyFragment *fragments; /* by Rule.fragment */
        size_t n_fragments;
};

/* Copies the rule; what it points to must come from the policy's arena. -E2BIG, -ENOMEM. */
int policy_add_rule(Policy *policy, const Rule *rule);
