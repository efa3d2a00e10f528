/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/verbs.h"

#define ROOT OPTION_ROOT
#define DRY_RUN OPTION_DRY_RUN
#define STRICT OPTION_STRICT
#define KERNEL OPTION_KERNEL, OPTION_TARGET
#define LIST OPTION_LIST
#define LIVE OPTION_LIVE
#define PCR OPTION_PCR
#define OUTPUT OPTION_OUTPUT
#define RUNNING OPTION_RUNNING
#define PCRS OPTION_PCRS
#define EVENT_LOG OPTION_EVENT_LOG
#define CERT OPTION_CERT
#define ARCHIVE OPTION_ARCHIVE
#define FORMAT OPTION_FORMAT
#define UNION OPTION_UNION
#define PRUNE OPTION_PRUNE
#define NONCE OPTION_NONCE
#define TCTI OPTION_TCTI
#define AK OPTION_AK
#define ALLOW_LIST OPTION_ALLOW_LIST

#define ENTRIES                                                                                    \
        OPTION_SINCE, OPTION_PATH, OPTION_TEMPLATE, OPTION_VERDICT, OPTION_SIGNED_BY, OPTION_PACKAGE
#define KEY OPTION_KEY, OPTION_PASSPHRASE_FD, OPTION_TCTI
#define HASH OPTION_HASH
#define EVM OPTION_EVM
#define ALL_MOUNTS OPTION_ALL_MOUNTS
#define JOURNAL OPTION_JOURNAL
#define MANIFEST OPTION_MANIFEST
#define ADOPTION OPTION_INSTALLED, OPTION_FETCH, OPTION_ACCEPT_MD5SUMS, OPTION_REASON

#define TRIAL                                                                                      \
        OPTION_TRIAL, OPTION_AUTO, OPTION_CONFIRM_WITHIN, OPTION_FORCE, OPTION_REASON,             \
                        OPTION_OBSERVE

#define SIMULATE                                                                                   \
        OPTION_POLICY, OPTION_USE, OPTION_FUNC, OPTION_MASK, OPTION_UID, OPTION_EUID, OPTION_GID,  \
                        OPTION_EGID, OPTION_FOWNER, OPTION_FGROUP, OPTION_FSMAGIC, OPTION_FSNAME,  \
                        OPTION_FSUUID, OPTION_LSM, OPTION_DATA, OPTION_TREE, OPTION_PACKAGES,      \
                        OPTION_ALL_MOUNTS, OPTION_EXPLAIN, CERT

/* The options of a row, as the table wants them. */
#define OPTIONS(...) ((const OptionId[]){ __VA_ARGS__, OPTION_MAX })

/* clang-format off */
const Verb verb_table[] = {
        { NULL, "status", "", "Show what is in force, whether it can be trusted, and what to do",
          0, 0, VERB_DEFAULT | VERB_PAGER, NULL, COMPLETION_NONE, verb_status },
        { NULL, "doctor", "[OPTION…]", "Check kernel, TPM and boot for what IMA needs; explain kernel options",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_PAGER, OPTIONS(ROOT), COMPLETION_NONE, verb_doctor },
        { NULL, "explain", "[FILE|CODE…]", "Explain what the policy makes of a file, or codes of diagnostics; list them all",
          0, VERB_ARGS_ANY, VERB_PAGER, OPTIONS(CERT, OPTION_POLICY), COMPLETION_CODE, verb_explain },
        { NULL, "help", "[VERB…]", "Show help, for one verb in detail",
          0, 2, 0, NULL, COMPLETION_VERB, verb_help },
        { NULL, "version", "", "Show the version",
          0, 0, 0, NULL, COMPLETION_NONE, verb_version },

        { NULL, "sign", "[PATH…]", "Sign files, and those below directories",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_DETAILS, OPTIONS(ROOT, DRY_RUN, KEY, CERT, HASH, EVM, OPTION_FS_VERITY, OUTPUT, ALL_MOUNTS, MANIFEST, JOURNAL, OPTION_CACHE, OPTION_RESUME, OPTION_UNDO, ADOPTION), COMPLETION_FILE, verb_sign },
        { NULL, "verify", "[PATH…]", "Check the signatures of files against certificates",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_DETAILS, OPTIONS(CERT, OPTION_CA, OPTION_CRL, OPTION_DENY_LIST, OUTPUT, ALL_MOUNTS, MANIFEST), COMPLETION_FILE, verb_verify },
        { NULL, "unsign", "[PATH…]", "Remove the signatures of files",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_DETAILS, OPTIONS(DRY_RUN, OUTPUT, ALL_MOUNTS, MANIFEST, JOURNAL), COMPLETION_FILE, verb_unsign },
        { NULL, "inspect", "FILE", "Explain the labels of a file, and whether the kernel would allow it",
          1, 1, VERB_PAGER, OPTIONS(CERT, OPTION_POLICY, OPTION_UID, OPTION_FOWNER), COMPLETION_FILE, verb_inspect },
        { NULL, "coverage", "[DIRECTORY…]", "Tell how many of the files that a policy appraises would pass",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_PAGER, OPTIONS(ROOT, KERNEL, OPTION_POLICY, CERT, ALL_MOUNTS, OPTION_MISSING, OPTION_AT_LEAST), COMPLETION_DIRECTORY, verb_coverage },

        { "policy", "check", "[FILE…]", "Check fragments and report every mistake",
          0, VERB_ARGS_ANY, VERB_VERDICT, OPTIONS(ROOT, KERNEL, LIVE, STRICT), COMPLETION_FILE, verb_policy_check },
        { "policy", "compile", "[FILE…]", "Print the kernel policy that fragments make",
          0, VERB_ARGS_ANY, VERB_PAGER, OPTIONS(ROOT, KERNEL), COMPLETION_FILE, verb_policy_compile },
        { "policy", "simulate", "[PATH…]", "Tell what a policy decides about files, and by which rule",
          0, VERB_ARGS_ANY, VERB_VERDICT | VERB_PAGER, OPTIONS(ROOT, KERNEL, SIMULATE), COMPLETION_FILE, verb_policy_simulate },
        { "policy", "apply", "", "Make the fragments the policy, from the next boot on",
          0, 0, 0, OPTIONS(ROOT, DRY_RUN, TRIAL), COMPLETION_NONE, verb_policy_apply },
        { "policy", "confirm", "", "Keep the policy that this boot tries; acknowledge an alarm",
          0, 0, 0, OPTIONS(ROOT, DRY_RUN), COMPLETION_NONE, verb_policy_confirm },
        { "policy", "rollback", "", "Go back to the policy that was good before",
          0, 0, 0, OPTIONS(ROOT, DRY_RUN), COMPLETION_NONE, verb_policy_rollback },
        { "policy", "log", "", "Show what became of each policy and of the boots that tried one",
          0, 0, VERB_PAGER, OPTIONS(ROOT, OPTION_OBSERVED), COMPLETION_NONE, verb_policy_log },
        { "policy", "off", "", "Load no policy from the next boot on",
          0, 0, 0, OPTIONS(ROOT, DRY_RUN), COMPLETION_NONE, verb_policy_off },
        { "policy", "diff", "A [B]", "Compare two policies by what they do",
          1, 2, VERB_VERDICT | VERB_PAGER, OPTIONS(ROOT, KERNEL), COMPLETION_FILE, verb_policy_diff },
        { "policy", "import", "FILE|-", "Turn rules in the kernel's own syntax into a fragment",
          0, 1, 0, OPTIONS(ROOT, DRY_RUN, OUTPUT, RUNNING), COMPLETION_FILE, verb_policy_import },

        { "preset", "list", "", "List the policies that come with imad",
          0, 0, VERB_PAGER, OPTIONS(ROOT), COMPLETION_NONE, verb_preset_list },
        { "preset", "cat", "NAME", "Show a preset: what it does, costs and leaves open, and its rules",
          1, 1, VERB_PAGER, OPTIONS(ROOT), COMPLETION_PRESET, verb_preset_cat },
        { "preset", "enable", "NAME", "Link a preset into the fragments",
          1, 1, 0, OPTIONS(ROOT), COMPLETION_PRESET, verb_preset_enable },
        { "preset", "disable", "NAME", "Remove the link of a preset",
          1, 1, 0, OPTIONS(ROOT), COMPLETION_PRESET, verb_preset_disable },

        { "transaction", "list", "", "List what package managers have installed, and what was signed",
          0, 0, VERB_PAGER, OPTIONS(ROOT), COMPLETION_NONE, verb_transaction_list },
        { "transaction", "show", "NUMBER", "Show one of them, with what was not signed",
          1, 1, VERB_PAGER, OPTIONS(ROOT), COMPLETION_NONE, verb_transaction_show },
        { "transaction", "allow", "FILE", "Let one archive be installed that no signed index vouches for",
          1, 1, 0, OPTIONS(ROOT, OPTION_REASON), COMPLETION_FILE, verb_transaction_allow },

        { "vouch", "check", "[FILE…]", "Check the rules for files that packages make, and report every mistake",
          0, VERB_ARGS_ANY, VERB_VERDICT, OPTIONS(ROOT, STRICT), COMPLETION_FILE, verb_vouch_check },

        { "measurements", "list", "", "List what the kernel has measured since boot",
          0, 0, VERB_VERDICT | VERB_PAGER, OPTIONS(ROOT, LIST, ENTRIES), COMPLETION_NONE, verb_measurements_list },
        { "measurements", "follow", "", "Show the last entries, and new ones as they come",
          0, 0, 0, OPTIONS(ENTRIES), COMPLETION_NONE, verb_measurements_follow },
        { "measurements", "show", "NUMBER", "Show one entry of the measurement list in detail",
          1, 1, VERB_PAGER, OPTIONS(ROOT, LIST), COMPLETION_NONE, verb_measurements_show },
        { "measurements", "verify", "", "Replay the measurement list against the TPM",
          0, 0, VERB_VERDICT, OPTIONS(ROOT, LIST, PCR, PCRS, EVENT_LOG, CERT, ARCHIVE, TCTI), COMPLETION_NONE, verb_measurements_verify },
        { "measurements", "archive", "", "Add new measurements to the archive of this boot",
          0, 0, 0, OPTIONS(ROOT, LIST), COMPLETION_NONE, verb_measurements_archive },
        { "measurements", "export", "", "Write the measurement list in the form of another tool",
          0, 0, 0, OPTIONS(ROOT, LIST, FORMAT, UNION, PRUNE, CERT, OUTPUT), COMPLETION_NONE, verb_measurements_export },

        { "keys", "list", "", "Show the signing key, certificates, and what the kernel's keyrings hold",
          0, 0, VERB_PAGER, OPTIONS(ROOT, KERNEL), COMPLETION_NONE, verb_keys_list },
        { "keys", "check", "[CERT…]", "Prove that this kernel verifies with a key, or tell why it does not",
          0, VERB_ARGS_ANY, VERB_VERDICT, OPTIONS(ROOT, KERNEL, KEY), COMPLETION_FILE, verb_keys_check },
        { "keys", "create", "[NAME]", "Make a key that signs files, its certificate, and a CA for it",
          0, 1, 0, OPTIONS(ROOT, KEY, OPTION_KIND, OPTION_TYPE, OUTPUT), COMPLETION_NONE, verb_keys_create },

        { "bundle", "create", "SOURCE", "Sign the files of a directory or package into a file of its own",
          1, 1, 0, OPTIONS(ROOT, DRY_RUN, KEY, CERT, HASH, EVM, OUTPUT, ALL_MOUNTS, OPTION_PROVENANCE), COMPLETION_FILE, verb_bundle_create },
        { "bundle", "verify", "BUNDLE [SOURCE]", "Check a bundle, the files it is about, and what a policy would deny",
          1, 2, VERB_VERDICT | VERB_DETAILS, OPTIONS(ROOT, CERT, OPTION_CA, ALL_MOUNTS, KERNEL, OPTION_POLICY, OPTION_FOWNER, OPTION_FGROUP, OPTION_FSMAGIC, OPTION_FSNAME, OPTION_REQUIRE_PROVENANCE, OPTION_BUILDER, OPTION_VALID_FOR), COMPLETION_FILE, verb_bundle_verify },
        { "bundle", "apply", "BUNDLE [DIRECTORY]", "Put the labels of a bundle on the files whose bytes it signs",
          1, 2, VERB_VERDICT | VERB_DETAILS, OPTIONS(ROOT, DRY_RUN, CERT, OPTION_CA, JOURNAL), COMPLETION_FILE, verb_bundle_apply },

        { "attest", "quote", "", "Let the TPM vouch for this boot in an evidence file",
          0, 0, 0, OPTIONS(ROOT, NONCE, OUTPUT, TCTI), COMPLETION_NONE, verb_attest_quote },
        { "attest", "verify", "FILE", "Check an evidence file, without daemon and TPM",
          1, 1, VERB_VERDICT, OPTIONS(ROOT, NONCE, AK, CERT, ALLOW_LIST), COMPLETION_FILE, verb_attest_verify },
};
const size_t verb_table_size = ELEMENTSOF(verb_table);

const VerbGroup verb_groups[] = {
        { NULL, "Overview" },
        { "policy", "Policy" },
        { "preset", "Presets" },
        { "transaction", "Package transactions" },
        { "vouch", "Files that packages make" },
        { "measurements", "Measurements" },
        { "keys", "Keys" },
        { "bundle", "Bundles" },
        { "attest", "Attestation" },
};
const size_t verb_groups_size = ELEMENTSOF(verb_groups);
/* clang-format on */

bool verb_has_option(const Verb *verb, OptionId id)
{
        if (!verb || option_table[id].global)
                return !verb && option_table[id].global;
        for (const OptionId *own = verb->options; own && *own != OPTION_MAX; own++)
                if (*own == id)
                        return true;
        return false;
}

bool verb_group_exists(const char *name)
{
        for (size_t i = 0; i < verb_groups_size; i++)
                if (verb_groups[i].name && string_equal(verb_groups[i].name, name))
                        return true;
        return false;
}

const Verb *verb_find(const char *group, const char *name)
{
        for (size_t i = 0; i < verb_table_size; i++)
                if (string_equal(verb_table[i].group, group) &&
                                string_equal(verb_table[i].name, name))
                        return &verb_table[i];
        return NULL;
}

const Verb *verb_get_default(void)
{
        for (size_t i = 0; i < verb_table_size; i++)
                if (verb_table[i].flags & VERB_DEFAULT)
                        return &verb_table[i];
        return NULL;
}

const char *verb_find_nearest(const char *group, const char *word)
{
        const char *names[ELEMENTSOF(verb_table) + ELEMENTSOF(verb_groups) + 1] = { NULL };
        size_t n = 0;

        for (size_t i = 0; i < verb_table_size; i++)
                if (string_equal(verb_table[i].group, group))
                        names[n++] = verb_table[i].name;
        for (size_t i = 0; !group && i < verb_groups_size; i++)
                if (verb_groups[i].name)
                        names[n++] = verb_groups[i].name;
        return string_nearest(word, names);
}
