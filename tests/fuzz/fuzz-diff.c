/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two kernel policies, separated by a form feed, are compared: what is said adds up, no
 * request is decided otherwise where no effect is told, and a policy is the same as itself.
 */
#include <stdlib.h>

#include "core/policy/diff/diff-example.h"
#include "core/policy/diff/diff.h"
#include "core/policy/import/kernel-text.h"

#define RULES_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Side {
        KernelText text;
        const Rule *rules[RULES_MAX];
        size_t n_rules;
        Simulator *simulator;
} Side;

static void side_done(Side *side)
{
        kernel_text_done(&side->text);
        simulate_freep(&side->simulator);
}

/* False when it is no policy, or too long. */
static bool side_init(Side *side, const uint8_t *data, size_t size)
{
        _cleanup_diags_ DiagList diags = { 0 };

        if (kernel_text_parse((const char *) data, size, "fuzz", NULL, &side->text, &diags) < 0 ||
                        side->text.n_rules > RULES_MAX)
                return false;
        if (simulate_new(NULL, &side->simulator) < 0)
                abort();
        for (; side->n_rules < side->text.n_rules; side->n_rules++) {
                side->rules[side->n_rules] = &side->text.rules[side->n_rules].rule;
                if (simulate_add_rule(side->simulator, side->rules[side->n_rules],
                                    (SimulateOrigin){ "fuzz", 1, true }) < 0)
                        abort();
        }
        return simulate_seal(side->simulator, true) >= 0;
}

static void check_change(const Side *a, const Side *b, const DiffChange *change, bool same)
{
        bool in_a = change->a != DIFF_NONE, in_b = change->b != DIFF_NONE;
        _cleanup_free_ char *request = NULL, *before = NULL, *after = NULL;
        const Rule *rule = in_b ? b->rules[change->b] : a->rules[change->a];

        if ((change->kind == DIFF_KIND_ADDED && (in_a || !in_b)) ||
                        (change->kind == DIFF_KIND_REMOVED && (!in_a || in_b)) ||
                        (change->kind == DIFF_KIND_MOVED && (!in_a || !in_b)))
                abort();
        (void) diff_example_find(a->simulator, b->simulator, rule, NULL, &request, &before, &after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(side_done) Side a = { 0 }, b = { 0 };
        _cleanup_diff_ Diff diff = { 0 }, none = { 0 };
        const uint8_t *second = memchr(data, '\f', size);
        size_t first = second ? (size_t) (second - data) : size, effects = 0;

        if (!side_init(&a, data, first) ||
                        !side_init(&b, second ? second + 1 : data, second ? size - first - 1 : 0))
                return 0;
        if (diff_policies(a.rules, a.n_rules, b.rules, b.n_rules, &diff) < 0 ||
                        diff_policies(a.rules, a.n_rules, a.rules, a.n_rules, &none) < 0)
                abort();
        if (none.n_changes > 0 || !diff_is_same(&none))
                abort();
        for (size_t i = 0; i < diff.n_changes; i++) {
                effects += diff.changes[i].has_effect;
                check_change(&a, &b, &diff.changes[i], diff_is_same(&diff));
        }
        if (effects != diff.n_effects)
                abort();
        return 0;
}
