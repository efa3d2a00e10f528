/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of lint share; lint.h is what others use. */
#pragma once

#include "core/policy/code.h"
#include "core/policy/lint/lint-index.h"
#include "core/policy/lint/lint.h"

/* Rules of another class that one rule is compared with. */
#define LINT_PEERS_MAX 16

typedef enum LintClass {
        LINT_CLASS_MEASURE,
        LINT_CLASS_APPRAISE,
        LINT_CLASS_AUDIT,
        LINT_CLASS_HASH,
        LINT_CLASS_MAX,
} LintClass;

/* Those that exclusions and rules without func may take in unnoticed. */
#define LINT_EXEC_EVENTS                                                                           \
        (relation_get_hook_events(RULE_FUNC_BPRM_CHECK) |                                          \
                        relation_get_hook_events(RULE_FUNC_MMAP_CHECK) |                           \
                        relation_get_hook_events(RULE_FUNC_MMAP_CHECK_REQPROT) |                   \
                        relation_get_hook_events(RULE_FUNC_CREDS_CHECK))
#define LINT_KERNEL_EVENTS                                                                         \
        (relation_get_hook_events(RULE_FUNC_MODULE_CHECK) |                                        \
                        relation_get_hook_events(RULE_FUNC_FIRMWARE_CHECK) |                       \
                        relation_get_hook_events(RULE_FUNC_POLICY_CHECK) |                         \
                        relation_get_hook_events(RULE_FUNC_KEXEC_KERNEL_CHECK) |                   \
                        relation_get_hook_events(RULE_FUNC_KEXEC_INITRAMFS_CHECK) |                \
                        relation_get_hook_events(RULE_FUNC_KEXEC_CMDLINE))
#define LINT_EVENTS_OF_NOTE (LINT_EXEC_EVENTS | LINT_KERNEL_EVENTS)

#define LINT_FINDINGS_MAX 16 /* different ones of one rule of a fragment */

typedef struct LintFinding {
        const char *code;
        size_t count; /* of kernel rules */
        char *message;
        const char *hint;
        LintCover others; /* what it has to do with; may be empty */
} LintFinding;

/* What one pass over all rules tells before they are looked at one by one. */
typedef struct LintSurvey {
        size_t first_do[LINT_CLASS_MAX];      /* index of the first rule that is no exclusion */
        size_t end_do[LINT_CLASS_MAX];        /* behind the last one; 0: there is none */
        size_t event_end[LINT_CLASS_MAX][32]; /* behind the last one with this event */
        size_t appraise[LINT_PEERS_MAX];
        size_t n_appraise;
} LintSurvey;

typedef struct Lint {
        const Policy *policy;
        const Target *target;
        const LintFacts *facts; /* never NULL */
        DiagList *diags;
        MatchSet *sets; /* of all rules */
        LintSurvey survey;
        LintIndex *indexes; /* by class, of the rules before the present one */
        LintFinding findings[LINT_FINDINGS_MAX];
        size_t n_findings;
        size_t group_rules;   /* kernel rules of the present rule of a fragment */
        size_t n_reach;       /* appraise rules whose reach was looked at */
        size_t n_funcless;    /* rules without func whose hooks were looked at */
        uint32_t pseudo_said; /* what earlier rules of fragments were told to reach */
        uint32_t pseudo_new;  /* and the present one */
        const Rule *setxattr; /* the first one with SETXATTR_CHECK */
        bool narrowed;        /* some files were excluded from measuring by owner or label */
        bool no_memory;
} Lint;

/* The kernel rule that is looked at. */
typedef struct LintSubject {
        const Rule *rule;
        const MatchSet *set;
        size_t index;
        RuleAction action;
        RuleFunc func;
        LintClass class;
        bool exclusion;   /* dont_… */
        bool unreachable; /* has been found to be so, or never to match */
        const RuleValue *values[KEYWORD_MAX];
} LintSubject;

LintClass lint_action_get_class(RuleAction action);
bool lint_action_is_exclusion(RuleAction action);

/*
 * Says something about the rule of a fragment that the subject comes from: "rule NAME …". Of
 * several kernel rules of it the first one's words count. The hint is a literal; others may be
 * NULL. False when the rule allows it.
 */
bool lint_warn(Lint *lint, const LintSubject *subject, const char *code, const LintCover *others,
                const char *hint, const char *format, ...) _printf_(6, 7);

/* Checks of a rule by itself. */
void lint_check_value(Lint *lint, LintSubject *subject);

/* Checks of a rule against others, whose place decides. */
void lint_check_order(Lint *lint, LintSubject *subject);

/* Checks of which files and hooks a rule reaches that were not thought of. */
void lint_check_reach(Lint *lint, LintSubject *subject);
