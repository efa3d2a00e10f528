/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/rule-fix.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/suggest.h"

typedef void FixFunction(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict);

/* Only such a value can be changed without changing what other values of its list mean. */
static bool is_whole_value(const YamlNode *value, const YamlNode *entry)
{
        return value && value == entry && value->type == YAML_TYPE_SCALAR;
}

/* A rule that chooses; the others are exceptions, and what widens them makes the policy weaker. */
static bool is_positive(const Rule *rule)
{
        RuleAction action = rule_get_action(rule);

        return action != RULE_ACTION_DONT_MEASURE && action != RULE_ACTION_DONT_APPRAISE &&
               action != RULE_ACTION_DONT_HASH;
}

/* Kernels that lack it do without the rule, which they could not have in any case. */
static void fix_need(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        const KernelNeed *need = conflict->need;
        _cleanup_free_ char *entry = NULL;

        if (!is_whole_value(fix->at, fix->at_entry) || yaml_find(fix->rule, "when"))
                return;
        if (need->config ? asprintf(&entry, "when: {config: [%s]}", need->config) < 0
                         : asprintf(&entry, "when: {kernel: \">=%u.%u\"}", need->version[0],
                                           need->version[1]) < 0)
                return;
        suggest_entry(fix->diags, fix->source, fix->rule, NULL, entry);
}

/* pcr= and template= say where a measurement goes; without one they say nothing. */
static void fix_action_option(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        if (conflict->at == KEYWORD_PCR || conflict->at == KEYWORD_TEMPLATE)
                suggest_removal(fix->diags, fix->source, fix->rule, fix->at_entry);
}

/* There is one thing only that can be done with buffers and with labels. */
static void fix_func_action(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        unsigned possible = rule_func_get_info(rule_get_func(rule))->actions;
        RuleAction action = rule_get_action(rule);
        bool report = action == RULE_ACTION_AUDIT || action == RULE_ACTION_HASH;

        if (!is_whole_value(fix->with, fix->with_entry))
                return;
        if (report && (possible & BIT(RULE_ACTION_MEASURE)))
                suggest_scalar(fix->diags, yaml_place(fix->with, fix->source), "measure");
        else if ((report || action == RULE_ACTION_MEASURE) && possible == BIT(RULE_ACTION_APPRAISE))
                suggest_scalar(fix->diags, yaml_place(fix->with, fix->source), "appraise");
}

static void fix_func_keyword(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        const RuleFuncInfo *info = rule_func_get_info(rule_get_func(rule));
        const Keyword *keyword = keyword_get(conflict->at);
        const char *func = conflict->at == KEYWORD_KEYRINGS ? "func: KEY_CHECK"
                           : conflict->at == KEYWORD_LABEL  ? "func: CRITICAL_DATA"
                                                            : NULL;

        if (!fix->at_entry)
                return;
        if (func && !info->name)
                suggest_entry(fix->diags, fix->source, fix->rule, fix->at_entry, func);
        else if (keyword->slot != conflict->at && (info->keywords & BIT(keyword->slot)) &&
                        !rule_find(rule, keyword->slot))
                diag_suggest(fix->diags, yaml_place(fix->at_entry->key, fix->source),
                                keyword_get(keyword->slot)->name);
        else if (!func && is_positive(rule) && (info->actions & BIT(RULE_ACTION_MEASURE)) &&
                        conflict->at != KEYWORD_DIGEST_TYPE)
                suggest_removal(fix->diags, fix->source, fix->rule, fix->at_entry);
}

/* Both ask for a signature; only one of the formats can be there. */
static void fix_value_conflict(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        const RuleValue *type = rule_find(rule, KEYWORD_APPRAISE_TYPE);

        if (conflict->at != KEYWORD_APPRAISE_TYPE || !type ||
                        !is_whole_value(fix->at, fix->at_entry))
                return;
        if (conflict->with == KEYWORD_DIGEST_TYPE)
                suggest_scalar(fix->diags, yaml_place(fix->at, fix->source), "sigv3");
        else if (type->number & APPRAISE_TYPE_MODSIG)
                suggest_scalar(fix->diags, yaml_place(fix->at, fix->source), "imasig");
}

static void fix_missing(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        static const struct {
                KeywordId id;
                const char *entry;
        } companions[] = {
                {KEYWORD_APPRAISE_TYPE,   "appraise_type: sigv3"    },
                { KEYWORD_DIGEST_TYPE,    "digest_type: verity"     },
                { KEYWORD_APPRAISE_ALGOS, "appraise_algos: [sha256]"},
        };

        for (size_t i = 0; i < ELEMENTSOF(companions); i++)
                if (companions[i].id == conflict->with)
                        suggest_entry(fix->diags, fix->source, fix->rule, NULL,
                                        companions[i].entry);
}

void rule_fix_suggest(const RuleFix *fix, const Rule *rule, const RuleConflict *conflict)
{
        static const struct {
                const char *code;
                FixFunction *function;
        } fixes[] = {
                {POLICY_CODE_NEEDS_VERSION,      fix_need          },
                { POLICY_CODE_NEEDS_CONFIG,      fix_need          },
                { POLICY_CODE_ACTION_OPTION,     fix_action_option },
                { POLICY_CODE_FUNC_ACTION,       fix_func_action   },
                { POLICY_CODE_FUNC_KEYWORD,      fix_func_keyword  },
                { POLICY_CODE_VALUE_CONFLICT,    fix_value_conflict},
                { POLICY_CODE_MISSING_COMPANION, fix_missing       },
        };

        for (size_t i = 0; i < ELEMENTSOF(fixes); i++)
                if (string_equal(fixes[i].code, conflict->code))
                        fixes[i].function(fix, rule, conflict);
}
