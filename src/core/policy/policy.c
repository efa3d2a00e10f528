/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/policy.h"

Policy *policy_free(Policy *policy)
{
        if (policy) {
                arena_done(&policy->arena);
                free(policy->rules);
                free(policy->fragments);
                free(policy);
        }
        return NULL;
}

int policy_add_rule(Policy *policy, const Rule *rule)
{
        if (policy->n_rules >= POLICY_RULES_MAX)
                return -E2BIG;
        if (policy->n_rules == policy->n_allocated) {
                size_t allocated = policy->n_allocated == 0 ? 64 : policy->n_allocated * 2;
                Rule *rules = reallocarray(policy->rules, allocated, sizeof(Rule));

                if (!rules)
                        return -ENOMEM;
                policy->rules = rules;
                policy->n_allocated = allocated;
        }
        policy->rules[policy->n_rules++] = *rule;
        return 0;
}

int policy_format(const Policy *policy, char **ret_text, size_t *ret_size)
{
        _cleanup_buffer_ Buffer buffer = { 0 };

        for (size_t i = 0; i < policy->n_rules; i++) {
                int r = rule_format(&policy->rules[i], &buffer);

                if (r >= 0)
                        r = buffer_append(&buffer, "\n", 1);
                if (r < 0)
                        return r;
        }
        return buffer_take(&buffer, ret_text, ret_size);
}

json_t *policy_provenance_to_json(const Policy *policy)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < policy->n_rules; i++) {
                const Rule *rule = &policy->rules[i];
                json_t *item = json_pack("{s:I, s:s, s:s, s:I, s:I}", "line", (json_int_t) i + 1,
                                "fragment", policy_get_fragment(policy, rule), "id", rule->id,
                                "source_line", (json_int_t) rule->line, "source_column",
                                (json_int_t) rule->column);

                if (!item || json_array_append_new(list, item) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

size_t policy_get_rule_count(const Policy *policy)
{
        return policy->n_rules;
}

const Rule *policy_get_rule(const Policy *policy, size_t index)
{
        return &policy->rules[index];
}

const char *policy_get_fragment(const Policy *policy, const Rule *rule)
{
        return policy->fragments[rule->fragment].name;
}

const char *policy_get_path(const Policy *policy, const Rule *rule)
{
        return policy->fragments[rule->fragment].path;
}

bool policy_has_action(const Policy *policy, RuleAction action)
{
        for (size_t i = 0; i < policy->n_rules; i++)
                if (rule_get_action(&policy->rules[i]) == action)
                        return true;
        return false;
}
