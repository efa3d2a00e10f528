/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/keyword.h"

#include "base/strings.h"

#define ANY_ACTION (BIT(RULE_ACTION_MAX) - 1)
#define MEASURE_ONLY BIT(RULE_ACTION_MEASURE)
#define APPRAISE_ONLY BIT(RULE_ACTION_APPRAISE)
#define MEASURE_CLASS (BIT(RULE_ACTION_MEASURE) | BIT(RULE_ACTION_DONT_MEASURE))

#define ID_EXPECTED(kind)                                                                          \
        "a " kind " name or a number below 4294967295, with > or < before it for a range"
#define LABEL_EXPECTED "a label that the loaded security module knows"

/* clang-format off */
const Keyword keyword_table[KEYWORD_MAX] = {
        [KEYWORD_ACTION] = { "action", "", VALUE_TYPE_ACTION, ANY_ACTION, .slot = KEYWORD_ACTION,
                .expected = "measure (record what is used), appraise (refuse what has no good label), audit (log it), hash "
                            "(label it), or dont_measure, dont_appraise, dont_hash, which except something" },
        [KEYWORD_FUNC] = { "func", "=", VALUE_TYPE_FUNC, ANY_ACTION, .slot = KEYWORD_FUNC,
                .expected = "FILE_CHECK (a file is opened), BPRM_CHECK (executed), CREDS_CHECK (the same, asked once "
                            "more), MMAP_CHECK (mapped as code), MMAP_CHECK_REQPROT (the same, by what was asked "
                            "for), MODULE_CHECK, FIRMWARE_CHECK, POLICY_CHECK, KEXEC_KERNEL_CHECK, "
                            "KEXEC_INITRAMFS_CHECK (read by the kernel), KEXEC_CMDLINE, KEY_CHECK, CRITICAL_DATA "
                            "(no files) or SETXATTR_CHECK (a label is set)" },
        [KEYWORD_MASK] = { "mask", "=", VALUE_TYPE_MASK, ANY_ACTION, .slot = KEYWORD_MASK,
                .expected = "one of MAY_EXEC, MAY_READ, MAY_WRITE, MAY_APPEND; ^MAY_READ means \"reads, whatever else\"" },
        [KEYWORD_FSMAGIC] = { "fsmagic", "=", VALUE_TYPE_MAGIC, ANY_ACTION, KEYWORD_REPEAT_UNLESS_ZERO, KEYWORD_FSMAGIC,
                .expected = "a file system's name or its magic number in hexadecimal; fsname takes any name of /proc/filesystems" },
        [KEYWORD_FSNAME] = { "fsname", "=", VALUE_TYPE_TEXT, ANY_ACTION, KEYWORD_REPEAT_LAST, KEYWORD_FSNAME,
                .expected = "a file system type as in /proc/filesystems" },
        [KEYWORD_FSUUID] = { "fsuuid", "=", VALUE_TYPE_UUID, ANY_ACTION, KEYWORD_REPEAT_UNLESS_ZERO, KEYWORD_FSUUID,
                .expected = "a UUID as lsblk -o UUID prints it: 8-4-4-4-12 hexadecimal digits" },
        [KEYWORD_UID] = { "uid", "=><", VALUE_TYPE_USER, ANY_ACTION, .slot = KEYWORD_UID,
                .expected = ID_EXPECTED("user") },
        [KEYWORD_EUID] = { "euid", "=><", VALUE_TYPE_USER, ANY_ACTION, .slot = KEYWORD_UID,
                .expected = ID_EXPECTED("user") },
        [KEYWORD_GID] = { "gid", "=><", VALUE_TYPE_GROUP, ANY_ACTION, .slot = KEYWORD_GID,
                .need = { .version = { 5, 16 } }, .expected = ID_EXPECTED("group") },
        [KEYWORD_EGID] = { "egid", "=><", VALUE_TYPE_GROUP, ANY_ACTION, .slot = KEYWORD_GID,
                .need = { .version = { 5, 16 } }, .expected = ID_EXPECTED("group") },
        [KEYWORD_FOWNER] = { "fowner", "=><", VALUE_TYPE_USER, ANY_ACTION, .slot = KEYWORD_FOWNER,
                .expected = ID_EXPECTED("user") },
        [KEYWORD_FGROUP] = { "fgroup", "=><", VALUE_TYPE_GROUP, ANY_ACTION, .slot = KEYWORD_FGROUP,
                .need = { .version = { 5, 16 } }, .expected = ID_EXPECTED("group") },
        [KEYWORD_SUBJ_USER] = { "subj_user", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_SUBJ_USER, .expected = LABEL_EXPECTED },
        [KEYWORD_SUBJ_ROLE] = { "subj_role", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_SUBJ_ROLE, .expected = LABEL_EXPECTED },
        [KEYWORD_SUBJ_TYPE] = { "subj_type", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_SUBJ_TYPE, .expected = LABEL_EXPECTED },
        [KEYWORD_OBJ_USER] = { "obj_user", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_OBJ_USER, .expected = LABEL_EXPECTED },
        [KEYWORD_OBJ_ROLE] = { "obj_role", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_OBJ_ROLE, .expected = LABEL_EXPECTED },
        [KEYWORD_OBJ_TYPE] = { "obj_type", "=", VALUE_TYPE_LABEL, ANY_ACTION, KEYWORD_REPEAT_UNLESS_UNKNOWN,
                KEYWORD_OBJ_TYPE, .expected = LABEL_EXPECTED },
        [KEYWORD_KEYRINGS] = { "keyrings", "=", VALUE_TYPE_LIST, MEASURE_CLASS, .slot = KEYWORD_KEYRINGS, .separator = '|',
                .need = { .version = { 5, 6 }, .config = "IMA_MEASURE_ASYMMETRIC_KEYS" },
                .expected = "names of keyrings, such as .ima", .says = "keys of which keyrings are meant" },
        [KEYWORD_LABEL] = { "label", "=", VALUE_TYPE_LIST, MEASURE_CLASS, .slot = KEYWORD_LABEL, .separator = '|',
                .need = { .version = { 5, 12 } }, .expected = "names of critical data, such as selinux",
                .says = "which data is meant" },
        [KEYWORD_DIGEST_TYPE] = { "digest_type", "=", VALUE_TYPE_DIGEST_TYPE, ANY_ACTION, KEYWORD_REPEAT_LAST, KEYWORD_DIGEST_TYPE,
                .need = { .version = { 5, 19 } }, .expected = "verity" },
        [KEYWORD_APPRAISE_TYPE] = { "appraise_type", "=", VALUE_TYPE_APPRAISE_TYPE, APPRAISE_ONLY, KEYWORD_REPEAT_ACCUMULATES,
                KEYWORD_APPRAISE_TYPE, .expected = "imasig (a signature in security.ima), sigv3 (one of an fs-verity "
                            "digest) or imasig|modsig (in security.ima, or appended to the file)",
                .says = "which signatures count" },
        [KEYWORD_APPRAISE_FLAG] = { "appraise_flag", "=", VALUE_TYPE_APPRAISE_FLAG, APPRAISE_ONLY, KEYWORD_REPEAT_LAST,
                KEYWORD_APPRAISE_FLAG, .expected = "check_blacklist", .says = "that digests of a blacklist are refused" },
        [KEYWORD_APPRAISE_ALGOS] = { "appraise_algos", "=", VALUE_TYPE_HASHES, APPRAISE_ONLY, .slot = KEYWORD_APPRAISE_ALGOS,
                .separator = ',', .need = { .version = { 5, 15 } }, .expected = "hash algorithms by their kernel names, such as sha256",
                .says = "which hashes a label may have" },
        [KEYWORD_PCR] = { "pcr", "=", VALUE_TYPE_PCR, MEASURE_ONLY, KEYWORD_REPEAT_LAST, KEYWORD_PCR,
                .expected = "a PCR's number, 0 to 63, of which a TPM has 24; IMA's own is 10",
                .says = "which PCR an entry extends" },
        [KEYWORD_TEMPLATE] = { "template", "=", VALUE_TYPE_TEMPLATE, MEASURE_ONLY, .slot = KEYWORD_TEMPLATE,
                .expected = "ima-ng (an entry holds digest and name), ima-sig (and the signature), ima-ngv2, ima-sigv2 (they "
                            "tell digests of fs-verity), ima-modsig (and appended signatures), ima-buf (for what is no "
                            "file), evm-sig (and owner, mode and attributes) or ima (SHA-1 or MD5 only)",
                .says = "what an entry of the list holds" },
        [KEYWORD_PERMIT_DIRECTIO] = { "permit_directio", "", VALUE_TYPE_FLAG, ANY_ACTION, KEYWORD_REPEAT_LAST,
                KEYWORD_PERMIT_DIRECTIO, .expected = "true or false" },
};

#define ID_KEYWORDS                                                                                 \
        (BIT(KEYWORD_UID) | BIT(KEYWORD_EUID) | BIT(KEYWORD_GID) | BIT(KEYWORD_EGID) |              \
                        BIT(KEYWORD_FOWNER) | BIT(KEYWORD_FGROUP))
#define FS_KEYWORDS (BIT(KEYWORD_FSMAGIC) | BIT(KEYWORD_FSNAME) | BIT(KEYWORD_FSUUID))
#define LSM_KEYWORDS                                                                                \
        (BIT(KEYWORD_SUBJ_USER) | BIT(KEYWORD_SUBJ_ROLE) | BIT(KEYWORD_SUBJ_TYPE) |                 \
                        BIT(KEYWORD_OBJ_USER) | BIT(KEYWORD_OBJ_ROLE) | BIT(KEYWORD_OBJ_TYPE))
/* appraise_flag= is a matter of the kernel's version, see rule_check(). */
#define ALWAYS (BIT(KEYWORD_ACTION) | BIT(KEYWORD_FUNC) | BIT(KEYWORD_APPRAISE_FLAG))
#define MEASURE_OPTIONS (BIT(KEYWORD_PCR) | BIT(KEYWORD_TEMPLATE))
#define MODULE_KEYWORDS                                                                             \
        (ALWAYS | BIT(KEYWORD_MASK) | FS_KEYWORDS | ID_KEYWORDS | LSM_KEYWORDS | MEASURE_OPTIONS |  \
                        BIT(KEYWORD_APPRAISE_TYPE) | BIT(KEYWORD_APPRAISE_ALGOS) |                  \
                        BIT(KEYWORD_PERMIT_DIRECTIO))
#define FILE_KEYWORDS (MODULE_KEYWORDS | BIT(KEYWORD_DIGEST_TYPE))
#define BUFFER_KEYWORDS (ALWAYS | BIT(KEYWORD_UID) | BIT(KEYWORD_GID) | MEASURE_OPTIONS)

#define FILE_SIGNATURES (APPRAISE_TYPE_IMASIG | APPRAISE_TYPE_SIGV3)
#define MODULE_SIGNATURES (APPRAISE_TYPE_IMASIG | APPRAISE_TYPE_MODSIG)

static const RuleFuncInfo funcs[RULE_FUNC_MAX] = {
        [RULE_FUNC_NONE] = { NULL, NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_FILE_CHECK] = { "FILE_CHECK", "PATH_CHECK", ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_MMAP_CHECK] = { "MMAP_CHECK", "FILE_MMAP", ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_MMAP_CHECK_REQPROT] = { "MMAP_CHECK_REQPROT", NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES,
                { .version = { 6, 3 } } },
        [RULE_FUNC_BPRM_CHECK] = { "BPRM_CHECK", NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_CREDS_CHECK] = { "CREDS_CHECK", NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_MODULE_CHECK] = { "MODULE_CHECK", NULL, ANY_ACTION, MODULE_KEYWORDS, MODULE_SIGNATURES },
        [RULE_FUNC_FIRMWARE_CHECK] = { "FIRMWARE_CHECK", NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_POLICY_CHECK] = { "POLICY_CHECK", NULL, ANY_ACTION, FILE_KEYWORDS, FILE_SIGNATURES },
        [RULE_FUNC_KEXEC_KERNEL_CHECK] = { "KEXEC_KERNEL_CHECK", NULL, ANY_ACTION, MODULE_KEYWORDS, MODULE_SIGNATURES },
        [RULE_FUNC_KEXEC_INITRAMFS_CHECK] = { "KEXEC_INITRAMFS_CHECK", NULL, ANY_ACTION, MODULE_KEYWORDS, MODULE_SIGNATURES },
        [RULE_FUNC_KEXEC_CMDLINE] = { "KEXEC_CMDLINE", NULL, MEASURE_CLASS,
                ALWAYS | FS_KEYWORDS | ID_KEYWORDS | LSM_KEYWORDS | MEASURE_OPTIONS, 0 },
        [RULE_FUNC_KEY_CHECK] = { "KEY_CHECK", NULL, MEASURE_CLASS, BUFFER_KEYWORDS | BIT(KEYWORD_KEYRINGS), 0,
                { .version = { 5, 6 }, .config = "IMA_MEASURE_ASYMMETRIC_KEYS" } },
        [RULE_FUNC_CRITICAL_DATA] = { "CRITICAL_DATA", NULL, MEASURE_CLASS, BUFFER_KEYWORDS | BIT(KEYWORD_LABEL), 0,
                { .version = { 5, 12 } } },
        /* The kernel does not look at labels here; they parse and have no effect. */
        [RULE_FUNC_SETXATTR_CHECK] = { "SETXATTR_CHECK", NULL, APPRAISE_ONLY,
                ALWAYS | LSM_KEYWORDS | BIT(KEYWORD_APPRAISE_ALGOS), 0, { .version = { 5, 15 } } },
};

static const ValueWord action_words[] = {
        { "measure", RULE_ACTION_MEASURE },
        { "dont_measure", RULE_ACTION_DONT_MEASURE },
        { "appraise", RULE_ACTION_APPRAISE },
        { "dont_appraise", RULE_ACTION_DONT_APPRAISE },
        { "audit", RULE_ACTION_AUDIT },
        { "hash", RULE_ACTION_HASH },
        { "dont_hash", RULE_ACTION_DONT_HASH },
        { NULL },
};

static const ValueWord mask_words[] = {
        { "MAY_EXEC", RULE_MASK_EXEC },
        { "MAY_WRITE", RULE_MASK_WRITE },
        { "MAY_READ", RULE_MASK_READ },
        { "MAY_APPEND", RULE_MASK_APPEND },
        { "^MAY_EXEC", RULE_MASK_EXEC | RULE_MASK_CONTAINS },
        { "^MAY_WRITE", RULE_MASK_WRITE | RULE_MASK_CONTAINS },
        { "^MAY_READ", RULE_MASK_READ | RULE_MASK_CONTAINS },
        { "^MAY_APPEND", RULE_MASK_APPEND | RULE_MASK_CONTAINS },
        { NULL },
};

static const ValueWord digest_type_words[] = {
        { "verity", 1 },
        { NULL },
};

static const ValueWord appraise_type_words[] = {
        { "imasig", APPRAISE_TYPE_IMASIG },
        { "sigv3", APPRAISE_TYPE_SIGV3, { .version = { 5, 19 } } },
        { "imasig|modsig", APPRAISE_TYPE_IMASIG | APPRAISE_TYPE_MODSIG, { .config = "IMA_APPRAISE_MODSIG" } },
        { NULL },
};

/* Names and formats from security/integrity/ima/ima_template.c; equal numbers are one template. */
static const ValueWord template_words[] = {
        { "ima", 0 },
        { "ima-ng", 1 },
        { "ima-sig", 2 },
        { "ima-ngv2", 3, { .version = { 5, 19 } } },
        { "ima-sigv2", 4, { .version = { 5, 19 } } },
        { "ima-buf", 5 },
        { "ima-modsig", 6 },
        { "evm-sig", 7, { .version = { 5, 14 } } },
        { "d|n", 0 },
        { "d-ng|n-ng", 1 },
        { "d-ng|n-ng|sig", 2 },
        { "d-ngv2|n-ng", 3 },
        { "d-ngv2|n-ng|sig", 4 },
        { "d-ng|n-ng|buf", 5 },
        { "d-ng|n-ng|sig|d-modsig|modsig", 6 },
        { "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode", 7 },
        { NULL },
};
/* clang-format on */

/* Without a call: this is done for every key of every rule. */
static bool is_name(const char *keyword, const char *name, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if (keyword[i] != name[i])
                        return false;
        return keyword[length] == '\0';
}

KeywordId keyword_find(const char *name, size_t length)
{
        for (int i = 0; i < KEYWORD_MAX; i++)
                if (is_name(keyword_table[i].name, name, length))
                        return (KeywordId) i;
        return KEYWORD_INVALID;
}

const RuleFuncInfo *rule_func_get_info(RuleFunc func)
{
        return &funcs[func];
}

const char *rule_action_to_string(RuleAction action)
{
        return action_words[action].name;
}

const ValueWord *value_type_get_words(ValueType type)
{
        static const ValueWord *const words[VALUE_TYPE_MAX] = {
                [VALUE_TYPE_ACTION] = action_words,
                [VALUE_TYPE_MASK] = mask_words,
                [VALUE_TYPE_DIGEST_TYPE] = digest_type_words,
                [VALUE_TYPE_APPRAISE_TYPE] = appraise_type_words,
                [VALUE_TYPE_TEMPLATE] = template_words,
        };

        return words[type];
}

int kernel_need_check(const KernelNeed *need, const Target *target)
{
        if (!target || (need->version[0] == 0 && !need->config))
                return 0;
        if (target_compare_grammar(target, need->version, TARGET_VERSION_PARTS) < 0)
                return -EOPNOTSUPP;
        if (need->config && target_has_config(target, need->config) == 0)
                return -EOPNOTSUPP;
        return 0;
}
