/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lint of policies of several kinds, in nanoseconds a rule: the figure must not grow with the
 * number of rules, whatever they are. The peer is one look at each rule without any comparison.
 */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/time.h"
#include "core/policy/lint/lint.h"
#include "core/policy/policy.h"
#include "core/policy/rule/relation.h"
#include "core/policy/rule/rule-text.h"

#define ROUNDS 3

static int make_points(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b, "measure func=FILE_CHECK mask=^MAY_READ fowner=%u", i);
}

/* Each is wider than all before it. */
static int make_ranges(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b, "measure func=FILE_CHECK uid>%u fowner<%u", n - i, i + 1);
}

static int make_duplicates(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_string(b, "measure func=BPRM_CHECK uid=0");
}

static int make_appraise(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b, "appraise func=FILE_CHECK fowner=%u", i);
}

static int make_flags(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b,
                        i % 2 ? "appraise func=BPRM_CHECK fowner=%u"
                              : "audit func=BPRM_CHECK fowner=%u permit_directio",
                        i);
}

static int make_lists(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b, "measure func=KEY_CHECK keyrings=.a%u|.b%u|.c%u", i, i, i);
}

static int make_labels(Buffer *b, unsigned i, unsigned n)
{
        return buffer_append_format(b,
                        "measure func=BPRM_CHECK obj_type=type_%u_t subj_type=type_%u_t", i % 300,
                        i);
}

/* Many combinations of keywords, so that the shapes run out. */
static int make_shapes(Buffer *b, unsigned i, unsigned n)
{
        static const char *const conditions[] = { " uid=%u", " gid=%u", " fowner=%u", " fgroup=%u",
                " fsmagic=%u", " fsname=fs%u", " obj_type=o%u", " subj_type=s%u" };
        unsigned which = i * 2654435761U >> 24;
        int r = buffer_append_format(b, "measure func=%s", i % 3 ? "FILE_CHECK" : "BPRM_CHECK");

        for (size_t j = 0; r >= 0 && j < ELEMENTSOF(conditions); j++)
                if (which & BIT(j))
                        r = buffer_append_format(b, conditions[j], i);
        return r;
}

static const struct {
        const char *name;
        int (*make)(Buffer *b, unsigned i, unsigned n);
} kinds[] = {
        {"points",      make_points    },
        { "ranges",     make_ranges    },
        { "duplicates", make_duplicates},
        { "appraise",   make_appraise  },
        { "flags",      make_flags     },
        { "lists",      make_lists     },
        { "labels",     make_labels    },
        { "shapes",     make_shapes    },
};

static Policy *make_policy(int (*make)(Buffer *b, unsigned i, unsigned n), unsigned n)
{
        Policy *policy = calloc(1, sizeof(Policy));

        policy->fragments = calloc(1, sizeof(PolicyFragment));
        policy->fragments[0] = (PolicyFragment){ "50-bench", "50-bench.yaml" };
        for (unsigned i = 0; i < n; i++) {
                _cleanup_buffer_ Buffer text = { 0 };
                Rule rule;

                if (make(&text, i, n) < 0 || rule_text_parse(text.data, text.size, NULL,
                                                             &policy->arena, &rule) != 1)
                        abort();
                rule.id = arena_copy_text(&policy->arena, "rule", 4);
                rule.line = i + 1;
                if (policy_add_rule(policy, &rule) < 0)
                        abort();
        }
        return policy;
}

static usec_t look(const Policy *policy)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        uint32_t events = 0;

        for (size_t i = 0; i < policy_get_rule_count(policy); i++)
                events |= relation_get_set(policy_get_rule(policy, i)).events;
        if (events == 0)
                abort();
        return time_now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static usec_t lint(const Policy *policy)
{
        usec_t start = time_now(CLOCK_PROCESS_CPUTIME_ID);
        _cleanup_diags_ DiagList diags = { 0 };

        if (lint_policy(policy, NULL, NULL, &diags) < 0)
                abort();
        return time_now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static double per_rule(const Policy *policy, usec_t (*measure)(const Policy *policy))
{
        usec_t least = UINT64_MAX;

        for (int i = 0; i < ROUNDS; i++) {
                usec_t now = measure(policy);

                least = now < least ? now : least;
        }
        return (double) least * 1000 / (double) policy_get_rule_count(policy);
}

int main(void)
{
        static const unsigned counts[] = { 1000, 10000, 100000 };

        printf("%10s %8s %12s %12s\n", "kind", "rules", "look", "lint");
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                for (size_t j = 0; j < ELEMENTSOF(counts); j++) {
                        _cleanup_(policy_freep) Policy *policy =
                                        make_policy(kinds[i].make, counts[j]);

                        printf("%10s %8u %9.0f ns %9.0f ns\n", kinds[i].name, counts[j],
                                        per_rule(policy, look), per_rule(policy, lint));
                }
        return EXIT_SUCCESS;
}
