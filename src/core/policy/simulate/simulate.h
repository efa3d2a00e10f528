/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a list of rules decides about a request, as ima_match_policy() in
 * security/integrity/ima/ima_policy.c does: in each class the first rule that matches counts. Rules
 * are indexed by the values that they compare for equality, so that a decision looks at few of
 * them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/simulate/match.h"

/* What a rule's action and its dont_ form are about. */
typedef enum SimulateClass {
        SIMULATE_CLASS_MEASURE,
        SIMULATE_CLASS_APPRAISE,
        SIMULATE_CLASS_AUDIT,
        SIMULATE_CLASS_HASH,
        SIMULATE_CLASS_MAX,
        SIMULATE_CLASS_INVALID = -EINVAL,
} SimulateClass;

/* What matching rules of all classes add up to (IMA_NONACTION_FLAGS). */
typedef enum SimulateFlag {
        SIMULATE_FLAG_SIGNATURE = 1 << 0,     /* a signature is required */
        SIMULATE_FLAG_MODSIG = 1 << 1,        /* an appended one will do */
        SIMULATE_FLAG_VERITY = 1 << 2,        /* the fs-verity digest is used */
        SIMULATE_FLAG_DIRECTIO = 1 << 3,      /* O_DIRECT is tolerated */
        SIMULATE_FLAG_BLACKLIST = 1 << 4,     /* the digest must not be on the blacklist */
        SIMULATE_FLAG_FAIL_SECURELY = 1 << 5, /* file systems that cannot be verified are denied */
} SimulateFlag;

#define SIMULATE_NO_RULE (-1)

/* Where a rule comes from. Borrows its text, which outlives the simulator. */
typedef struct SimulateOrigin {
        const char *list; /* "policy", or the name of a built-in list */
        uint32_t line;    /* in that list, from 1 */
        bool is_parsed;   /* by the kernel's parser, which adds flags; built-in lists are not */
} SimulateOrigin;

typedef struct SimulateVerdict {
        bool is_active; /* the list has a rule that demands it, so that the kernel looks */
        bool is_done;
        int rule; /* that decided, or SIMULATE_NO_RULE */
} SimulateVerdict;

typedef struct SimulateDecision {
        SimulateVerdict classes[SIMULATE_CLASS_MAX];
        unsigned flags; /* SimulateFlag */
        int pcr;        /* -1: the default one */
        int pcr_rule;
        int template_rule;   /* whose template= counts, or SIMULATE_NO_RULE */
        uint64_t algorithms; /* bits by hash id that appraise_algos= allows; 0: all */
        bool is_generic;     /* appraised for a rule without func=, so as FILE_CHECK */
} SimulateDecision;

typedef struct Simulator Simulator;

/* The target may be NULL (the newest kernel) and is not needed later. */
int simulate_new(const Target *target, Simulator **ret_simulator);
Simulator *simulate_free(Simulator *simulator);
DEFINE_CLEANUP_FUNC(Simulator *, simulate_free)

/* Appends a rule; what it points to must outlive the simulator. -E2BIG, -ENOMEM. */
int simulate_add_rule(Simulator *simulator, const Rule *rule, SimulateOrigin origin);

/*
 * Appends the rule of one line of kernel text, if it has one. A line that the target refuses gives
 * the errno of rule_text_parse(); also -E2BIG, -ENOMEM.
 */
int simulate_add_line(Simulator *simulator, SimulateOrigin origin, const char *line, size_t size,
                const Target *target);

/*
 * Appends the rules of kernel text, with the lines of the text as their origin. Stops at the first
 * line that fails as above; *ret_line is its number then.
 */
int simulate_add_text(Simulator *simulator, const char *list, const char *text, size_t size,
                const Target *target, uint32_t *ret_line);

/* ima_policy=fail_securely. */
void simulate_set_fail_securely(Simulator *simulator, bool fail_securely);

/*
 * Makes the list active: indexes it. appraises is false while ima_appraise is 0, when the class
 * appraise rests. To be called once, behind the last rule. -ENOMEM.
 */
int simulate_seal(Simulator *simulator, bool appraises);

/* Of a sealed simulator. */
SimulateDecision simulate_decide(const Simulator *simulator, const Request *request);

/* The same by asking each rule in turn: what the index is held against. */
SimulateDecision simulate_decide_linear(const Simulator *simulator, const Request *request);

size_t simulate_get_rule_count(const Simulator *simulator);

/* As long as the simulator lives; index below simulate_get_rule_count(). */
const Rule *simulate_get_rule(const Simulator *simulator, size_t index);
const MatchRule *simulate_get_match(const Simulator *simulator, size_t index);
SimulateOrigin simulate_get_origin(const Simulator *simulator, size_t index);

const char *simulate_class_to_string(SimulateClass class_);
SimulateClass simulate_class_of(RuleAction action);
bool simulate_action_is_do(RuleAction action);

/* "signature-required" and the like. */
const char *simulate_flag_to_string(SimulateFlag flag);
