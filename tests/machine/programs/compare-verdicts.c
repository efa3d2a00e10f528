/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compare-verdicts COUNT SEED: shows the running kernel random lines of policy on descriptors that
 * were spoilt before, and compares what it returns with what imad expects of this machine. Every
 * disagreement is printed. The last line is "COUNT rules, ACCEPTED accepted, DISAGREE disagree, FEW
 * pairs too rare"; exit code 0 when all is well.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/fs.h"
#include "core/policy/rule/policy-write.h"
#include "core/policy/rule/rule-text.h"
#include "random-rules.h"
#include "system/kernel.h"
#include "system/policy-oracle.h"
#include "system/target-probe.h"

/* The kernel keeps its rules until the descriptor is closed, and memory of labels for good. */
#define RULES_PER_DESCRIPTOR 500
#define LABELS_MAX 2000
#define EACH_PAIR_MIN 20
#define EACH_PAIR_COUNT_MIN 10000 /* fewer rules cannot have every pair often enough */
#define PRINTED_MAX 50

typedef struct Comparison {
        int root;
        Kconfig *config;
        Target *target;
        PolicyOracle oracle;
        size_t asked;
        size_t accepted;
        size_t disagree;
        size_t labels;
        size_t pairs[RULE_FUNC_MAX][RULE_ACTION_MAX]; /* accepted */
} Comparison;

static void comparison_done(Comparison *c)
{
        policy_oracle_done(&c->oracle);
        target_free(c->target);
        kconfig_free(c->config);
        (void) close(c->root);
}

static int describe_machine(Comparison *c)
{
        _cleanup_free_ char *release = NULL, *text = NULL, *path = NULL;
        size_t size;
        int r = kernel_get_release(c->root, &release);

        if (r >= 0 && kernel_read_config(c->root, release, &text, &size, &path) >= 0)
                r = kconfig_parse(text, size, &c->config);
        if (r >= 0)
                r = target_probe(c->root, release, c->config, TARGET_PROBE_NOW, &c->target);
        if (r < 0)
                return r;
        printf("%s, %s, hashes", release, target_lsm_to_string(c->target->lsm));
        for (HashAlgorithm i = 0; i < HASH_ALGORITHM_MAX; i++)
                if (target_has_hash(c->target, i) > 0)
                        printf(" %s", hash_algorithm_to_string(i));
        printf("%s\n", c->target->policy_active ? ", a custom policy is active" : "");
        return 0;
}

/* Which pair of func and action a line of this many bytes has made a rule of. */
static void count_pair(Comparison *c, const char *line, size_t size)
{
        _cleanup_arena_ Arena arena = { 0 };
        Rule rule;

        if (rule_text_parse(line, size, c->target, &arena, &rule) > 0)
                c->pairs[rule_get_func(&rule)][rule_get_action(&rule)]++;
}

static void compare(Comparison *c, const Buffer *payload)
{
        _cleanup_free_ char *shown = escape_text(payload->data ?: "", payload->size, ESCAPE_ASCII);
        ssize_t expected = policy_write_judge(payload->data ?: "", payload->size, c->target);
        ssize_t got = policy_oracle_write(&c->oracle, payload->data ?: "", payload->size);

        c->asked++;
        if (got != expected && c->disagree++ < PRINTED_MAX)
                printf("imad expects %zd, the kernel returns %zd: %s\n", expected, got, shown);
        if (got <= 0)
                return;
        c->accepted++;
        count_pair(c, payload->data ?: "", (size_t) got - 1);
}

static bool leaks(const Buffer *payload)
{
        return memmem(payload->data, payload->size, "label=", 6) ||
               memmem(payload->data, payload->size, "fsname=", 7);
}

static int compare_batch(Comparison *c, RandomRules *random, size_t count)
{
        _cleanup_buffer_ Buffer payload = { 0 };
        PolicyOracleState state = policy_oracle_open(c->root, NULL, &c->oracle);

        if (state != POLICY_ORACLE_STATE_AVAILABLE) {
                printf("the kernel cannot be asked: %s\n", policy_oracle_state_to_string(state));
                return -EBUSY;
        }
        for (size_t i = 0; i < count; i++) {
                int r = random_rules_next(random, &payload);

                if (r < 0)
                        return r;
                if (payload.data && leaks(&payload) && c->labels++ >= LABELS_MAX) {
                        i--;
                        continue;
                }
                compare(c, &payload);
        }
        policy_oracle_done(&c->oracle);
        return 0;
}

/* Pairs that imad's tables allow on this kernel, and that were accepted too rarely to tell. */
static size_t count_rare_pairs(const Comparison *c)
{
        size_t n = 0;

        for (int f = 0; f < RULE_FUNC_MAX; f++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) f);

                for (int a = 0; a < RULE_ACTION_MAX; a++) {
                        if (!(info->actions & BIT(a)) ||
                                        kernel_need_check(&info->need, c->target) < 0 ||
                                        c->pairs[f][a] >= EACH_PAIR_MIN)
                                continue;
                        printf("%s func=%s was accepted %zu times only\n",
                                        rule_action_to_string((RuleAction) a),
                                        info->name ?: "(none)", c->pairs[f][a]);
                        n++;
                }
        }
        return n;
}

int main(int argc, char **argv)
{
        _cleanup_(comparison_done) Comparison c = { .root = fs_open_root(NULL),
                .oracle = POLICY_ORACLE_CLOSED };
        uint64_t count, seed;
        RandomRules random;
        size_t rare;
        int r;

        if (argc != 3 || parse_u64(argv[1], SIZE_MAX, &count) < 0 ||
                        parse_u64(argv[2], UINT64_MAX, &seed) < 0) {
                fputs("usage: compare-verdicts COUNT SEED\n", stderr);
                return 2;
        }
        printf("seed %" PRIu64 "\n", seed);
        r = describe_machine(&c);
        random = random_rules_new(seed, c.target);
        while (r >= 0 && c.asked < count)
                r = compare_batch(&c, &random,
                                count - c.asked < RULES_PER_DESCRIPTOR ? (size_t) count - c.asked
                                                                       : RULES_PER_DESCRIPTOR);
        if (r < 0) {
                printf("failed: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        rare = count >= EACH_PAIR_COUNT_MIN ? count_rare_pairs(&c) : 0;
        printf("%zu rules, %zu accepted, %zu disagree, %zu pairs too rare\n", c.asked, c.accepted,
                        c.disagree, rare);
        return c.disagree > 0 || rare > 0 || c.accepted * 10 < c.asked * 3 ? EXIT_FAILURE
                                                                           : EXIT_SUCCESS;
}
