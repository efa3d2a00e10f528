/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two policies compared by what they do: which rules were added, removed or moved, and which of
 * these changes can change a decision of the kernel.
 *
 * The effect of a policy is that of ima_match_policy() in security/integrity/ima/ima_policy.c for
 * every request: in each class of actions the first rule that matches decides, options of all
 * matching rules add up, and a hash rule gives way to an appraise rule behind it. "No effect" is
 * certain; an effect is one that could not be ruled out, as rules are compared in pairs.
 */
#pragma once

#include "core/policy/rule/rule.h"

typedef enum DiffKind {
        DIFF_KIND_ADDED,
        DIFF_KIND_REMOVED,
        DIFF_KIND_MOVED,
        DIFF_KIND_MAX,
} DiffKind;

/* Why a change has an effect or none. */
typedef enum DiffReason {
        DIFF_REASON_REACHED,     /* effect: requests reach the rule on the side that has it */
        DIFF_REASON_COVERED,     /* none: an earlier rule decides about all that it matches */
        DIFF_REASON_NEVER,       /* none: it matches no request */
        DIFF_REASON_NEUTRAL,     /* none: it excludes what no later rule includes */
        DIFF_REASON_COMMUTES,    /* none: it decides alike about what the passed rules match */
        DIFF_REASON_CONFLICTS,   /* effect: a rule that it passed decides otherwise */
        DIFF_REASON_NOW_REACHED, /* effect: it came to nothing before */
        DIFF_REASON_NOW_IDLE,    /* effect: it comes to nothing now */
        DIFF_REASON_UNKNOWN,     /* taken for an effect: too much to compare */
        DIFF_REASON_MAX,
} DiffReason;

#define DIFF_NONE SIZE_MAX

typedef struct DiffChange {
        DiffKind kind;
        DiffReason reason;
        bool has_effect;
        size_t a; /* index of the rule in each policy, or DIFF_NONE */
        size_t b;
        size_t other;    /* the rule that the reason speaks of, or DIFF_NONE */
        bool other_in_a; /* other is an index in the first policy, else in the second */
} DiffChange;

/* Effects of a whole policy, whatever a single request comes to. */
typedef enum DiffGlobal {
        DIFF_GLOBAL_CLASSES = 1 << 0,  /* which classes of actions the kernel looks at all */
        DIFF_GLOBAL_STICKY = 1 << 1,   /* what stays restricted until the next boot */
        DIFF_GLOBAL_SETXATTR = 1 << 2, /* which hash algorithms labels may have */
} DiffGlobal;

typedef struct Diff {
        DiffChange *changes; /* in the order of the policies, what was removed before what was added
                              */
        size_t n_changes;
        size_t n_effects; /* how many of them have an effect */
        unsigned globals; /* DiffGlobal */
} Diff;

void diff_done(Diff *diff);

/* No request is decided otherwise. */
static inline bool diff_is_same(const Diff *diff)
{
        return diff->n_effects == 0 && diff->globals == 0;
}

/*
 * Compares two lists of rules by their canonical text. The fewest rules count as moved, as long as
 * no rule stands twice in a policy. The work is bounded: DIFF_COMPARISONS_MAX pairs of rules,
 * behind which changes are DIFF_REASON_UNKNOWN. -ENOMEM.
 */
#define DIFF_COMPARISONS_MAX 20000000
int diff_policies(
                const Rule *const *a, size_t n_a, const Rule *const *b, size_t n_b, Diff *ret_diff);

/* "added"; "covered". */
const char *diff_kind_to_string(DiffKind kind);
const char *diff_reason_to_string(DiffReason reason);

#define _cleanup_diff_ _cleanup_(diff_done)
