/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codes of everything that is said about policies. A code never changes its meaning and is
 * never used again for something else; the title is what `imactl explain CODE` opens with.
 */
#pragma once

#include <stddef.h>

/* name, code, title */
#define POLICY_CODES(X)                                                                            \
        X(YAML_SYNTAX, "E101", "the text is not well-formed YAML")                                 \
        X(ENCODING, "E102", "the text is not plain UTF-8 with Unix line ends")                     \
        X(YAML_LIMIT, "E103", "the fragment exceeds a limit")                                      \
        X(YAML_FEATURE, "E104", "a feature of YAML that fragments do not use")                     \
        X(DUPLICATE_KEY, "E105", "a key stands twice in one mapping")                              \
        X(UNKNOWN_KEY, "E106", "a key that is not known here")                                     \
        X(WRONG_SHAPE, "E107", "a list, mapping or value stands where another is expected")        \
        X(MISSING_KEY, "E108", "a required key is missing")                                        \
        X(VERSION, "E109", "the version of the policy language is not supported")                  \
        X(INVALID_ID, "E110", "a rule's id is malformed")                                          \
        X(DUPLICATE_ID, "E111", "two rules of one fragment have the same id")                      \
        X(UNDEFINED_NAME, "E112", "a $name that the fragment does not define")                     \
        X(INVALID_NAME, "E113", "a defined name is malformed")                                     \
        X(DISABLE_TARGET, "E114", "disable names no rule of an earlier fragment")                  \
        X(INVALID_WHEN, "E115", "a condition on the kernel is malformed")                          \
        X(EMPTY_VALUE, "E116", "a value is missing")                                               \
        X(FRAGMENT_NAME, "E117", "the file name of a fragment is malformed or used twice")         \
        X(INVALID_ALLOW, "E118", "allow names no warning about rules")                             \
        X(UNKNOWN_VALUE, "E120", "a value that the kernel does not know")                          \
        X(INVALID_NUMBER, "E121", "a number is malformed or out of range")                         \
        X(UNKNOWN_OWNER, "E122", "a user or group is not known here")                              \
        X(UNKNOWN_FILESYSTEM, "E123", "a file system name is not known")                           \
        X(UNREADABLE_VALUE, "E124", "a value contains characters that the kernel cannot read")     \
        X(INVALID_UUID, "E125", "a UUID is malformed")                                             \
        X(OPERATOR, "E126", "an operator that the keyword does not have")                          \
        X(ACTION_OPTION, "E130", "an option that no listed action can carry")                      \
        X(FUNC_ACTION, "E131", "a func that does not go with the action")                          \
        X(FUNC_KEYWORD, "E132", "a keyword that does not go with the func")                        \
        X(VALUE_CONFLICT, "E133", "two values that the kernel refuses together")                   \
        X(MISSING_COMPANION, "E134", "a keyword that another one requires is missing")             \
        X(SHARED_SLOT, "E135", "two keywords of which the kernel takes only one")                  \
        X(RULE_TOO_LONG, "E136", "a rule is longer than the kernel reads")                         \
        X(TOO_MANY_RULES, "E137", "the fragments make too many rules")                             \
        X(NEEDS_VERSION, "E140", "a newer kernel is needed")                                       \
        X(NEEDS_CONFIG, "E141", "a kernel built with another option is needed")                    \
        X(UNKNOWN_CONFIG, "E142", "a kernel option that does not exist")                           \
        X(UNKNOWN_LABEL, "E143", "a label that the security module does not know")                 \
        X(NEEDS_HASH, "E144", "a hash algorithm that the kernel does not offer")                   \
        X(HEX_WITHOUT_PREFIX, "W101", "a number that the kernel reads as hexadecimal")             \
        X(UNUSED_NAME, "W102", "a defined name is never used")                                     \
        X(CONFIG_UNKNOWN, "W103", "a condition on kernel options cannot be judged")                \
        X(DISABLED_TWICE, "W104", "a rule is disabled more than once")                             \
        X(TEXT_REFUSED, "W150", "the kernel would refuse this text as it stands")                  \
        X(TEXT_CUT, "W151", "a value may have been cut when the kernel showed it")                 \
        X(TEXT_WITHOUT_RULES, "W152", "the text has no rule")                                      \
        X(BOOT_DENIAL, "W153", "a file that the machine needs to come up would be denied")         \
        X(TEXT_RESTORED, "N150", "what the kernel shows was turned into what it reads")            \
        X(TEXT_ALIAS, "N151", "an old name was replaced by the one in use")                        \
        X(TEXT_OPTION_DROPPED, "N152", "an option without effect was left out")                    \
        X(DUPLICATE_RULE, "W201", "a rule repeats an earlier one")                                 \
        X(REDUNDANT_RULE, "W202", "earlier rules do the same for all that a rule matches")         \
        X(SHADOWED_RULE, "W203", "earlier rules decide otherwise about all that a rule matches")   \
        X(LATE_EXCLUSION, "W204", "an exclusion comes after all rules that it could limit")        \
        X(NEVER_MATCHES, "W205", "a rule that can never match")                                    \
        X(NO_EFFECT, "W206", "a condition or option that has no effect")                           \
        X(FILESYSTEM_CONFLICT, "W207", "fsmagic and fsname name different file systems")           \
        X(UNKNOWN_FSNAME, "W208", "a type of file system that is not known here")                  \
        X(UNKNOWN_FSUUID, "W209", "no file system with the UUID is mounted")                       \
        X(INERT_LABEL, "W210", "a label that the security module does not know")                   \
        X(CREDENTIALS_TOO_EARLY, "W211", "CREDS_CHECK does not see set-user-ID")                   \
        X(BOOT_ONLY_DATA, "W212", "critical data that only a built-in policy can measure")         \
        X(PSEUDO_APPRAISED, "W220", "appraisal reaches pseudo file systems")                       \
        X(XATTRS_LACKING, "W221", "appraisal reaches a file system without extended attributes")   \
        X(HIDDEN_HOOK, "W222", "an exclusion of tmpfs or ramfs hides more than opened files")      \
        X(ALL_HOOKS, "W223", "a rule without func also covers what the kernel reads")              \
        X(LEAKING_FLAG, "W224", "a flag of one class of actions has an effect in another")         \
        X(HASH_AFTER_APPRAISE, "W225", "a hash rule comes after an appraise rule")                 \
        X(WRITES_APPRAISED, "W226", "opening for writing needs a label")                           \
        X(WEAK_HASH, "W227", "a weak hash algorithm is accepted")                                  \
        X(ENDLESS_LIST, "W230", "everything that root reads is measured")                          \
        X(POLICY_LOCKED, "W240", "policies must be signed until the next boot")                    \
        X(STICKY, "W241", "an effect of appraise rules that their conditions do not limit")        \
        X(SETXATTR_AGAIN, "W242", "only the first rule with SETXATTR_CHECK counts")                \
        X(PCR_MISSING, "W250", "a PCR that the TPM does not have")                                 \
        X(PCR_TAKEN, "W251", "a PCR that others use")                                              \
        X(PCR_OF_BUFFER, "W252", "PCR 0 means the default PCR for buffers")                        \
        X(TEMPLATE_WITHOUT_BUFFER, "W253", "a template that loses the buffer")                     \
        X(TEMPLATE_WITHOUT_TYPE, "W254", "a template that does not tell fs-verity digests")

#define POLICY_CODE_DEFINE(name, code, title)                                                      \
        static const char POLICY_CODE_##name[] __attribute__((unused)) = code;
POLICY_CODES(POLICY_CODE_DEFINE)
#undef POLICY_CODE_DEFINE

typedef struct PolicyCode {
        const char *code;
        const char *name; /* never changes either */
        const char *title;
} PolicyCode;

/* All codes, in order; *ret_count of them. */
const PolicyCode *policy_code_list(size_t *ret_count);
