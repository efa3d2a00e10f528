/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/simulate.h"

#include "base/arena.h"
#include "base/strings.h"
#include "core/policy/compile.h"
#include "core/policy/rule/rule-text.h"
#include "core/policy/simulate/simulate-index.h"

/* What a matching rule adds to the decision, besides its action. */
typedef struct Effect {
        unsigned flags;
        int pcr; /* -1: none */
        bool has_template;
        uint64_t algorithms;
} Effect;

struct Simulator {
        Arena arena; /* of rules that came as text */
        Rule *rules;
        MatchRule *matches;
        Effect *effects;
        SimulateOrigin *origins;
        size_t n_rules;
        size_t n_allocated;
        SimulateIndex *index;
        bool fail_securely;
        bool blacklist_implied; /* by every appraise_type= */
        unsigned active;        /* BIT(SimulateClass) */
};

/* Since then appraise_type= implies the look at the blacklist. */
static const uint32_t version_blacklist_implied[TARGET_VERSION_PARTS] = { 6, 7 };

static const struct {
        SimulateClass class_;
        bool is_do;
} actions[RULE_ACTION_MAX] = {
        [RULE_ACTION_MEASURE] = {SIMULATE_CLASS_MEASURE,   true },
        [RULE_ACTION_DONT_MEASURE] = { SIMULATE_CLASS_MEASURE,  false},
        [RULE_ACTION_APPRAISE] = { SIMULATE_CLASS_APPRAISE, true },
        [RULE_ACTION_DONT_APPRAISE] = { SIMULATE_CLASS_APPRAISE, false},
        [RULE_ACTION_AUDIT] = { SIMULATE_CLASS_AUDIT,    true },
        [RULE_ACTION_HASH] = { SIMULATE_CLASS_HASH,     true },
        [RULE_ACTION_DONT_HASH] = { SIMULATE_CLASS_HASH,     false},
};

Simulator *simulate_free(Simulator *simulator)
{
        if (simulator) {
                arena_done(&simulator->arena);
                free(simulator->rules);
                free(simulator->matches);
                free(simulator->effects);
                free(simulator->origins);
                (void) simulate_index_free(simulator->index);
                free(simulator);
        }
        return NULL;
}

int simulate_new(const Target *target, Simulator **ret_simulator)
{
        Simulator *simulator = calloc(1, sizeof(Simulator));

        if (!simulator)
                return -ENOMEM;
        simulator->blacklist_implied =
                        !target || target_compare_grammar(target, version_blacklist_implied,
                                                   TARGET_VERSION_PARTS) >= 0;
        *ret_simulator = simulator;
        return 0;
}

static int grow(void **array, size_t count, size_t size)
{
        void *bigger = reallocarray(*array, count, size);

        if (!bigger)
                return -ENOMEM;
        *array = bigger;
        return 0;
}

static int make_room(Simulator *s)
{
        size_t count = s->n_allocated > 0 ? s->n_allocated * 2 : 64;

        if (s->n_rules < s->n_allocated)
                return 0;
        if (s->n_rules >= POLICY_RULES_MAX)
                return -E2BIG;
        if (grow((void **) &s->rules, count, sizeof(Rule)) < 0 ||
                        grow((void **) &s->matches, count, sizeof(MatchRule)) < 0 ||
                        grow((void **) &s->effects, count, sizeof(Effect)) < 0 ||
                        grow((void **) &s->origins, count, sizeof(SimulateOrigin)) < 0)
                return -ENOMEM;
        s->n_allocated = count;
        return 0;
}

static uint64_t value_number(const Rule *rule, KeywordId id)
{
        const RuleValue *value = rule_find(rule, id);

        return value ? value->number : 0;
}

/* Only ima_parse_rule() sets the flag of the blacklist; built-in rules go without. */
static unsigned get_flags(const Simulator *s, const Rule *rule, bool is_parsed)
{
        const RuleValue *flag = rule_find(rule, KEYWORD_APPRAISE_FLAG);
        unsigned type = (unsigned) value_number(rule, KEYWORD_APPRAISE_TYPE), flags = 0;

        if (type != 0)
                flags |= SIMULATE_FLAG_SIGNATURE;
        if (type & APPRAISE_TYPE_MODSIG)
                flags |= SIMULATE_FLAG_MODSIG;
        if (rule_find(rule, KEYWORD_DIGEST_TYPE))
                flags |= SIMULATE_FLAG_VERITY;
        if (rule_find(rule, KEYWORD_PERMIT_DIRECTIO))
                flags |= SIMULATE_FLAG_DIRECTIO;
        if (is_parsed && (s->blacklist_implied ? type != 0
                                               : flag && strstr(flag->text, "blacklist")))
                flags |= SIMULATE_FLAG_BLACKLIST;
        return flags;
}

int simulate_add_rule(Simulator *simulator, const Rule *rule, SimulateOrigin origin)
{
        const RuleValue *pcr = rule_find(rule, KEYWORD_PCR);
        int r = make_room(simulator);

        if (r < 0)
                return r;
        simulator->rules[simulator->n_rules] = *rule;
        simulator->matches[simulator->n_rules] = match_rule_from_rule(rule);
        simulator->origins[simulator->n_rules] = origin;
        simulator->effects[simulator->n_rules] = (Effect){
                .flags = get_flags(simulator, rule, origin.is_parsed),
                .pcr = pcr ? (int) pcr->number : -1,
                .has_template = rule_find(rule, KEYWORD_TEMPLATE),
                .algorithms = value_number(rule, KEYWORD_APPRAISE_ALGOS),
        };
        simulator->n_rules++;
        return 0;
}

int simulate_add_line(Simulator *simulator, SimulateOrigin origin, const char *line, size_t size,
                const Target *target)
{
        Rule rule;
        int r = rule_text_parse(line, size, target, &simulator->arena, &rule);

        return r <= 0 ? r : simulate_add_rule(simulator, &rule, origin);
}

int simulate_add_text(Simulator *simulator, const char *list, const char *text, size_t size,
                const Target *target, uint32_t *ret_line)
{
        SimulateOrigin origin = { .list = list, .line = 1, .is_parsed = true };
        const char *end = text + size;

        for (; text < end; origin.line++) {
                const char *newline = memchr(text, '\n', (size_t) (end - text)) ?: end;
                int r = simulate_add_line(
                                simulator, origin, text, (size_t) (newline - text), target);

                if (r < 0) {
                        *ret_line = origin.line;
                        return r;
                }
                text = newline + (newline < end);
        }
        return 0;
}

void simulate_set_fail_securely(Simulator *simulator, bool fail_securely)
{
        simulator->fail_securely = fail_securely;
}

/* ima_update_policy_flags(): SETXATTR_CHECK is no reason to look at files. */
int simulate_seal(Simulator *simulator, bool appraises)
{
        for (size_t i = 0; i < simulator->n_rules; i++) {
                const MatchRule *m = &simulator->matches[i];

                if (m->func != RULE_FUNC_SETXATTR_CHECK && actions[m->action].is_do)
                        simulator->active |= BIT(actions[m->action].class_);
        }
        if (!appraises)
                simulator->active &= ~BIT(SIMULATE_CLASS_APPRAISE);
        return simulate_index_new(simulator->matches, simulator->n_rules, &simulator->index);
}

/* Returns the classes that stay open behind a rule that matches. */
static unsigned apply_rule(const Simulator *s, size_t number, unsigned open, SimulateDecision *d)
{
        RuleAction action = (RuleAction) s->matches[number].action;
        SimulateClass class_ = actions[action].class_;
        const Effect *effect = &s->effects[number];

        d->flags |= effect->flags;
        d->classes[class_].rule = (int) number;
        d->classes[class_].is_done = actions[action].is_do;
        if (action == RULE_ACTION_APPRAISE) {
                d->is_generic = s->matches[number].func == RULE_FUNC_NONE;
                d->classes[SIMULATE_CLASS_HASH].is_done = false;
                if (s->fail_securely)
                        d->flags |= SIMULATE_FLAG_FAIL_SECURELY;
                if (effect->algorithms != 0)
                        d->algorithms = effect->algorithms;
        }
        if (effect->pcr >= 0) {
                d->pcr = effect->pcr;
                d->pcr_rule = (int) number;
        }
        if (effect->has_template)
                d->template_rule = (int) number;
        return open & ~BIT(class_);
}

static SimulateDecision start_decision(const Simulator *s)
{
        SimulateDecision d = {
                .pcr = -1,
                .pcr_rule = SIMULATE_NO_RULE,
                .template_rule = SIMULATE_NO_RULE,
        };

        for (int i = 0; i < SIMULATE_CLASS_MAX; i++)
                d.classes[i] = (SimulateVerdict){
                        .is_active = s->active & BIT(i),
                        .rule = SIMULATE_NO_RULE,
                };
        return d;
}

static unsigned consider(const Simulator *s, size_t number, const Request *request, unsigned open,
                SimulateDecision *d)
{
        const MatchRule *match = &s->matches[number];

        if (!(open & BIT(actions[match->action].class_)) || match_find_failure(match, request) >= 0)
                return open;
        return apply_rule(s, number, open, d);
}

SimulateDecision simulate_decide(const Simulator *simulator, const Request *request)
{
        SimulateDecision decision = start_decision(simulator);
        SimulateCandidates candidates = simulate_index_find(simulator->index, request);
        unsigned open = simulator->active;
        int64_t number;

        while (open != 0 && (number = simulate_candidates_next(&candidates)) >= 0)
                open = consider(simulator, (size_t) number, request, open, &decision);
        return decision;
}

SimulateDecision simulate_decide_linear(const Simulator *simulator, const Request *request)
{
        SimulateDecision decision = start_decision(simulator);
        unsigned open = simulator->active;

        for (size_t i = 0; open != 0 && i < simulator->n_rules; i++)
                open = consider(simulator, i, request, open, &decision);
        return decision;
}

size_t simulate_get_rule_count(const Simulator *simulator)
{
        return simulator->n_rules;
}

const Rule *simulate_get_rule(const Simulator *simulator, size_t index)
{
        return &simulator->rules[index];
}

const MatchRule *simulate_get_match(const Simulator *simulator, size_t index)
{
        return &simulator->matches[index];
}

SimulateOrigin simulate_get_origin(const Simulator *simulator, size_t index)
{
        return simulator->origins[index];
}

const char *simulate_class_to_string(SimulateClass class_)
{
        static const char *const names[SIMULATE_CLASS_MAX] = { "measure", "appraise", "audit",
                "hash" };

        return names[class_];
}

SimulateClass simulate_class_of(RuleAction action)
{
        return actions[action].class_;
}

bool simulate_action_is_do(RuleAction action)
{
        return actions[action].is_do;
}

const char *simulate_flag_to_string(SimulateFlag flag)
{
        switch (flag) {
        case SIMULATE_FLAG_SIGNATURE:
                return "signature-required";
        case SIMULATE_FLAG_MODSIG:
                return "modsig-allowed";
        case SIMULATE_FLAG_VERITY:
                return "verity-digest";
        case SIMULATE_FLAG_DIRECTIO:
                return "directio-permitted";
        case SIMULATE_FLAG_BLACKLIST:
                return "blacklist-checked";
        case SIMULATE_FLAG_FAIL_SECURELY:
                return "fail-securely";
        default:
                return NULL;
        }
}
