/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of the kernel's policy rules as tables: which keywords there are, which values they
 * take, which of them go together. Parsing, validation, expansion and canonical text are driven by
 * these tables; a new keyword is a row in keyword.c and, where its values have a form of their own,
 * a parser in rule-value.c.
 *
 * Source: security/integrity/ima/ima_policy.c (policy_tokens, ima_parse_rule, ima_validate_rule).
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/target/target.h"

#define BIT(n) (1U << (n))

typedef enum RuleAction {
        RULE_ACTION_MEASURE,
        RULE_ACTION_DONT_MEASURE,
        RULE_ACTION_APPRAISE,
        RULE_ACTION_DONT_APPRAISE,
        RULE_ACTION_AUDIT,
        RULE_ACTION_HASH,
        RULE_ACTION_DONT_HASH,
        RULE_ACTION_MAX,
        RULE_ACTION_INVALID = -EINVAL,
} RuleAction;

typedef enum RuleFunc {
        RULE_FUNC_NONE, /* a rule without func= */
        RULE_FUNC_FILE_CHECK,
        RULE_FUNC_MMAP_CHECK,
        RULE_FUNC_MMAP_CHECK_REQPROT,
        RULE_FUNC_BPRM_CHECK,
        RULE_FUNC_CREDS_CHECK,
        RULE_FUNC_MODULE_CHECK,
        RULE_FUNC_FIRMWARE_CHECK,
        RULE_FUNC_POLICY_CHECK,
        RULE_FUNC_KEXEC_KERNEL_CHECK,
        RULE_FUNC_KEXEC_INITRAMFS_CHECK,
        RULE_FUNC_KEXEC_CMDLINE,
        RULE_FUNC_KEY_CHECK,
        RULE_FUNC_CRITICAL_DATA,
        RULE_FUNC_SETXATTR_CHECK,
        RULE_FUNC_MAX,
        RULE_FUNC_INVALID = -EINVAL,
} RuleFunc;

/* Request mask bits as in include/linux/fs.h; RULE_MASK_CONTAINS stands for the leading "^". */
typedef enum RuleMask {
        RULE_MASK_EXEC = 1,
        RULE_MASK_WRITE = 2,
        RULE_MASK_READ = 4,
        RULE_MASK_APPEND = 8,
        RULE_MASK_CONTAINS = 0x100,
} RuleMask;

/* Which signatures appraise_type= demands or takes; bits. */
typedef enum AppraiseType {
        APPRAISE_TYPE_IMASIG = 1,
        APPRAISE_TYPE_MODSIG = 2,
        APPRAISE_TYPE_SIGV3 = 4,
} AppraiseType;

/*
 * The order is that of canonical text. It satisfies every rule of order that the kernel's parser
 * has: template= behind the action, digest_type= before appraise_type=.
 */
typedef enum KeywordId {
        KEYWORD_ACTION,
        KEYWORD_FUNC,
        KEYWORD_MASK,
        KEYWORD_FSMAGIC,
        KEYWORD_FSNAME,
        KEYWORD_FSUUID,
        KEYWORD_UID,
        KEYWORD_EUID,
        KEYWORD_GID,
        KEYWORD_EGID,
        KEYWORD_FOWNER,
        KEYWORD_FGROUP,
        KEYWORD_SUBJ_USER,
        KEYWORD_SUBJ_ROLE,
        KEYWORD_SUBJ_TYPE,
        KEYWORD_OBJ_USER,
        KEYWORD_OBJ_ROLE,
        KEYWORD_OBJ_TYPE,
        KEYWORD_KEYRINGS,
        KEYWORD_LABEL,
        KEYWORD_DIGEST_TYPE,
        KEYWORD_APPRAISE_TYPE,
        KEYWORD_APPRAISE_FLAG,
        KEYWORD_APPRAISE_ALGOS,
        KEYWORD_PCR,
        KEYWORD_TEMPLATE,
        KEYWORD_PERMIT_DIRECTIO,
        KEYWORD_MAX,
        KEYWORD_INVALID = -EINVAL,
} KeywordId;

typedef enum KeywordOperator {
        KEYWORD_OPERATOR_NONE = 0, /* a bare word */
        KEYWORD_OPERATOR_EQUAL = '=',
        KEYWORD_OPERATOR_GREATER = '>',
        KEYWORD_OPERATOR_LESS = '<',
} KeywordOperator;

typedef enum ValueType {
        VALUE_TYPE_ACTION,
        VALUE_TYPE_FUNC,
        VALUE_TYPE_MASK,
        VALUE_TYPE_MAGIC, /* hexadecimal unsigned long, or a file system's name in fragments */
        VALUE_TYPE_TEXT,
        VALUE_TYPE_UUID,
        VALUE_TYPE_USER,  /* an id, or a name in fragments */
        VALUE_TYPE_GROUP, /* the same */
        VALUE_TYPE_LABEL, /* of the security module */
        VALUE_TYPE_LIST,  /* joined by "|" */
        VALUE_TYPE_DIGEST_TYPE,
        VALUE_TYPE_APPRAISE_TYPE,
        VALUE_TYPE_APPRAISE_FLAG,
        VALUE_TYPE_HASHES, /* joined by "," */
        VALUE_TYPE_PCR,
        VALUE_TYPE_TEMPLATE,
        VALUE_TYPE_FLAG, /* no value in kernel text, true or false in fragments */
        VALUE_TYPE_MAX,
} ValueType;

/* What happens when a keyword stands twice in one line of kernel text. */
typedef enum KeywordRepeat {
        KEYWORD_REPEAT_REFUSED,
        KEYWORD_REPEAT_LAST,           /* the last one counts */
        KEYWORD_REPEAT_UNLESS_ZERO,    /* refused, unless the value before was zero */
        KEYWORD_REPEAT_UNLESS_UNKNOWN, /* refused, unless the label before did not resolve */
        KEYWORD_REPEAT_ACCUMULATES,    /* bits are added */
} KeywordRepeat;

/* What a kernel must be or have; all zero: nothing. */
typedef struct KernelNeed {
        uint32_t version[TARGET_VERSION_PARTS]; /* upstream's */
        const char *config;                     /* without CONFIG_ */
} KernelNeed;

typedef struct Keyword {
        const char *name;
        const char *operators; /* "=", "=><", or "" for a bare word */
        ValueType type;
        unsigned actions; /* BIT(RuleAction): which can carry it */
        KeywordRepeat repeat;
        KeywordId slot; /* shares its place in the kernel with this one (euid with uid), or itself
                         */
        char separator; /* the kernel takes a list joined by it; else NUL */
        KernelNeed need;
        const char *expected; /* for diagnostics: what a value looks like */
        const char *says;     /* and what an option is good for: "which PCR an entry extends" */
} Keyword;

/* One row per func; the row of RULE_FUNC_NONE is that of rules without func=. */
typedef struct RuleFuncInfo {
        const char *name;
        const char *alias;       /* an older name of the same, or NULL */
        unsigned actions;        /* BIT(RuleAction) */
        unsigned keywords;       /* BIT(KeywordId) that the kernel takes with it */
        unsigned appraise_types; /* AppraiseType bits that may be set */
        KernelNeed need;
} RuleFuncInfo;

/* What a value is called in kernel text and what it stands for; tables end with name NULL. */
typedef struct ValueWord {
        const char *name;
        uint64_t number;
        KernelNeed need;
} ValueWord;

/* By KeywordId. */
extern const Keyword keyword_table[KEYWORD_MAX];

static inline const Keyword *keyword_get(KeywordId id)
{
        return &keyword_table[id];
}

/* The keyword whose name, without operator, is these length bytes; else KEYWORD_INVALID. */
KeywordId keyword_find(const char *name, size_t length);

const RuleFuncInfo *rule_func_get_info(RuleFunc func);
const char *rule_action_to_string(RuleAction action);

/* The words that a type of value consists of, or NULL when it has another form. */
const ValueWord *value_type_get_words(ValueType type);

/* 0 when the kernel has what is needed or nothing is known about it; -EOPNOTSUPP when not. */
int kernel_need_check(const KernelNeed *need, const Target *target);
