/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules as sets of requests: does one match whatever another matches, can both match the same, can
 * one match at all?
 *
 * A request is one call of a hook with everything that the kernel compares (ima_match_rules() in
 * security/integrity/ima/ima_policy.c). The action and the options of a rule do not count here.
 * What is said about covering and never matching is true of every kernel and every request; where
 * that cannot be known, as with labels of security modules, the answer is the one that promises
 * less: relation_covers() and relation_never_matches() may say no where yes were true,
 * relation_overlaps() yes where no were true. The kernel's own look at a rule after a file's owner
 * or mode was changed, which ignores func and mask and decides nothing, is left aside.
 *
 * A rule with func=SETXATTR_CHECK matches no request; it has its effect when the policy is loaded.
 * It neither covers nor is covered, and never counts as never matching.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/policy/rule/rule.h"

/* All ids from low to high; none when low is above high. */
typedef struct IdRange {
        uint32_t low;
        uint32_t high;
} IdRange;

/* The conditions that take ids; uid and euid share one, gid and egid too. */
typedef enum IdSlot {
        ID_SLOT_USER,
        ID_SLOT_GROUP,
        ID_SLOT_FOWNER,
        ID_SLOT_FGROUP,
        ID_SLOT_MAX,
        ID_SLOT_INVALID = -EINVAL,
} IdSlot;

/* What a rule matches, prepared for comparing it many times. */
typedef struct MatchSet {
        const Rule *rule;            /* borrowed */
        uint32_t events;             /* a bit for each pair of a hook and a request mask */
        uint32_t keywords;           /* BIT(KeywordId) of conditions besides func and mask */
        IdRange ranges[ID_SLOT_MAX]; /* all ids where the rule says nothing */
} MatchSet;

/* All pairs of a hook and a mask that occur, as in MatchSet.events: FILE_CHECK comes with any
 * access bits but MAY_APPEND alone, programs and mappings with MAY_EXEC, what the kernel reads with
 * MAY_READ, KEXEC_CMDLINE with none. */
uint32_t relation_get_hook_events(RuleFunc func);

/* The same, less those that a rule's mask= (RuleMask) keeps out. */
uint32_t relation_get_mask_events(RuleFunc func, uint64_t rule_mask);

/* The set lives as long as the rule. Conditions that the kernel takes and ignores (gid of KEY_CHECK
 * and CRITICAL_DATA) are not in it. */
MatchSet relation_get_set(const Rule *rule);

/* Where a keyword of a rule lies in MatchSet.ranges; ID_SLOT_INVALID when it takes no ids. */
IdSlot relation_get_slot(KeywordId id);

/* What lies in MatchSet.ranges where a rule has no condition on the ids of a slot. */
IdRange relation_get_all_ids(IdSlot slot);

/* Whether a matches every request that b matches. Yes is certain. */
bool relation_covers(const MatchSet *a, const MatchSet *b);

/* Whether there can be a request that both match. No is certain. */
bool relation_overlaps(const MatchSet *a, const MatchSet *b);

/* Whether no request at all matches; then *ret_keyword is the condition that cannot be fulfilled.
 * Yes is certain. */
bool relation_never_matches(const MatchSet *set, KeywordId *ret_keyword);
