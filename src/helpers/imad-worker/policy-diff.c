/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/diff/diff-example.h"
#include "core/policy/diff/diff.h"
#include "helpers/imad-worker/policy-side.h"

#define CHANGES_MAX 20000 /* that are listed */
#define EXAMPLES_MAX 100

typedef struct Comparison {
        PolicySide sides[2];
        Simulator *simulators[2];
        Diff diff;
        size_t examples; /* that were looked for */
} Comparison;

static void comparison_done(Comparison *c)
{
        for (size_t i = 0; i < 2; i++) {
                policy_side_done(&c->sides[i]);
                simulate_freep(&c->simulators[i]);
        }
        diff_done(&c->diff);
}

static json_t *rule_to_json(const Comparison *c, size_t side, size_t index)
{
        return index == DIFF_NONE ? json_null() : policy_side_rule_to_json(&c->sides[side], index);
}

/* {"request", "before", "after"}, or null. */
static json_t *find_example(Comparison *c, const DiffChange *change)
{
        size_t side = change->b == DIFF_NONE ? 0 : 1;
        const Rule *rule = c->sides[side].rules[side == 0 ? change->a : change->b];
        const Rule *other =
                        change->other == DIFF_NONE
                                        ? NULL
                                        : c->sides[change->other_in_a ? 0 : 1].rules[change->other];
        _cleanup_free_ char *request = NULL, *before = NULL, *after = NULL;

        if (!change->has_effect || c->examples++ >= EXAMPLES_MAX ||
                        diff_example_find(c->simulators[0], c->simulators[1], rule, other, &request,
                                        &before, &after) <= 0)
                return json_null();
        return json_pack("{s:s, s:s, s:s}", "request", request, "before", before, "after", after);
}

static json_t *change_to_json(Comparison *c, const DiffChange *change)
{
        return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "kind",
                        diff_kind_to_string(change->kind), "reason",
                        diff_reason_to_string(change->reason), "effect", change->has_effect, "a",
                        rule_to_json(c, 0, change->a), "b", rule_to_json(c, 1, change->b), "other",
                        rule_to_json(c, change->other_in_a ? 0 : 1, change->other), "example",
                        find_example(c, change));
}

static json_t *side_to_json(const PolicySide *side)
{
        return json_pack("{s:s, s:s?, s:I}", "name", side->name, "kernel", side->release, "rules",
                        (json_int_t) side->text.n_rules);
}

static json_t *globals_to_json(unsigned globals)
{
        static const struct {
                DiffGlobal global;
                const char *name;
        } names[] = {
                {DIFF_GLOBAL_CLASSES,   "classes" },
                { DIFF_GLOBAL_STICKY,   "sticky"  },
                { DIFF_GLOBAL_SETXATTR, "setxattr"},
        };
        json_t *array = json_array();

        for (size_t i = 0; array && i < ELEMENTSOF(names); i++)
                if (globals & names[i].global)
                        (void) json_array_append_new(array, json_string(names[i].name));
        return array;
}

static int report_changes(Worker *worker, Comparison *c)
{
        json_t *array = json_array();
        int r = worker_set(worker, "changes", array);

        for (size_t i = 0; r >= 0 && i < c->diff.n_changes && i < CHANGES_MAX; i++)
                if (json_array_append_new(array, change_to_json(c, &c->diff.changes[i])) < 0)
                        r = -ENOMEM;
        if (r >= 0 && c->diff.n_changes > CHANGES_MAX)
                r = worker_set(worker, "omitted",
                                json_integer((json_int_t) (c->diff.n_changes - CHANGES_MAX)));
        return r;
}

static int report(Worker *worker, Comparison *c)
{
        int r = worker_set(worker, "a", side_to_json(&c->sides[0]));

        if (r >= 0)
                r = worker_set(worker, "b", side_to_json(&c->sides[1]));
        if (r >= 0)
                r = worker_set(worker, "same_effect", json_boolean(diff_is_same(&c->diff)));
        if (r >= 0)
                r = worker_set(worker, "same_text", json_boolean(c->diff.n_changes == 0));
        if (r >= 0)
                r = worker_set(worker, "effects", json_integer((json_int_t) c->diff.n_effects));
        if (r >= 0)
                r = worker_set(worker, "globals", globals_to_json(c->diff.globals));
        return r < 0 ? r : report_changes(worker, c);
}

/*
 * Both are compared for one kernel. A generation is looked at first, as it cannot be compiled for
 * another one.
 */
static int load_sides(Worker *worker, PolicySide sides[2])
{
        const char *names[2] = { worker->words[0],
                worker->n_words > 1 ? worker->words[1] : "fragments" };
        bool second_first = !policy_side_is_generation(worker, names[0]) &&
                            policy_side_is_generation(worker, names[1]);
        const char *release = worker->kernel;
        int r, failed = 0;

        for (size_t i = 0; i < 2; i++) {
                size_t side = second_first ? 1 - i : i;

                r = policy_side_load(worker, names[side], release, &sides[side]);
                if (r < 0 && r != -EBADMSG)
                        return r;
                failed = r < 0 ? r : failed;
                release = release ?: sides[side].release;
        }
        return failed;
}

static int make_simulator(const PolicySide *side, Simulator **ret_simulator)
{
        _cleanup_(simulate_freep) Simulator *simulator = NULL;
        int r = simulate_new(NULL, &simulator);

        for (size_t i = 0; r >= 0 && i < side->text.n_rules; i++)
                r = simulate_add_rule(simulator, side->rules[i],
                                (SimulateOrigin){ side->name, (uint32_t) i + 1, true });
        if (r >= 0)
                r = simulate_seal(simulator, true);
        if (r >= 0)
                *ret_simulator = TAKE_PTR(simulator);
        return r;
}

static int compare(Comparison *c)
{
        int r = diff_policies(c->sides[0].rules, c->sides[0].text.n_rules, c->sides[1].rules,
                        c->sides[1].text.n_rules, &c->diff);

        for (size_t i = 0; r >= 0 && i < 2; i++)
                r = make_simulator(&c->sides[i], &c->simulators[i]);
        return r;
}

ExitCode verb_policy_diff(Worker *worker)
{
        _cleanup_(comparison_done) Comparison comparison = { 0 };
        int r = load_sides(worker, comparison.sides);

        if (r == -EBADMSG)
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT, NULL,
                                "the policies have %zu error%s and cannot be compared",
                                worker->diags.errors, plural(worker->diags.errors));
        if (r < 0)
                return worker->code;
        r = compare(&comparison);
        if (r >= 0)
                r = report(worker, &comparison);
        if (r < 0)
                return worker_fail_errno(worker, r, "cannot compare the policies");
        return diff_is_same(&comparison.diff) ? EXIT_CODE_OK : EXIT_CODE_DIFFERENT;
}
