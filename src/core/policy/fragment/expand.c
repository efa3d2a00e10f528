/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/expand.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/fragment-value.h"
#include "core/policy/fragment/rule-fix.h"
#include "core/policy/fragment/rule-key.h"
#include "core/policy/fragment/suggest.h"
#include "core/policy/rule/rule-check.h"

/* Different conflicts of one rule that are told apart; more are not said. */
#define REPORTED_MAX 32

typedef struct Part {
        KeywordId id;
        RuleValue *values;
        NodeList nodes; /* where the values stand; fewer where they were joined */
        size_t count;
        size_t current;
        RuleValue value;       /* most have one */
        const YamlNode *node;  /* and where it stands */
        const YamlNode *entry; /* value or list in the rule's mapping */
} Part;

/* A key and its value as they were read last. */
typedef struct Memo {
        const char *key;
        const char *text; /* both of the fragment's tree */
        KeywordId id;
        RuleValue value;
} Memo;

#define MEMOS 64

typedef struct Expansion {
        Fragment *fragment;
        const FragmentRule *rule;
        uint32_t fragment_index;
        const char *id; /* of the policy's arena */
        const Target *target;
        Policy *policy;
        Policy *output; /* NULL: only check */
        FragmentValueContext context;
        Arena arena; /* of one rule's parts */
        Part action;
        bool action_seen;
        Part parts[KEYWORD_MAX];
        uint8_t sorted[KEYWORD_MAX]; /* indices of parts, by keyword */
        size_t n_parts;
        struct {
                const char *code, *message_at, *message_with;
        } reported[REPORTED_MAX];
        size_t n_reported;
        bool when_suggested;
        Memo memos[MEMOS];
} Expansion;

static void expansion_done(Expansion *e)
{
        arena_done(&e->arena);
}

static int part_read_each(Expansion *e, Part *part, KeywordOperator op)
{
        for (size_t i = 0; i < part->nodes.count; i++) {
                int r = fragment_value_parse(&e->context, part->id, op, part->nodes.items[i],
                                &part->values[part->count]);

                if (fragment_go_on(r) < 0)
                        return r;
                if (r > 0) {
                        part->nodes.items[part->count] = part->nodes.items[i];
                        part->count++;
                }
        }
        return 0;
}

static int part_allocate(Expansion *e, Part *part, const YamlNode *value)
{
        int r;

        if (value->type == YAML_TYPE_SCALAR && value->text[0] != '$') {
                part->node = value;
                part->nodes = (NodeList){ &part->node, 1 };
                part->values = &part->value;
                return 0;
        }
        r = fragment_flatten(e->fragment, value, &e->arena, &part->nodes, e->context.diags);

        if (r < 0 || part->nodes.count == 0)
                return r;
        part->values = arena_new(&e->arena, RuleValue, part->nodes.count);
        return part->values ? 0 : -ENOMEM;
}

static int part_read(Expansion *e, Part *part, KeywordOperator op, const YamlNode *value)
{
        int r = part_allocate(e, part, value);

        if (r < 0 || part->nodes.count == 0)
                return r;
        if (!keyword_get(part->id)->separator)
                return part_read_each(e, part, op);
        r = fragment_value_join(&e->context, part->id, &part->nodes, &part->values[0]);
        part->count = r > 0;
        return fragment_go_on(r) < 0 ? r : 0;
}

static int refuse_second(Expansion *e, KeywordId id, const YamlNode *first, const YamlNode *second)
{
        int r = diag_error(e->context.diags, POLICY_CODE_SHARED_SLOT,
                        fragment_place(e->fragment, second->key),
                        "the kernel takes one condition of a kind in a rule: put what is not meant "
                        "into a dont_ rule before it",
                        "%s stands twice in one rule", keyword_get(id)->name);

        diag_relate(e->context.diags, fragment_place(e->fragment, first->key), "first used here");
        suggest_between(e->context.diags, e->context.source, e->rule->node, first, second,
                        keyword_get(id)->name);
        return fragment_go_on(r);
}

/* Large policies repeat the same few pairs in every rule. NULL for what is not worth a memo. */
static Memo *find_memo(Expansion *e, const YamlNode *value)
{
        const char *key = value->key->text, *text = value->text;
        unsigned hash;

        if (value->type != YAML_TYPE_SCALAR || text[0] == '\0' || text[0] == '$')
                return NULL;
        hash = (unsigned char) key[0] * 31U + (unsigned char) text[0] +
               (unsigned char) text[1] * 7U;
        return &e->memos[hash % MEMOS];
}

static bool memo_fits(const Memo *memo, const YamlNode *value)
{
        return memo && memo->key && string_equal(memo->key, value->key->text) &&
               string_equal(memo->text, value->text);
}

/* NULL with 0 when the rule has one already, which is said in diags. */
static int take_part(Expansion *e, KeywordId id, const YamlNode *value, Part **ret_part)
{
        Part *part = &e->action;

        *ret_part = NULL;
        if (id == KEYWORD_ACTION) {
                e->action_seen = true;
        } else {
                for (size_t i = 0; i < e->n_parts; i++)
                        if (e->parts[i].id == id)
                                return refuse_second(e, id, e->parts[i].entry, value);
                part = &e->parts[e->n_parts++];
        }
        *part = (Part){ .id = id, .entry = value };
        *ret_part = part;
        return 0;
}

static int read_remembered(Expansion *e, const Memo *memo, const YamlNode *value)
{
        Part *part;
        int r = take_part(e, memo->id, value, &part);

        if (r < 0 || !part)
                return r;
        part->node = value;
        part->nodes = (NodeList){ &part->node, 1 };
        part->value = memo->value;
        part->values = &part->value;
        part->count = 1;
        return 0;
}

static int read_key(Expansion *e, const YamlNode *value)
{
        size_t said = e->context.diags->count + e->context.diags->dropped;
        Memo *memo = find_memo(e, value);
        KeywordOperator op;
        KeywordId id;
        Part *part;
        int r;

        if (memo_fits(memo, value))
                return read_remembered(e, memo, value);
        r = rule_key_parse(value, e->context.source, &id, &op, e->context.diags);
        if (r <= 0)
                return fragment_go_on(r);
        r = take_part(e, id, value, &part);
        if (r < 0 || !part)
                return r;
        r = part_read(e, part, op, value);
        /* A rule that is left out has other names. */
        if (memo && e->output && r >= 0 && part->count == 1 &&
                        said == e->context.diags->count + e->context.diags->dropped)
                *memo = (Memo){ value->key->text, value->text, id, part->value };
        return r;
}

static const Part *find_part(const Expansion *e, KeywordId id)
{
        if (id == KEYWORD_ACTION)
                return &e->action;
        for (size_t i = 0; i < e->n_parts; i++)
                if (e->parts[i].id == id)
                        return &e->parts[i];
        return NULL;
}

static const YamlNode *part_node(const Part *part)
{
        if (!part || part->nodes.count == 0)
                return NULL;
        if (part->count < part->nodes.count && keyword_get(part->id)->separator)
                return part->entry; /* joined into one value */
        return part->nodes.items[part->current < part->nodes.count ? part->current : 0];
}

static const YamlNode *conflict_node(const Expansion *e, const RuleConflict *conflict)
{
        const Part *part = find_part(e, conflict->at);

        if (string_equal(conflict->code, POLICY_CODE_RULE_TOO_LONG))
                return e->rule->node;
        return part_node(part) ?: e->rule->node;
}

/* The other half of a conflict, where a value of a defined name is used, and what would mend it. */
static void add_context(
                Expansion *e, const Rule *rule, const RuleConflict *conflict, const YamlNode *node)
{
        const Part *at = find_part(e, conflict->at);
        const Part *with = conflict->with >= 0 ? find_part(e, conflict->with) : NULL;
        RuleFix fix = {
                .source = e->context.source,
                .rule = e->rule->node,
                .at = part_node(at),
                .with = part_node(with),
                .at_entry = at ? at->entry : NULL,
                .with_entry = with ? with->entry : NULL,
                .diags = e->context.diags,
        };

        if (fix.with && fix.with->line != node->line)
                diag_relate(e->context.diags, fragment_place(e->fragment, fix.with),
                                "%s is set here", keyword_get(conflict->with)->name);
        if (at && at->entry &&
                        (node->line < e->rule->node->line || node->line > e->rule->node->end_line))
                diag_relate(e->context.diags, fragment_place(e->fragment, at->entry),
                                "rule %s uses it here", e->rule->id);
        /* A second condition would be a key that stands twice. */
        if (!conflict->need || !e->when_suggested)
                rule_fix_suggest(&fix, rule, conflict);
        e->when_suggested |= conflict->need != NULL;
}

/* An option must go with one of the listed actions at least. */
static int check_carried(Expansion *e, const Part *part)
{
        unsigned listed = 0;
        RuleConflict conflict = { POLICY_CODE_ACTION_OPTION, part->id, KEYWORD_ACTION, NULL };
        _cleanup_free_ char *message = NULL, *hint = NULL;
        RuleValue values[] = { e->action.values[0], part->values[0] };
        Rule rule = { .values = values, .n_values = ELEMENTSOF(values) };
        int r;

        for (size_t i = 0; i < e->action.count; i++)
                listed |= BIT(e->action.values[i].number);
        if (listed & keyword_get(part->id)->actions)
                return 0;
        r = rule_conflict_describe(&rule, &conflict, NULL, &message, &hint);
        if (r < 0)
                return r;
        r = diag_error(e->context.diags, conflict.code,
                        fragment_place(e->fragment, part->entry->key), hint, "%s", message);
        add_context(e, &rule, &conflict, part->entry);
        return r;
}

static const char *value_text(const Rule *rule, KeywordId id)
{
        const RuleValue *value = id >= 0 ? rule_find(rule, id) : NULL;

        return value ? value->text : NULL;
}

/* The same pair of values conflicts in many combinations; it is said once. */
static bool is_new(Expansion *e, const Rule *rule, const RuleConflict *conflict)
{
        const char *at = value_text(rule, conflict->at), *with = value_text(rule, conflict->with);

        for (size_t i = 0; i < e->n_reported; i++)
                if (string_equal(e->reported[i].code, conflict->code) &&
                                e->reported[i].message_at == at &&
                                e->reported[i].message_with == with)
                        return false;
        if (e->n_reported == REPORTED_MAX)
                return false;
        e->reported[e->n_reported].code = conflict->code;
        e->reported[e->n_reported].message_at = at;
        e->reported[e->n_reported++].message_with = with;
        return true;
}

static int report(Expansion *e, const Rule *rule, const RuleConflict *conflict)
{
        _cleanup_free_ char *message = NULL, *hint = NULL;
        const YamlNode *node;
        int r;

        if (!is_new(e, rule, conflict))
                return 0;
        r = rule_conflict_describe(rule, conflict, e->target, &message, &hint);
        if (r < 0)
                return r;
        node = conflict_node(e, conflict);
        r = diag_error(e->context.diags, conflict->code, fragment_place(e->fragment, node), hint,
                        "%s", message);
        add_context(e, rule, conflict, node);
        return fragment_go_on(r);
}

/* Returns 0 when this combination differs from another one only by what the action cannot carry. */
static size_t gather_values(const Expansion *e, RuleValue values[static KEYWORD_MAX])
{
        unsigned action = BIT(e->action.values[e->action.current].number);
        size_t n = 0;

        values[n++] = e->action.values[e->action.current];
        for (size_t i = 0; i < e->n_parts; i++) {
                const Part *part = &e->parts[e->sorted[i]];

                if (part->count == 0)
                        continue;
                if (keyword_get(part->id)->actions & action)
                        values[n++] = part->values[part->current];
                else if (part->current > 0)
                        return 0;
        }
        return n;
}

static void sort_parts(Expansion *e)
{
        for (size_t i = 0; i < e->n_parts; i++) {
                size_t j = i;

                for (; j > 0 && e->parts[e->sorted[j - 1]].id > e->parts[i].id; j--)
                        e->sorted[j] = e->sorted[j - 1];
                e->sorted[j] = (uint8_t) i;
        }
}

static int add_combination(Expansion *e)
{
        RuleConflict conflicts[RULE_CONFLICTS_MAX];
        RuleValue values[KEYWORD_MAX], *copy;
        Rule rule = {
                .values = values,
                .n_values = (uint32_t) gather_values(e, values),
                .fragment = e->fragment_index,
                .id = e->id,
                .line = e->rule->node->line,
                .column = e->rule->node->column,
                .allow = e->rule->allow,
        };
        size_t n_conflicts;

        if (rule.n_values == 0)
                return 0;
        n_conflicts = rule_check(&rule, e->target, conflicts);
        if (n_conflicts < RULE_CONFLICTS_MAX && rule_is_too_long(&rule, e->target))
                conflicts[n_conflicts++] = (RuleConflict){ POLICY_CODE_RULE_TOO_LONG,
                        KEYWORD_ACTION, KEYWORD_INVALID, NULL };
        for (size_t i = 0; i < n_conflicts; i++) {
                int r = report(e, &rule, &conflicts[i]);

                if (r < 0)
                        return r;
        }
        if (!e->output || n_conflicts > 0)
                return 0;
        copy = arena_new(&e->policy->arena, RuleValue, rule.n_values);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, values, rule.n_values * sizeof(RuleValue));
        rule.values = copy;
        return policy_add_rule(e->output, &rule);
}

/* Steps to the next combination as a counter does, the last part turning fastest. */
static bool next_combination(Expansion *e)
{
        if (++e->action.current < e->action.count)
                return true;
        e->action.current = 0;
        for (size_t i = e->n_parts; i-- > 0;) {
                Part *part = &e->parts[i];

                if (++part->current < part->count)
                        return true;
                part->current = 0;
        }
        return false;
}

static int check_size(Expansion *e)
{
        size_t count = e->action.count;

        for (size_t i = 0; i < e->n_parts && count <= EXPAND_RULES_MAX; i++)
                if (e->parts[i].count > 0)
                        count *= e->parts[i].count;
        if (count <= EXPAND_RULES_MAX)
                return 0;
        return diag_error(e->context.diags, POLICY_CODE_TOO_MANY_RULES,
                        fragment_place(e->fragment, e->rule->node),
                        "a list makes one kernel rule for each value: split the rule",
                        "the lists of rule %s make more than %d kernel rules", e->rule->id,
                        EXPAND_RULES_MAX);
}

static int combine(Expansion *e)
{
        int r;

        sort_parts(e);
        do {
                r = add_combination(e);
        } while (r >= 0 && next_combination(e));
        if (r == -E2BIG && diag_error(e->context.diags, POLICY_CODE_TOO_MANY_RULES,
                                           fragment_place(e->fragment, e->rule->node),
                                           "the kernel looks at every rule for every file: use "
                                           "fewer",
                                           "the fragments make more than %d kernel rules",
                                           POLICY_RULES_MAX) == -ENOMEM)
                return -ENOMEM;
        return r;
}

static int read_parts(Expansion *e)
{
        int r;

        yaml_foreach(value, e->rule->node)
        {
                r = read_key(e, value);
                if (r < 0)
                        return r;
        }
        if (!e->action_seen)
                return diag_error(e->context.diags, POLICY_CODE_MISSING_KEY,
                                fragment_place(e->fragment, e->rule->node),
                                "add action: measure, appraise, audit, hash or a dont_ form",
                                "rule %s has no action", e->rule->id);
        return 0;
}

/* A rule may be disabled because there is no such user here. */
static int take_any_name(void *userdata, const char *name, uint32_t *ret_id)
{
        *ret_id = 0;
        return 0;
}

/* Forgets the rule before. */
static void begin_rule(Expansion *e, const FragmentRule *rule, const Target *target,
                const NameResolver *names)
{
        static const NameResolver any_names = { take_any_name, take_any_name, NULL };
        bool wanted = rule->active && !rule->disabled;

        arena_reset(&e->arena);
        e->rule = rule;
        e->target = wanted ? target : NULL;
        e->output = wanted ? e->policy : NULL;
        e->context.target = e->target;
        e->context.names = wanted ? names : &any_names;
        e->action = (Part){ 0 };
        e->action_seen = false;
        e->n_parts = 0;
        e->n_reported = 0;
        e->when_suggested = false;
}

static int expand_rule(Expansion *e)
{
        DiagList *diags = e->context.diags;
        size_t errors = diags->errors;
        int r;

        r = read_parts(e);
        if (r < 0 || e->action.count == 0 || diags->errors > errors)
                return r;
        for (size_t i = 0; i < e->n_parts; i++) {
                r = e->parts[i].count > 0 ? check_carried(e, &e->parts[i]) : 0;
                if (fragment_go_on(r) < 0)
                        return r;
        }
        if (diags->errors > errors)
                return 0;
        r = check_size(e);
        if (r < 0)
                return r;
        e->id = arena_copy_text(&e->policy->arena, e->rule->id, strlen(e->rule->id));
        return e->id ? combine(e) : -ENOMEM;
}

int expand_fragment(Fragment *fragment, uint32_t index, const Target *target,
                const NameResolver *names, Policy *policy, DiagList *diags)
{
        _cleanup_(expansion_done) Expansion e = {
                .fragment = fragment,
                .fragment_index = index,
                .policy = policy,
                .context = {fragment->source->path, target, names, &policy->arena, diags},
        };

        for (size_t i = 0; i < fragment->n_rules; i++) {
                int r;

                begin_rule(&e, &fragment->rules[i], target, names);
                r = fragment_go_on(expand_rule(&e));
                if (r < 0)
                        return r;
        }
        return 0;
}
