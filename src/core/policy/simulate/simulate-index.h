/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Candidates for a request among many rules. Each rule stands, once for every hook that it can
 * match, in the list of one value that it demands; a request looks at the lists of its own values.
 */
#pragma once

#include "core/policy/simulate/match.h"

typedef struct SimulateIndex SimulateIndex;

/* The rules are borrowed. -ENOMEM. */
int simulate_index_new(const MatchRule *rules, size_t n_rules, SimulateIndex **ret_index);
SimulateIndex *simulate_index_free(SimulateIndex *index);
DEFINE_CLEANUP_FUNC(SimulateIndex *, simulate_index_free)

/* At most one list for each way in which a request can be looked up. */
#define SIMULATE_INDEX_LISTS 16

/* Walks candidates in the order of the rules; each at most once. */
typedef struct SimulateCandidates {
        struct {
                const uint32_t *next;
                const uint32_t *end;
        } lists[SIMULATE_INDEX_LISTS];
        size_t n_lists;
} SimulateCandidates;

SimulateCandidates simulate_index_find(const SimulateIndex *index, const Request *request);

/* The next rule, which need not match, or -1. */
static inline int64_t simulate_candidates_next(SimulateCandidates *c)
{
        size_t best = 0;
        int64_t rule;

        if (c->n_lists == 0)
                return -1;
        for (size_t i = 1; i < c->n_lists; i++)
                if (*c->lists[i].next < *c->lists[best].next)
                        best = i;
        rule = *c->lists[best].next++;
        if (c->lists[best].next == c->lists[best].end)
                c->lists[best] = c->lists[--c->n_lists];
        return rule;
}
