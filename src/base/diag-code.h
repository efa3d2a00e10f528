/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codes of diagnostics about files, stores and lists; those about policies are in
 * core/policy/code.h. A code never changes its meaning and is never used again for something else;
 * what `imactl explain CODE` says of it stands in core/explanations.yaml.
 */
#pragma once

#include <stddef.h>

/* name, code, title */
#define DIAG_CODES(X)                                                                              \
        X(DIRECTORY_UNREADABLE, "E001", "a directory cannot be read")                              \
        X(NAME_ENCODING, "E002", "the name of a file is not valid UTF-8")                          \
        X(FRAGMENT_UNREADABLE, "E011", "a fragment is missing or cannot be read")                  \
        X(FRAGMENT_NOT_FILE, "E012", "a fragment is not a regular file")                           \
        X(FRAGMENT_SIZE, "E013", "a fragment is too large")                                        \
        X(TOO_MANY_FRAGMENTS, "E014", "there are too many fragments")                              \
        X(FRAGMENT_SUFFIX, "E015", "a named file is no fragment")                                  \
        X(STATE_DAMAGED, "E021", "the state file of the policy is damaged")                        \
        X(GENERATION_DAMAGED, "E022", "a generation of the policy is damaged")                     \
        X(GENERATION_MISSING, "E023", "a generation of the policy is missing")                     \
        X(TARGET_DESCRIPTION, "E034", "the description of a target is malformed")                  \
        X(KERNEL_REFUSES, "E035", "the running kernel refuses a rule")                             \
        X(SIMULATED_FILE, "E036", "a file cannot be simulated")                                    \
        X(GATE_KEYS, "E041", "the kernel would not verify with the keys")                          \
        X(GATE_COVERAGE, "E042", "files that the policy refuses have no good signature")           \
        X(GATE_FILESYSTEMS, "E043", "the policy refuses files that cannot have a signature")       \
        X(BOOT_RECORD, "E301", "the record of this boot is malformed")                             \
        X(LIST_CUT, "E401", "a measurement list ends inside an entry")                             \
        X(LIST_MALFORMED, "E402", "an entry of a measurement list is malformed")                   \
        X(LIST_DIGEST, "E403", "the digest of a measurement does not fit its data")                \
        X(LIST_KEXEC, "E404", "a kexec buffer is not as its header says")                          \
        X(LIST_OTHER_BOOT, "E405", "a measurement list is of another boot than the PCR values")    \
        X(LIST_SIGNATURE, "E406", "a signature in a measurement is bad")                           \
        X(PCR_VALUE, "E410", "a PCR value is malformed")                                           \
        X(PCR_CONFLICT, "E411", "a PCR has two values")                                            \
        X(PCR_NONE, "E412", "a file of PCR values holds none")                                     \
        X(EVENT_LOG, "E420", "an event log is cut off or malformed")                               \
        X(EVENT_LOG_PCR, "E421", "an event log does not lead to a PCR")                            \
        X(CERTIFICATE, "E430", "a file holds no certificate")                                      \
        X(REVOCATION_LIST, "E431", "a file holds no revocation list")                              \
        X(DENY_LIST_LINE, "E432", "a line of a deny list is malformed")                            \
        X(EVIDENCE_MALFORMED, "E450", "an evidence file is malformed")                             \
        X(QUOTE_KEY, "E451", "evidence is signed by another key than the expected one")            \
        X(QUOTE_SIGNATURE, "E452", "the signature of a quote is wrong")                            \
        X(QUOTE_NONCE, "E453", "a quote answers another challenge")                                \
        X(QUOTE_PCRS, "E454", "the PCR values are not those of the quote")                         \
        X(QUOTE_EVENT_LOG, "E455", "the event log does not give the quoted PCR values")            \
        X(QUOTE_LIST, "E456", "the measurement list does not give the quoted PCR values")          \
        X(QUOTE_BOOT, "E457", "the measurement list is of another boot than the quote")            \
        X(QUOTE_ENTRY, "E458", "an attested measurement cannot be read")                           \
        X(QUOTE_FILE_SIGNATURE, "E459", "an attested file has no good signature")                  \
        X(QUOTE_FILE, "E460", "an attested file is not on the allow list")                         \
        X(ALLOW_LIST_LINE, "E470", "a line of an allow list is malformed")                         \
        X(EXPORT_MALFORMED, "E471", "an earlier export is malformed")                              \
        X(ARCHIVE_SEGMENT, "E480", "a segment of an archived measurement list is damaged")         \
        X(ARCHIVE_GAP, "E481", "a segment of an archived measurement list is missing")             \
        X(BUNDLE, "E490", "a bundle of signatures is malformed")                                   \
        X(BUNDLE_SIGNATURE, "E491", "a bundle is not signed by a key that is trusted for it")      \
        X(BUNDLE_KEY, "E492", "the key of a bundle has expired, or will soon")                     \
        X(BUNDLE_PROVENANCE, "E493", "a bundle lacks the provenance that is asked for")            \
        X(VOUCH_VERSION, "E610", "the version of the language of vouch rules is not supported")    \
        X(VOUCH_PATH, "E611", "a path of a vouch rule is malformed or too wide")                   \
        X(VOUCH_PACKAGE, "E612", "a vouch rule does not name a package")                           \
        X(VOUCH_LIMIT, "E613", "a limit of a vouch rule is out of range")                          \
        X(APT_SOURCE, "W601", "a source of packages is malformed")                                 \
        X(APT_LIST, "W602", "a source of packages vouches for nothing")                            \
        X(ARCHIVE, "W603", "an archive of a package cannot be used")                               \
        X(NO_KERNEL, "N031", "no kernel is installed to check for")                                \
        X(FILE_IGNORED, "W001", "a file is ignored because of its name")                           \
        X(CONFIG_LINE, "W002", "a line of a configuration file is not understood")                 \
        X(CONFIG_VALUE, "W003", "a value of a configuration file is malformed")                    \
        X(CONFIG_UNREADABLE, "W004", "a configuration file cannot be read")                        \
        X(KERNEL_CONFIG, "W032", "the configuration of a kernel is malformed")                     \
        X(KERNEL_RELEASE, "W033", "a module directory is not named after a kernel")                \
        X(STORE_REPLACED, "W041", "the stored policy was damaged and is replaced")                 \
        X(NO_RULE_FOR_KERNEL, "W042", "no rule is left for a kernel")                              \
        X(KERNELS_DIFFER, "W043", "what one kernel takes another one refuses")                     \
        X(LIST_FIELD, "W401", "a field of a measurement does not parse")                           \
        X(LIST_PCR, "W402", "a measurement is in a PCR that the kernel cannot extend")             \
        X(LIST_SIGNATURE_FORM, "W403", "a signature in a measurement does not parse")              \
        X(LIST_BYPASS, "W404", "IMA found no TPM when it started")                                 \
        X(LIST_BOOT_PCRS, "W405", "the boot PCRs are not those of boot_aggregate")                 \
        X(LIST_LONG, "W406", "a measurement list is too long to be shown whole")                   \
        X(PCR_LINE, "W410", "a line of a file of PCR values is not understood")                    \
        X(EVENT_LOG_UNUSABLE, "W420", "the firmware's event log cannot be used")                   \
        X(QUOTE_KEY_UNKNOWN, "W450", "nothing says whose key signed the evidence")                 \
        X(QUOTE_NO_EVENT_LOG, "W451", "evidence without an event log")                             \
        X(QUOTE_VIOLATION, "W452", "an attested measurement is a violation")                       \
        X(QUOTE_OTHER_PCR, "W453", "a measurement is in a PCR that the quote does not cover")      \
        X(QUOTE_BOOT_LOADER, "W454", "a PCR of the boot loader holds more than the event log")     \
        X(EXPORT_NAME, "W470", "a name that the format of an export cannot hold")

#define DIAG_CODE_DEFINE(name, code, title)                                                        \
        static const char DIAG_CODE_##name[] __attribute__((unused)) = code;
DIAG_CODES(DIAG_CODE_DEFINE)
#undef DIAG_CODE_DEFINE

typedef struct DiagCode {
        const char *code;
        const char *name; /* never changes either */
        const char *title;
} DiagCode;

/* All of these codes, *ret_count of them. */
const DiagCode *diag_code_list(size_t *ret_count);
