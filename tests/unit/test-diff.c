/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/strings.h"
#include "core/policy/diff/diff.h"
#include "core/policy/rule/rule-text.h"

#define RULES_MAX 64
#define RANDOM_PAIRS 20000

typedef struct Rules {
        Arena arena;
        Rule rules[RULES_MAX];
        const Rule *list[RULES_MAX];
        size_t count;
} Rules;

static void rules_done(Rules *rules)
{
        arena_done(&rules->arena);
}

#define _cleanup_rules_ _cleanup_(rules_done)

static void rules_add(Rules *rules, const char *line, size_t size)
{
        cr_assert_lt(rules->count, RULES_MAX);
        cr_assert_eq(rule_text_parse(line, size, NULL, &rules->arena, &rules->rules[rules->count]),
                        1, "%.*s", (int) size, line);
        rules->list[rules->count] = &rules->rules[rules->count];
        rules->count++;
}

/* One rule on a line. */
static void rules_parse(const char *text, Rules *rules)
{
        while (*text) {
                size_t length = strcspn(text, "\n");

                rules_add(rules, text, length);
                text += length + (text[length] == '\n');
        }
}

static void compare(const char *a, const char *b, Diff *ret_diff)
{
        _cleanup_rules_ Rules x = { 0 }, y = { 0 };

        rules_parse(a, &x);
        rules_parse(b, &y);
        cr_assert_eq(diff_policies(x.list, x.count, y.list, y.count, ret_diff), 0);
}

static void expect_one(const char *a, const char *b, DiffKind kind, DiffReason reason, bool effect)
{
        _cleanup_diff_ Diff diff = { 0 };

        compare(a, b, &diff);
        cr_assert_eq(diff.n_changes, 1, "%zu changes:\n%s\n%s", diff.n_changes, a, b);
        cr_expect_eq(diff.changes[0].kind, kind, "%s", diff_kind_to_string(diff.changes[0].kind));
        cr_expect_eq(diff.changes[0].reason, reason, "%s:\n%s\n%s",
                        diff_reason_to_string(diff.changes[0].reason), a, b);
        cr_expect_eq(diff.changes[0].has_effect, effect);
        cr_expect_eq(diff.n_effects, effect);
}

#define A "measure func=BPRM_CHECK\n"
#define B "measure func=MMAP_CHECK\n"
#define NOT_TMPFS "dont_measure fsmagic=0x1021994\n"
#define C "measure func=FILE_CHECK uid=0\n"

Test(diff, equal_policies_have_no_changes)
{
        _cleanup_diff_ Diff diff = { 0 };

        compare(A B C, A B C, &diff);
        cr_expect_eq(diff.n_changes, 0);
        cr_expect(diff_is_same(&diff));
        compare("", "", &diff);
        cr_expect(diff_is_same(&diff));
}

Test(diff, rules_that_are_reached_have_an_effect)
{
        expect_one(A, A B, DIFF_KIND_ADDED, DIFF_REASON_REACHED, true);
        expect_one(A B, B, DIFF_KIND_REMOVED, DIFF_REASON_REACHED, true);
        expect_one(A, NOT_TMPFS A, DIFF_KIND_ADDED, DIFF_REASON_REACHED, true);
}

Test(diff, rules_that_earlier_ones_cover_have_none)
{
        expect_one("measure\n", "measure\n" A, DIFF_KIND_ADDED, DIFF_REASON_COVERED, false);
        expect_one("measure\n" A, "measure\n", DIFF_KIND_REMOVED, DIFF_REASON_COVERED, false);
        expect_one(NOT_TMPFS A, NOT_TMPFS "measure func=BPRM_CHECK fsmagic=0x1021994\n" A,
                        DIFF_KIND_ADDED, DIFF_REASON_COVERED, false);
        expect_one("audit\n", "audit\n" A, DIFF_KIND_ADDED, DIFF_REASON_REACHED, true);
}

Test(diff, exclusions_behind_everything_have_none)
{
        expect_one(A, A NOT_TMPFS, DIFF_KIND_ADDED, DIFF_REASON_NEUTRAL, false);
        expect_one(A, A "dont_measure fsmagic=0x1021994 permit_directio\n", DIFF_KIND_ADDED,
                        DIFF_REASON_REACHED, true);
}

Test(diff, a_rule_that_matches_nothing_has_none)
{
        expect_one(A, A "measure func=FILE_CHECK mask=MAY_APPEND\n", DIFF_KIND_ADDED,
                        DIFF_REASON_NEVER, false);
}

Test(diff, moving_past_a_rule_that_decides_otherwise_has_an_effect)
{
        expect_one(NOT_TMPFS C, C NOT_TMPFS, DIFF_KIND_MOVED, DIFF_REASON_NOW_IDLE, true);
        expect_one(NOT_TMPFS A C, A NOT_TMPFS C, DIFF_KIND_MOVED, DIFF_REASON_CONFLICTS, true);
        expect_one("hash\nappraise\n", "appraise\nhash\n", DIFF_KIND_MOVED, DIFF_REASON_CONFLICTS,
                        true);
        expect_one("measure pcr=11 uid=1\nmeasure uid=1\n", "measure uid=1\nmeasure pcr=11 uid=1\n",
                        DIFF_KIND_MOVED, DIFF_REASON_NOW_IDLE, true);
}

Test(diff, moving_past_others_has_none)
{
        expect_one(A B, B A, DIFF_KIND_MOVED, DIFF_REASON_COMMUTES, false);
        expect_one("measure uid=1\nappraise uid=1\n", "appraise uid=1\nmeasure uid=1\n",
                        DIFF_KIND_MOVED, DIFF_REASON_COMMUTES, false);
        expect_one("measure uid=1\nmeasure gid=1\n", "measure gid=1\nmeasure uid=1\n",
                        DIFF_KIND_MOVED, DIFF_REASON_COMMUTES, false);
        expect_one("appraise uid=1\nappraise gid=1 func=BPRM_CHECK\n",
                        "appraise gid=1 func=BPRM_CHECK\nappraise uid=1\n", DIFF_KIND_MOVED,
                        DIFF_REASON_CONFLICTS, true);
}

Test(diff, the_fewest_rules_count_as_moved)
{
        _cleanup_diff_ Diff diff = { 0 };

        compare(A B C "audit\n", "audit\n" A B C, &diff);
        cr_assert_eq(diff.n_changes, 1);
        cr_expect_eq(diff.changes[0].a, 3);
        cr_expect_eq(diff.changes[0].b, 0);
}

Test(diff, effects_of_a_whole_policy_are_told_apart)
{
        static const struct {
                const char *a, *b;
                unsigned globals;
        } cases[] = {
                {"audit\n",                         "audit\nmeasure\n",                                       DIFF_GLOBAL_CLASSES},
                { "dont_measure\nmeasure\naudit\n", "dont_measure\naudit\n",                                  DIFF_GLOBAL_CLASSES},
                { "appraise\n",                     "appraise\nappraise func=MODULE_CHECK\n",                 DIFF_GLOBAL_STICKY },
                { A,                                A "appraise func=SETXATTR_CHECK appraise_algos=sha256\n",
                 DIFF_GLOBAL_SETXATTR                                                                                            },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diff_ Diff diff = { 0 };

                compare(cases[i].a, cases[i].b, &diff);
                cr_expect_eq(diff.globals, cases[i].globals, "%s", cases[i].b);
                cr_expect_not(diff_is_same(&diff));
        }
}

/* A small world of requests, and the kernel's algorithm written down once more. */
typedef struct World {
        RuleFunc func;
        unsigned mask;
        uint64_t magic;
        uint64_t uid;
        uint64_t fowner;
} World;

typedef struct Outcome {
        unsigned actions; /* by RuleAction */
        unsigned flags;
        char pcr[4];
        char template[16];
        char algorithms[32];
        bool generic;
} Outcome;

static bool matches_id(const Rule *rule, KeywordId id, uint64_t subject)
{
        const RuleValue *value = rule_find(rule, id);

        return !value || (value->operator_ == '='                  ? subject == value->number
                                         : value->operator_ == '>' ? subject > value->number
                                                                   : subject < value->number);
}

static bool matches(const Rule *rule, const World *w)
{
        const RuleValue *mask = rule_find(rule, KEYWORD_MASK);
        const RuleValue *magic = rule_find(rule, KEYWORD_FSMAGIC);
        RuleFunc func = rule_get_func(rule);

        if (func != RULE_FUNC_NONE && func != w->func)
                return false;
        if (mask && (mask->number & RULE_MASK_CONTAINS)) {
                if (!(w->mask & mask->number & 15))
                        return false;
        } else if (mask && mask->number != w->mask) {
                return false;
        }
        return (!magic || magic->number == w->magic) && matches_id(rule, KEYWORD_UID, w->uid) &&
               matches_id(rule, KEYWORD_FOWNER, w->fowner);
}

static const unsigned action_bits[RULE_ACTION_MAX] = { 0x1, 0x2, 0x4, 0x8, 0x40, 0x100, 0x200 };

static void take(const char *text, size_t size, char *out)
{
        (void) snprintf(out, size, "%s", text);
}

/* kernel-wide restrictions and the algorithms of SETXATTR_CHECK are compared apart. */
static Outcome decide(const Rules *policy, const World *w)
{
        static const unsigned does = 0x1 | 0x4 | 0x40 | 0x100;
        unsigned open = 0;
        Outcome o = { 0 };

        for (size_t i = 0; i < policy->count; i++)
                if (rule_get_func(policy->list[i]) != RULE_FUNC_SETXATTR_CHECK)
                        open |= action_bits[rule_get_action(policy->list[i])] & does;
        open |= open << 1;
        for (size_t i = 0; i < policy->count; i++) {
                const Rule *rule = policy->list[i];
                unsigned action = action_bits[rule_get_action(rule)];
                const RuleValue *v;

                if (!(action & open) || !matches(rule, w))
                        continue;
                o.flags |= rule_find(rule, KEYWORD_PERMIT_DIRECTIO) ? 1 : 0;
                o.flags |= rule_find(rule, KEYWORD_DIGEST_TYPE) ? 2 : 0;
                o.flags |= rule_find(rule, KEYWORD_APPRAISE_TYPE) ? 4 : 0;
                if (action & does)
                        o.actions |= action;
                if (action == 0x4) {
                        o.actions &= ~0x100U;
                        o.generic = rule_get_func(rule) == RULE_FUNC_NONE;
                        v = rule_find(rule, KEYWORD_APPRAISE_ALGOS);
                        if (v)
                                take(v->text, sizeof(o.algorithms), o.algorithms);
                }
                open &= action & does ? ~(action | action << 1) : ~(action | action >> 1);
                v = rule_find(rule, KEYWORD_PCR);
                if (v)
                        take(v->text, sizeof(o.pcr), o.pcr);
                v = rule_find(rule, KEYWORD_TEMPLATE);
                if (v)
                        take(v->text, sizeof(o.template), o.template);
        }
        return o;
}

/* Whether any request of the world is decided otherwise. */
static bool differs(const Rules *a, const Rules *b)
{
        static const struct {
                RuleFunc func;
                unsigned mask;
        } hooks[] = {
                {RULE_FUNC_FILE_CHECK,  RULE_MASK_READ                  },
                { RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE                 },
                { RULE_FUNC_FILE_CHECK, RULE_MASK_READ | RULE_MASK_WRITE},
                { RULE_FUNC_FILE_CHECK, RULE_MASK_EXEC                  },
                { RULE_FUNC_BPRM_CHECK, RULE_MASK_EXEC                  },
                { RULE_FUNC_MMAP_CHECK, RULE_MASK_EXEC                  },
        };

        for (size_t hook = 0; hook < ELEMENTSOF(hooks); hook++)
                for (uint64_t i = 0; i < 27; i++) {
                        World w = { hooks[hook].func, hooks[hook].mask, 1 + i % 3, i / 3 % 3,
                                i / 9 };
                        Outcome x = decide(a, &w), y = decide(b, &w);

                        if (memcmp(&x, &y, sizeof(x)) != 0)
                                return true;
                }
        return false;
}

static uint32_t next_random(uint64_t *state)
{
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*state >> 33);
}

static const char *pick(uint64_t *state, const char *const *words, size_t n)
{
        return words[next_random(state) % n];
}

#define PICK(state, ...)                                                                           \
        pick(state, (const char *const[]){ __VA_ARGS__ },                                          \
                        ELEMENTSOF(((const char *const[]){ __VA_ARGS__ })))

static void add_random_rule(Rules *rules, uint64_t *state)
{
        for (;;) {
                char line[256];
                int length = snprintf(line, sizeof(line), "%s%s%s%s%s%s%s",
                                PICK(state, "measure", "dont_measure", "appraise", "dont_appraise",
                                                "audit", "hash", "dont_hash"),
                                PICK(state, "", "", " func=FILE_CHECK", " func=BPRM_CHECK",
                                                " func=MMAP_CHECK"),
                                PICK(state, "", "", "", " mask=MAY_READ", " mask=^MAY_READ",
                                                " mask=MAY_EXEC"),
                                PICK(state, "", "", " fsmagic=1", " fsmagic=2"),
                                PICK(state, "", "", " uid=0", " uid>0", " uid<2"),
                                PICK(state, "", "", " fowner=0", " fowner>0"),
                                PICK(state, "", "", "", "", " permit_directio",
                                                " digest_type=verity", " pcr=11", " pcr=12",
                                                " template=ima-ng", " appraise_type=imasig",
                                                " appraise_algos=sha256"));

                if (rule_text_parse(line, (size_t) length, NULL, &rules->arena,
                                    &rules->rules[rules->count]) != 1)
                        continue;
                rules->list[rules->count] = &rules->rules[rules->count];
                rules->count++;
                return;
        }
}

/* The same rules, borrowed, with a few edits. */
static void edit(const Rules *a, Rules *b, uint64_t *state)
{
        memcpy(b->list, a->list, sizeof(a->list));
        b->count = a->count;
        for (uint32_t n = 1 + next_random(state) % 3; n > 0; n--) {
                size_t i = next_random(state) % b->count, j = next_random(state) % b->count;
                const Rule *moved = b->list[i];

                switch (next_random(state) % 4) {
                case 0:
                        if (b->count < 2)
                                break;
                        b->count--;
                        memmove(&b->list[i], &b->list[i + 1], (b->count - i) * sizeof(b->list[0]));
                        break;
                case 1: {
                        const Rule *end;

                        add_random_rule(b, state);
                        end = b->list[b->count - 1];
                        memmove(&b->list[i + 1], &b->list[i],
                                        (b->count - 1 - i) * sizeof(b->list[0]));
                        b->list[i] = end;
                        break;
                }
                case 2:
                        if (i + 1 < b->count) {
                                b->list[i] = b->list[i + 1];
                                b->list[i + 1] = moved;
                        }
                        break;
                default:
                        b->list[i] = b->list[j];
                        b->list[j] = moved;
                }
        }
}

static char *show(const Rules *rules)
{
        _cleanup_buffer_ Buffer out = { 0 };
        char *text;

        for (size_t i = 0; i < rules->count; i++) {
                cr_assert_eq(rule_format(rules->list[i], &out), 0);
                cr_assert_eq(buffer_append(&out, "\n", 1), 0);
        }
        cr_assert_eq(buffer_take(&out, &text, NULL), 0);
        return text;
}

static uint64_t get_seed(void)
{
        const char *seed = getenv("IMAD_SEED");

        return seed ? strtoull(seed, NULL, 10) : 20240229;
}

/* "No effect" is never wrong; and it is said of most pairs that have none. */
Test(diff, no_effect_is_certain_for_random_policies)
{
        uint64_t seed = get_seed(), state = seed;
        size_t same = 0, said = 0;

        for (int i = 0; i < RANDOM_PAIRS; i++) {
                _cleanup_rules_ Rules a = { 0 }, b = { 0 };
                _cleanup_free_ char *x = NULL, *y = NULL;
                _cleanup_diff_ Diff diff = { 0 };
                bool differ;

                for (uint32_t n = 1 + next_random(&state) % 8; n > 0; n--)
                        add_random_rule(&a, &state);
                edit(&a, &b, &state);
                cr_assert_eq(diff_policies(a.list, a.count, b.list, b.count, &diff), 0);
                differ = differs(&a, &b);
                same += !differ;
                said += diff_is_same(&diff);
                if (!differ || !diff_is_same(&diff))
                        continue;
                x = show(&a);
                y = show(&b);
                cr_assert_fail("seed %" PRIu64 ": said to be the same:\n%s--\n%s", seed, x, y);
        }
        cr_expect_gt(said * 10, same * 7, "%zu of %zu policies of the same effect were told", said,
                        same);
        cr_log_info("%zu of %zu", said, same);
}

/* Rules that cannot match the same request may change places. */
Test(diff, neighbours_that_do_not_overlap_commute)
{
        uint64_t state = get_seed();

        for (int i = 0; i < 2000; i++) {
                _cleanup_rules_ Rules a = { 0 }, b = { 0 };
                _cleanup_diff_ Diff diff = { 0 };
                const char *first = PICK(&state, "measure fsmagic=1\n", "dont_measure uid=0\n",
                                "appraise func=BPRM_CHECK\n", "hash fowner<5\n");
                const char *second = first[0] == 'm'   ? "dont_measure fsmagic=2\n"
                                     : first[0] == 'd' ? "measure uid>0\n"
                                     : first[0] == 'a' ? "dont_appraise func=MMAP_CHECK\n"
                                                       : "dont_hash fowner>4\n";
                size_t before = next_random(&state) % 4, behind = next_random(&state) % 4;

                for (size_t n = before; n > 0; n--)
                        add_random_rule(&a, &state);
                rules_parse(first, &a);
                rules_parse(second, &a);
                for (size_t n = behind; n > 0; n--)
                        add_random_rule(&a, &state);
                memcpy(b.list, a.list, sizeof(a.list));
                b.count = a.count;
                b.list[before] = a.list[before + 1];
                b.list[before + 1] = a.list[before];
                cr_assert_eq(diff_policies(a.list, a.count, b.list, b.count, &diff), 0);
                cr_assert(diff_is_same(&diff), "%s%s", first, second);
        }
}

/* The work is bounded: what is not compared counts as an effect. */
Test(diff, many_changes_of_large_policies_are_bounded)
{
        size_t n = 60000;
        const Rule **a = calloc(n, sizeof(Rule *)), **b = calloc(n, sizeof(Rule *));
        Rule *rules = calloc(n, sizeof(Rule));
        _cleanup_arena_ Arena arena = { 0 };
        _cleanup_diff_ Diff diff = { 0 };

        for (size_t i = 0; i < n; i++) {
                char line[64];
                int length = snprintf(line, sizeof(line), "measure uid=%zu", i);

                cr_assert_eq(rule_text_parse(line, (size_t) length, NULL, &arena, &rules[i]), 1);
                a[i] = &rules[i];
                b[n - 1 - i] = &rules[i];
        }
        cr_assert_eq(diff_policies(a, n, b, n, &diff), 0);
        cr_expect_eq(diff.n_changes, n - 1);
        cr_expect_eq(diff.changes[n - 2].reason, DIFF_REASON_UNKNOWN);
        cr_expect_not(diff_is_same(&diff));
        free(a);
        free(b);
        free(rules);
}
