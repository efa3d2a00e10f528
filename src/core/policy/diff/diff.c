/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/diff/diff.h"

#include "base/strings.h"
#include "core/policy/rule/relation.h"
#include "core/policy/simulate/simulate.h"

/* Work is counted in steps through a list of rules; comparing two rules is worth some of them. */
#define WORK_MAX 1000000000U
#define WORK_STEP 1
#define WORK_RELATION 16

/* What a rule does where it decides, in numbers. */
typedef struct Outcome {
        uint8_t action; /* RuleAction */
        uint8_t class;  /* SimulateClass */
        bool has_func;
        size_t options; /* the same number for the same options */
} Outcome;

/* One of the policies, prepared. */
typedef struct Side {
        const Rule *const *rules;
        size_t n_rules;
        MatchSet *sets;
        Outcome *outcomes;
        size_t *partner; /* index of the same rule in the other one, or DIFF_NONE */
        bool *kept;      /* neither added, removed nor moved */
} Side;

typedef struct Differ {
        Side a, b;
        size_t work; /* that may still be done: a step through rules is 1 */
        Arena arena; /* canonical texts */
        Diff diff;
        size_t n_allocated;
} Differ;

/* What a single rule comes to in its own policy. */
typedef struct Standing {
        bool is_idle; /* without it every request is decided alike */
        DiffReason reason;
        size_t other;
} Standing;

static const char *const kinds[DIFF_KIND_MAX] = {
        [DIFF_KIND_ADDED] = "added",
        [DIFF_KIND_REMOVED] = "removed",
        [DIFF_KIND_MOVED] = "moved",
};

static const char *const reasons[DIFF_REASON_MAX] = {
        [DIFF_REASON_REACHED] = "reached",
        [DIFF_REASON_COVERED] = "covered",
        [DIFF_REASON_NEVER] = "never-matches",
        [DIFF_REASON_NEUTRAL] = "neutral",
        [DIFF_REASON_COMMUTES] = "commutes",
        [DIFF_REASON_CONFLICTS] = "conflicts",
        [DIFF_REASON_NOW_REACHED] = "now-reached",
        [DIFF_REASON_NOW_IDLE] = "now-idle",
        [DIFF_REASON_UNKNOWN] = "unknown",
};

const char *diff_kind_to_string(DiffKind kind)
{
        return kinds[kind];
}

const char *diff_reason_to_string(DiffReason reason)
{
        return reasons[reason];
}

void diff_done(Diff *diff)
{
        free(diff->changes);
        *diff = (Diff){ 0 };
}

static void side_done(Side *side)
{
        free(side->sets);
        free(side->outcomes);
        free(side->partner);
        free(side->kept);
}

static void differ_done(Differ *d)
{
        side_done(&d->a);
        side_done(&d->b);
        arena_done(&d->arena);
        diff_done(&d->diff);
}

static int side_init(Side *side, const Rule *const *rules, size_t n_rules)
{
        side->rules = rules;
        side->n_rules = n_rules;
        side->sets = calloc(n_rules + 1, sizeof(MatchSet));
        side->outcomes = calloc(n_rules + 1, sizeof(Outcome));
        side->partner = calloc(n_rules + 1, sizeof(size_t));
        side->kept = calloc(n_rules + 1, sizeof(bool));
        if (!side->sets || !side->outcomes || !side->partner || !side->kept)
                return -ENOMEM;
        for (size_t i = 0; i < n_rules; i++) {
                RuleAction action = rule_get_action(rules[i]);

                side->sets[i] = relation_get_set(rules[i]);
                side->outcomes[i] = (Outcome){ .action = (uint8_t) action,
                        .class = (uint8_t) simulate_class_of(action),
                        .has_func = rule_get_func(rules[i]) != RULE_FUNC_NONE };
                side->partner[i] = DIFF_NONE;
        }
        return 0;
}

typedef struct Entry {
        const char *text;
        size_t index;
        bool in_a;
} Entry;

static int compare_entries(const void *x, const void *y)
{
        const Entry *a = x, *b = y;
        int order = strcmp(a->text, b->text);

        if (order != 0)
                return order;
        if (a->in_a != b->in_a)
                return a->in_a ? -1 : 1;
        return (a->index > b->index) - (a->index < b->index);
}

/* The options, whatever the rule matches. */
static int format_options(const Rule *rule, Buffer *text)
{
        size_t first = 0;

        while (first < rule->n_values && rule->values[first].keyword < KEYWORD_DIGEST_TYPE)
                first++;
        return rule_format(&(Rule){ .values = rule->values + first,
                                           .n_values = rule->n_values - (uint32_t) first },
                        text);
}

static int add_entries(Differ *d, const Side *side, bool in_a,
                int (*format)(const Rule *rule, Buffer *text), Entry *entries)
{
        _cleanup_buffer_ Buffer text = { 0 };

        for (size_t i = 0; i < side->n_rules; i++) {
                int r;

                buffer_consume(&text, text.size);
                r = format(side->rules[i], &text);
                if (r < 0)
                        return r;
                entries[i] = (Entry){ arena_copy_text(&d->arena, text.data ?: "", text.size), i,
                        in_a };
                if (!entries[i].text)
                        return -ENOMEM;
        }
        return 0;
}

/* The rules of both policies by what format makes of them. */
static int sort_rules(Differ *d, int (*format)(const Rule *rule, Buffer *text), Entry **ret_entries)
{
        size_t n = d->a.n_rules + d->b.n_rules;
        _cleanup_free_ Entry *entries = calloc(n + 1, sizeof(Entry));
        int r = entries ? add_entries(d, &d->a, true, format, entries) : -ENOMEM;

        if (r >= 0)
                r = add_entries(d, &d->b, false, format, entries + d->a.n_rules);
        if (r < 0)
                return r;
        qsort(entries, n, sizeof(Entry), compare_entries);
        *ret_entries = TAKE_PTR(entries);
        return 0;
}

/* 0 stands for no options. */
static int number_options(Differ *d)
{
        _cleanup_free_ Entry *entries = NULL;
        size_t n = d->a.n_rules + d->b.n_rules, number = 0;
        int r = sort_rules(d, format_options, &entries);

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const Side *side = entries[i].in_a ? &d->a : &d->b;

                number += strcmp(i > 0 ? entries[i - 1].text : "", entries[i].text) != 0;
                side->outcomes[entries[i].index].options = number;
        }
        return r;
}

/* Of rules that stand several times the first are partners, the second, and so on. */
static void pair_entries(Differ *d, const Entry *entries, size_t n)
{
        for (size_t i = 0; i < n;) {
                size_t b = i, end = i;

                while (end < n && strcmp(entries[end].text, entries[i].text) == 0)
                        end++;
                while (b < end && entries[b].in_a)
                        b++;
                for (size_t a = i; a < end && entries[a].in_a && b < end; a++, b++) {
                        d->a.partner[entries[a].index] = entries[b].index;
                        d->b.partner[entries[b].index] = entries[a].index;
                }
                i = end;
        }
}

static int find_partners(Differ *d)
{
        _cleanup_free_ Entry *entries = NULL;
        int r = sort_rules(d, rule_format, &entries);

        if (r >= 0)
                pair_entries(d, entries, d->a.n_rules + d->b.n_rules);
        return r;
}

/*
 * The longest list of rules that stand in the same order in both policies is kept: the longest
 * increasing subsequence of the partners' places, found by patience sorting in n log n.
 */
static int find_kept(Differ *d)
{
        size_t n = d->a.n_rules, n_piles = 0;
        _cleanup_free_ size_t *tops = calloc(n + 1, sizeof(size_t)),
                              *before = calloc(n + 1, sizeof(size_t));

        if (!tops || !before)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                size_t low = 0, high = n_piles;

                if (d->a.partner[i] == DIFF_NONE)
                        continue;
                while (low < high) {
                        size_t middle = low + (high - low) / 2;

                        if (d->a.partner[tops[middle]] < d->a.partner[i])
                                low = middle + 1;
                        else
                                high = middle;
                }
                before[i] = low > 0 ? tops[low - 1] : DIFF_NONE;
                tops[low] = i;
                n_piles += low == n_piles;
        }
        for (size_t i = n_piles > 0 ? tops[n_piles - 1] : DIFF_NONE; i != DIFF_NONE;
                        i = before[i]) {
                d->a.kept[i] = true;
                d->b.kept[d->a.partner[i]] = true;
        }
        return 0;
}

/* Spends work; false when none is left, and everything is taken for different. */
static bool may_work(Differ *d, size_t work)
{
        if (d->work < work) {
                d->work = 0;
                return false;
        }
        d->work -= work;
        return true;
}

/*
 * Two rules that both match decide alike, whichever comes first: they are of different classes,
 * or say the same. A hash rule is undone by an appraise rule behind it, not before it. An appraise
 * rule without func keeps its results apart from one with (get_subaction()).
 */
static bool commutes(const Outcome *x, const Outcome *y)
{
        if ((x->action == RULE_ACTION_HASH && y->action == RULE_ACTION_APPRAISE) ||
                        (x->action == RULE_ACTION_APPRAISE && y->action == RULE_ACTION_HASH))
                return false;
        return x->class != y->class ||
               (x->action == y->action && x->options == y->options && x->has_func == y->has_func);
}

/* No request is decided otherwise without the rule, as an earlier one of its class decides. */
static bool find_cover(Differ *d, const Side *side, size_t i, size_t *ret_other)
{
        for (size_t j = 0; j < i; j++) {
                if (!may_work(d, WORK_STEP))
                        return false;
                if (side->outcomes[j].class != side->outcomes[i].class)
                        continue;
                if (!may_work(d, WORK_RELATION))
                        return false;
                if (relation_covers(&side->sets[j], &side->sets[i])) {
                        *ret_other = j;
                        return true;
                }
        }
        return false;
}

/* An exclusion without options. */
static bool is_plain_exclusion(const Outcome *outcome)
{
        return !simulate_action_is_do((RuleAction) outcome->action) && outcome->options == 0;
}

/* One that stands before nothing that would include what it excludes. */
static bool is_neutral(Differ *d, const Side *side, size_t i)
{
        if (!is_plain_exclusion(&side->outcomes[i]))
                return false;
        for (size_t j = i + 1; j < side->n_rules; j++) {
                const Outcome *later = &side->outcomes[j];

                if (!may_work(d, WORK_STEP))
                        return false;
                if (later->class != side->outcomes[i].class || is_plain_exclusion(later))
                        continue;
                if (!may_work(d, WORK_RELATION) ||
                                relation_overlaps(&side->sets[j], &side->sets[i]))
                        return false;
        }
        return true;
}

static Standing judge_rule(Differ *d, const Side *side, size_t i)
{
        Standing standing = { .reason = DIFF_REASON_REACHED, .other = DIFF_NONE };
        KeywordId keyword;

        /* Its effect is none of requests, see find_globals(). */
        if (rule_get_func(side->rules[i]) == RULE_FUNC_SETXATTR_CHECK ||
                        relation_never_matches(&side->sets[i], &keyword))
                standing.reason = DIFF_REASON_NEVER;
        else if (find_cover(d, side, i, &standing.other))
                standing.reason = DIFF_REASON_COVERED;
        else if (is_neutral(d, side, i))
                standing.reason = DIFF_REASON_NEUTRAL;
        else if (d->work == 0)
                standing.reason = DIFF_REASON_UNKNOWN;
        standing.is_idle = standing.reason == DIFF_REASON_NEVER ||
                           standing.reason == DIFF_REASON_COVERED ||
                           standing.reason == DIFF_REASON_NEUTRAL;
        return standing;
}

static int add_change(Differ *d, DiffChange change)
{
        Diff *diff = &d->diff;

        if (diff->n_changes == d->n_allocated) {
                size_t allocated = d->n_allocated == 0 ? 16 : d->n_allocated * 2;
                DiffChange *changes = reallocarray(diff->changes, allocated, sizeof(DiffChange));

                if (!changes)
                        return -ENOMEM;
                diff->changes = changes;
                d->n_allocated = allocated;
        }
        diff->changes[diff->n_changes++] = change;
        diff->n_effects += change.has_effect;
        return 0;
}

static int add_single(Differ *d, const Side *side, size_t i)
{
        Standing standing = judge_rule(d, side, i);
        bool in_a = side == &d->a;

        return add_change(d, (DiffChange){
                                             .kind = in_a ? DIFF_KIND_REMOVED : DIFF_KIND_ADDED,
                                             .reason = standing.reason,
                                             .has_effect = !standing.is_idle,
                                             .a = in_a ? i : DIFF_NONE,
                                             .b = in_a ? DIFF_NONE : i,
                                             .other = standing.other,
                                             .other_in_a = in_a,
                             });
}

/* A rule that the moved one has passed and that decides otherwise about something both match. */
static DiffReason find_conflict(Differ *d, size_t a, size_t b, size_t *ret_other)
{
        for (size_t i = 0; i < d->b.n_rules; i++) {
                size_t place = d->b.partner[i];

                if (!may_work(d, WORK_STEP))
                        return DIFF_REASON_UNKNOWN;
                if (place == DIFF_NONE || i == b || (i < b) == (place < a) ||
                                commutes(&d->b.outcomes[b], &d->b.outcomes[i]))
                        continue;
                if (!may_work(d, WORK_RELATION))
                        return DIFF_REASON_UNKNOWN;
                if (relation_overlaps(&d->b.sets[b], &d->b.sets[i])) {
                        *ret_other = i;
                        return DIFF_REASON_CONFLICTS;
                }
        }
        return DIFF_REASON_COMMUTES;
}

static int add_moved(Differ *d, size_t b)
{
        DiffChange change = { .kind = DIFF_KIND_MOVED, .a = d->b.partner[b], .b = b };
        Standing before = judge_rule(d, &d->a, change.a), after = judge_rule(d, &d->b, b);

        change.reason = after.reason;
        change.other = after.other;
        if (before.is_idle != after.is_idle) {
                change.has_effect = true;
                change.reason = before.is_idle ? DIFF_REASON_NOW_REACHED : DIFF_REASON_NOW_IDLE;
                change.other = before.is_idle ? before.other : after.other;
                change.other_in_a = before.is_idle;
        } else if (!after.is_idle) {
                change.other = DIFF_NONE;
                change.reason = find_conflict(d, change.a, b, &change.other);
                change.has_effect = change.reason != DIFF_REASON_COMMUTES;
        }
        return add_change(d, change);
}

/* What is in both comes in the order of the second policy; what is in one only stands between. */
static int add_changes(Differ *d)
{
        size_t a = 0;
        int r = 0;

        for (size_t b = 0; r >= 0 && b <= d->b.n_rules; b++) {
                size_t end = b < d->b.n_rules && d->b.kept[b] ? d->b.partner[b] : DIFF_NONE;

                if (b == d->b.n_rules)
                        end = d->a.n_rules;
                for (; end != DIFF_NONE && r >= 0 && a < end; a++)
                        if (d->a.partner[a] == DIFF_NONE)
                                r = add_single(d, &d->a, a);
                if (b == d->b.n_rules || d->b.kept[b] || r < 0)
                        continue;
                r = d->b.partner[b] == DIFF_NONE ? add_single(d, &d->b, b) : add_moved(d, b);
        }
        return r;
}

typedef struct Globals {
        unsigned classes; /* BIT(SimulateClass) with a rule that is no exclusion */
        unsigned sticky;  /* BIT(RuleFunc) */
        const RuleValue *algorithms;
} Globals;

/* ima_update_policy_flags(), ima_appraise_flag() and the bits of kernel-wide restrictions. */
static Globals find_globals(const Side *side)
{
        static const unsigned sticky = BIT(RULE_FUNC_MODULE_CHECK) | BIT(RULE_FUNC_FIRMWARE_CHECK) |
                                       BIT(RULE_FUNC_POLICY_CHECK) |
                                       BIT(RULE_FUNC_KEXEC_KERNEL_CHECK);
        Globals globals = { 0 };

        for (size_t i = 0; i < side->n_rules; i++) {
                const Rule *rule = side->rules[i];
                RuleAction action = rule_get_action(rule);
                RuleFunc func = rule_get_func(rule);

                if (func == RULE_FUNC_SETXATTR_CHECK) {
                        globals.algorithms =
                                        globals.algorithms
                                                        ?: rule_find(rule, KEYWORD_APPRAISE_ALGOS);
                        continue;
                }
                if (simulate_action_is_do(action))
                        globals.classes |= BIT(simulate_class_of(action));
                if (action == RULE_ACTION_APPRAISE)
                        globals.sticky |= BIT(func) & sticky;
        }
        return globals;
}

static unsigned compare_globals(const Differ *d)
{
        Globals a = find_globals(&d->a), b = find_globals(&d->b);
        uint64_t algorithms_a = a.algorithms ? a.algorithms->number : 0;
        uint64_t algorithms_b = b.algorithms ? b.algorithms->number : 0;

        return (a.classes != b.classes ? DIFF_GLOBAL_CLASSES : 0) |
               (a.sticky != b.sticky ? DIFF_GLOBAL_STICKY : 0) |
               (algorithms_a != algorithms_b ? DIFF_GLOBAL_SETXATTR : 0);
}

int diff_policies(
                const Rule *const *a, size_t n_a, const Rule *const *b, size_t n_b, Diff *ret_diff)
{
        _cleanup_(differ_done) Differ d = { .work = WORK_MAX };
        int r = side_init(&d.a, a, n_a);

        if (r >= 0)
                r = side_init(&d.b, b, n_b);
        if (r >= 0)
                r = number_options(&d);
        if (r >= 0)
                r = find_partners(&d);
        if (r >= 0)
                r = find_kept(&d);
        if (r >= 0)
                r = add_changes(&d);
        if (r < 0)
                return r;
        d.diff.globals = compare_globals(&d);
        *ret_diff = TAKE_STRUCT(d.diff);
        return 0;
}
