/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The earlier rules of one class of actions, kept so that it is found quickly whether they leave a
 * later rule anything to decide.
 *
 * Rules of one shape (the same hooks and masks, the same keywords) lie in one hash table by their
 * values; only shapes that ask for no more than a rule has are looked at. Rules with one open range
 * of ids share an entry, so that uid<1000 and uid>999 are known to leave nothing together. Work per
 * rule is bounded by the limits below, whatever the rules are; where they are exceeded, less is
 * found, never something wrong.
 */
#pragma once

#include "core/policy/rule/relation.h"

#define LINT_SHAPES_MAX 64 /* shapes of one index; rules of further shapes are not kept */
#define LINT_PROBES_MAX 64 /* places of the hash table that are looked at for a key */
#define LINT_GAP_MAX 64    /* ids between two ranges that are looked for one by one */
#define LINT_LISTS_MAX 16  /* rules with keyrings or label that are compared as sets */

typedef struct LintShape {
        uint32_t events;
        uint32_t keywords;
        KeywordId ray; /* a keyword besides, with < or >; KEYWORD_INVALID: none */
} LintShape;

typedef struct LintEntry {
        uint64_t hash;     /* 0: free */
        const Rule *rule;  /* of a shape with a ray: the one with <, the widest of them */
        const Rule *above; /* the one with > */
} LintEntry;

typedef struct LintIndex {
        LintShape shapes[LINT_SHAPES_MAX];
        size_t n_shapes;
        LintEntry *entries;
        size_t n_entries;
        size_t expected;    /* how many rules will be added; a wrong guess only costs time */
        size_t n_allocated; /* a power of two */
        MatchSet lists[LINT_LISTS_MAX];
        size_t n_lists;
} LintIndex;

void lint_index_done(LintIndex *index);

/* Adds a rule, which must outlive the index. -ENOMEM. */
int lint_index_add(LintIndex *index, const MatchSet *set);

/* Rules that together match all that another does. */
typedef struct LintCover {
        const Rule *rule;
        const Rule *second; /* NULL when one is enough */
} LintCover;

/* Whether rules of the index match all that set does; of several single ones the first is told. */
bool lint_index_find(const LintIndex *index, const MatchSet *set, LintCover *ret_cover);
