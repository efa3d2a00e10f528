/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fragments in, kernel policy out. Nothing is read but what is handed in; everything that is wrong
 * in any fragment is said in one run.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "core/policy/fragment/source.h"
#include "core/policy/rule/names.h"
#include "core/policy/rule/rule.h"
#include "core/policy/target/target.h"

typedef struct Policy Policy;

/*
 * Compiles fragments, which come in the order of their names; a policy without rules is valid.
 * Without a target nothing that depends on the kernel is checked and what a `when` says of it
 * counts as fulfilled; without names no user or group names are known. The policy owns all it
 * needs. -EBADMSG when diags got an error, -ENOMEM; nothing is returned then.
 */
int policy_compile(const PolicySource *sources, size_t n_sources, const Target *target,
                const NameResolver *names, Policy **ret_policy, DiagList *diags);
Policy *policy_free(Policy *policy);
DEFINE_CLEANUP_FUNC(Policy *, policy_free)

/* Canonical kernel text, one rule on a line, with a final newline; empty without rules. -ENOMEM. */
int policy_format(const Policy *policy, char **ret_text, size_t *ret_size);

/*
 * One object for each kernel rule, in order: {"line": of the canonical text, "fragment": file name
 * without ".yaml", "id", "source_line", "source_column"}. NULL: no memory.
 */
json_t *policy_provenance_to_json(const Policy *policy);

size_t policy_get_rule_count(const Policy *policy);

/* The rule as long as the policy lives; index below policy_get_rule_count(). */
const Rule *policy_get_rule(const Policy *policy, size_t index);

/* The name of the fragment a rule comes from, without ".yaml". */
const char *policy_get_fragment(const Policy *policy, const Rule *rule);

/* The path of that fragment, as in PolicySource. */
const char *policy_get_path(const Policy *policy, const Rule *rule);

bool policy_has_action(const Policy *policy, RuleAction action);
