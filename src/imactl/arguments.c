/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "imactl/verbs.h"

/* getopt_long() values of long options; above every short one. */
#define OPTION_BASE 256

/* clang-format off */
const Option option_table[OPTION_MAX] = {
        [OPTION_HELP] = { "help", 'h', true, false, NULL, COMPLETION_NONE,
                "Show this help, or that of a verb" },
        [OPTION_VERSION] = { "version", 0, true, false, NULL, COMPLETION_NONE,
                "Show the version" },
        [OPTION_JSON] = { "json", 0, true, false, "MODE", COMPLETION_JSON_MODE,
                "Print JSON: pretty, short or off" },
        [OPTION_JSON_AUTO] = { NULL, 'j', true, false, NULL, COMPLETION_NONE,
                "Like --json=pretty on a terminal, else --json=short" },
        [OPTION_NO_PAGER] = { "no-pager", 0, true, false, NULL, COMPLETION_NONE,
                "Do not pipe long output into a pager" },
        [OPTION_NO_LEGEND] = { "no-legend", 0, true, false, NULL, COMPLETION_NONE,
                "Print tables without headings and totals" },
        [OPTION_QUIET] = { "quiet", 'q', true, false, NULL, COMPLETION_NONE,
                "Print results and errors only" },
        [OPTION_NO_ASK_PASSWORD] = { "no-ask-password", 0, true, false, NULL, COMPLETION_NONE,
                "Fail instead of asking for a password" },
        [OPTION_DETAILED_EXITCODE] = { "detailed-exitcode", 0, true, false, NULL, COMPLETION_NONE,
                "Exit with 10 when something was, or would be, changed" },
        [OPTION_ROOT] = { "root", 0, false, false, "DIR", COMPLETION_DIRECTORY,
                "Work on the system below this directory, without the daemon" },
        [OPTION_DRY_RUN] = { "dry-run", 0, false, false, NULL, COMPLETION_NONE,
                "Say what would be done, and change nothing" },
        [OPTION_KERNEL] = { "kernel", 0, false, false, "RELEASE", COMPLETION_KERNEL,
                "Compile for this kernel instead of the running one" },
        [OPTION_STRICT] = { "strict", 0, false, false, NULL, COMPLETION_NONE,
                "Fail for warnings too" },
        [OPTION_TARGET] = { "target", 0, false, false, "TARGET", COMPLETION_TARGET,
                "Compile for a kernel by its description: a name, a file, or running" },
        [OPTION_LIVE] = { "live", 0, false, false, NULL, COMPLETION_NONE,
                "Ask the running kernel for its verdict on each rule" },
        [OPTION_LIST] = { "list", 0, false, false, "FILE", COMPLETION_FILE,
                "Read this recorded measurement list, without the daemon" },
        [OPTION_PCR] = { "pcr", 0, false, true, "ALG:N=HEX", COMPLETION_NONE,
                "Compare the list with this PCR value; repeatable" },
        [OPTION_OUTPUT] = { "output", 0, false, false, "FILE", COMPLETION_FILE,
                "Write the result into this file; of signatures: xattr, sidecar, bundle" },
        [OPTION_RUNNING] = { "running", 0, false, false, NULL, COMPLETION_NONE,
                "Import the policy in force, where the kernel shows it" },
        [OPTION_PCRS] = { "pcrs", 0, false, true, "FILE", COMPLETION_FILE,
                "Compare the list with the PCR values in this file; repeatable" },
        [OPTION_EVENT_LOG] = { "event-log", 0, false, false, "FILE", COMPLETION_FILE,
                "Compare boot_aggregate with this event log of the firmware" },
        [OPTION_CERT] = { "cert", 0, false, true, "FILE|DIR", COMPLETION_FILE,
                "Certificates that signatures are checked with; repeatable" },
        [OPTION_NONCE] = { "nonce", 0, false, false, "HEX", COMPLETION_NONE,
                "Number that the verifier chooses, so that the evidence is fresh" },
        [OPTION_TCTI] = { "tcti", 0, false, false, "TCTI", COMPLETION_NONE,
                "Ask this TPM instead of device:/dev/tpmrm0" },
        [OPTION_AK] = { "ak", 0, false, false, "FILE", COMPLETION_FILE,
                "Public key that the evidence must be signed with" },
        [OPTION_ALLOW_LIST] = { "allow-list", 0, false, false, "FILE", COMPLETION_FILE,
                "Demand that each file is in this list of sha256sum, or signed by --cert=" },
        [OPTION_FORMAT] = { "format", 0, false, false, "FORMAT", COMPLETION_NONE,
                "Form of the export: cel-json, keylime or sha256sum" },
        [OPTION_UNION] = { "union", 0, false, false, "FILE", COMPLETION_FILE,
                "Keep what this earlier export holds" },
        [OPTION_PRUNE] = { "prune", 0, false, false, NULL, COMPLETION_NONE,
                "Keep of it only what the files still are" },
        [OPTION_ARCHIVE] = { "archive", 0, false, false, "DIR", COMPLETION_DIRECTORY,
                "Put the archived list of one boot before the list" },
        [OPTION_POLICY] = { "policy", 0, false, false, "WHICH", COMPLETION_FILE,
                "Simulate this policy: fragments, running, boot or a file" },
        [OPTION_USE] = { "use", 0, false, false, "USE", COMPLETION_NONE,
                "Simulate this use: execute, script, loader, map, read, write, module, firmware, policy" },
        [OPTION_FUNC] = { "func", 0, false, false, "HOOK", COMPLETION_NONE,
                "Simulate one request of this hook" },
        [OPTION_MASK] = { "mask", 0, false, false, "MASK", COMPLETION_NONE,
                "With this access, as MAY_READ|MAY_WRITE" },
        [OPTION_UID] = { "uid", 0, false, false, "USER", COMPLETION_NONE,
                "Asked for by this user; root when it is not given" },
        [OPTION_EUID] = { "euid", 0, false, false, "USER", COMPLETION_NONE,
                "With this effective user" },
        [OPTION_GID] = { "gid", 0, false, false, "GROUP", COMPLETION_NONE,
                "Asked for by this group" },
        [OPTION_EGID] = { "egid", 0, false, false, "GROUP", COMPLETION_NONE,
                "With this effective group" },
        [OPTION_FOWNER] = { "fowner", 0, false, false, "USER", COMPLETION_NONE,
                "As if this user owned the file" },
        [OPTION_FGROUP] = { "fgroup", 0, false, false, "GROUP", COMPLETION_NONE,
                "As if the file belonged to this group" },
        [OPTION_FSMAGIC] = { "fsmagic", 0, false, false, "MAGIC", COMPLETION_NONE,
                "As if it lay on this file system: a name or number" },
        [OPTION_FSNAME] = { "fsname", 0, false, false, "TYPE", COMPLETION_NONE,
                "As if its file system were of this type" },
        [OPTION_FSUUID] = { "fsuuid", 0, false, false, "UUID", COMPLETION_NONE,
                "As if its file system had this UUID" },
        [OPTION_LSM] = { "lsm", 0, false, false, "LABELS", COMPLETION_NONE,
                "With labels, as subj_role=unconfined,obj_type=bin_t" },
        [OPTION_DATA] = { "data", 0, false, false, "NAME", COMPLETION_NONE,
                "Keyring of KEY_CHECK, label of CRITICAL_DATA" },
        [OPTION_TREE] = { "tree", 0, false, false, NULL, COMPLETION_NONE,
                "Simulate everything below the directories" },
        [OPTION_PACKAGES] = { "packages", 0, false, false, NULL, COMPLETION_NONE,
                "Simulate the files of all installed packages" },
        [OPTION_ALL_MOUNTS] = { "all-mounts", 0, false, false, NULL, COMPLETION_NONE,
                "Enter other file systems below the directories" },
        [OPTION_EXPLAIN] = { "explain", 0, false, false, NULL, COMPLETION_NONE,
                "Say why the rules before do not match" },
        [OPTION_SINCE] = { "since", 0, false, false, "TIME", COMPLETION_NONE,
                "Entries that imad first saw at this time or later, as -1h or 2026-01-31" },
        [OPTION_PATH] = { "path", 0, false, false, "PATTERN", COMPLETION_NONE,
                "Entries of this name; * and ? stand for any characters" },
        [OPTION_TEMPLATE] = { "template", 0, false, false, "NAME", COMPLETION_NONE,
                "Entries of this template" },
        [OPTION_VERDICT] = { "verdict", 0, false, false, "VERDICT", COMPLETION_ENTRY_VERDICT,
                "Entries of this verdict: violation, bad-digest, signed, unsigned, plain" },
        [OPTION_SIGNED_BY] = { "signed-by", 0, false, false, "KEY", COMPLETION_NONE,
                "Entries with a signature by the key of this id" },
        [OPTION_PACKAGE] = { "package", 0, false, false, "NAME", COMPLETION_NONE,
                "Entries of files that this package of dpkg owns" },
        [OPTION_KEY] = { "key", 0, false, false, "KEY", COMPLETION_FILE,
                "Sign with this key: a file, handle:0x81…, pkcs11:… or signer:" },
        [OPTION_HASH] = { "hash", 0, false, false, "ALG", COMPLETION_NONE,
                "Hash files with this algorithm instead of sha256" },
        [OPTION_EVM] = { "evm", 0, false, false, NULL, COMPLETION_NONE,
                "Sign owner, mode and attributes too: a portable security.evm" },
        [OPTION_PASSPHRASE_FD] = { "passphrase-fd", 0, false, false, "N", COMPLETION_NONE,
                "Read the passphrase or PIN of the key from this descriptor" },
        [OPTION_CA] = { "ca", 0, false, true, "FILE|DIR", COMPLETION_FILE,
                "Demand that certificates lead to one of these CAs; repeatable" },
        [OPTION_CRL] = { "crl", 0, false, true, "FILE", COMPLETION_FILE,
                "Demand that certificates are not on these revocation lists; repeatable" },
        [OPTION_DENY_LIST] = { "deny-list", 0, false, true, "FILE", COMPLETION_FILE,
                "Refuse files with a digest of this list; repeatable" },
        [OPTION_FS_VERITY] = { "fs-verity", 0, false, false, NULL, COMPLETION_NONE,
                "Turn fs-verity on, for good, and sign its digest" },
        [OPTION_MISSING] = { "missing", 0, false, false, NULL, COMPLETION_NONE,
                "List the files that would not pass, each with what mends it" },
        [OPTION_AT_LEAST] = { "at-least", 0, false, false, "PERCENT", COMPLETION_NONE,
                "Fail with 6 when fewer of the appraised files pass" },
        [OPTION_JOURNAL] = { "journal", 0, false, false, "DIR", COMPLETION_DIRECTORY,
                "Keep the journal of labels here instead of /var/lib/imad/journal" },
        [OPTION_CACHE] = { "cache", 0, false, false, "FILE", COMPLETION_FILE,
                "Remember here which files are signed well; nowhere when empty" },
        [OPTION_MANIFEST] = { "manifest", 0, false, false, "FILE|-", COMPLETION_FILE,
                "Take paths from this file too: one a line, or each ended by a NUL" },
        [OPTION_RESUME] = { "resume", 0, false, false, "NUMBER", COMPLETION_NONE,
                "Go on with the run of this journal, or of the last one" },
        [OPTION_UNDO] = { "undo", 0, false, false, "NUMBER", COMPLETION_NONE,
                "Put back the labels that the run of this journal, or of the last one, has changed" },
        [OPTION_INSTALLED] = { "installed", 0, false, false, NULL, COMPLETION_NONE,
                "Sign installed files whose bytes are those of an archive that somebody vouches for" },
        [OPTION_FETCH] = { "fetch", 0, false, false, NULL, COMPLETION_NONE,
                "Download the archives that lack with the package manager" },
        [OPTION_ACCEPT_MD5SUMS] = { "accept-md5sums", 0, false, false, NULL, COMPLETION_NONE,
                "Believe dpkg's MD5 sums where there is no archive" },
        [OPTION_REASON] = { "reason", 0, false, false, "TEXT", COMPLETION_NONE,
                "Why files are signed though nobody vouches for them, or gates are forced; it is kept" },
        [OPTION_KIND] = { "kind", 0, false, false, "KIND", COMPLETION_NONE,
                "Make the key in a file, the TPM or a token: file, tpm or pkcs11" },
        [OPTION_TYPE] = { "type", 0, false, false, "TYPE", COMPLETION_NONE,
                "Make a key of this type: rsa-2048, rsa-3072, rsa-4096, p-256 or p-384" },
        [OPTION_TRIAL] = { "trial", 0, false, false, NULL, COMPLETION_NONE,
                "Let the next boot try the policy, and go back by itself when it fails" },
        [OPTION_AUTO] = { "auto", 0, false, false, NULL, COMPLETION_NONE,
                "Keep what is tried when the machine has come up" },
        [OPTION_CONFIRM_WITHIN] = { "confirm-within", 0, false, false, "TIME", COMPLETION_NONE,
                "Keep what is tried when it is confirmed in this time, else reboot" },
        [OPTION_FORCE] = { "force", 0, false, false, "GATE[,GATE…]", COMPLETION_NONE,
                "Try it although these gates say no: compile, keys, coverage, filesystems" },
        [OPTION_OBSERVE] = { "observe", 0, false, false, NULL, COMPLETION_NONE,
                "Refuse nothing, and list what would be refused" },
        [OPTION_OBSERVED] = { "observed", 0, false, false, NULL, COMPLETION_NONE,
                "Show what the policy that is observed would have refused, and what mends it" },
        [OPTION_PROVENANCE] = { "provenance", 0, false, false, "FILE", COMPLETION_FILE,
                "Keep this SLSA provenance with the bundle: a predicate, or the builder's envelope" },
        [OPTION_REQUIRE_PROVENANCE] = { "require-provenance", 0, false, false, "CERT", COMPLETION_FILE,
                "Demand provenance that the key of this certificate has signed" },
        [OPTION_BUILDER] = { "builder", 0, false, false, "ID", COMPLETION_NONE,
                "Demand that the provenance is of this builder" },
        [OPTION_VALID_FOR] = { "valid-for", 0, false, false, "DAYS", COMPLETION_NONE,
                "Demand that the certificate is valid for so long yet; 30 with --policy=" },
};
/* clang-format on */

void arguments_done(Arguments *args)
{
        string_list_done(&args->words);
        for (OptionId id = 0; id < OPTION_MAX; id++)
                string_list_done(&args->values[id]);
        free(args->usage_error);
        free(args->usage_hint);
        *args = (Arguments){ 0 };
}

/* Remembers the first mistake; -ENOMEM leaves a NULL, which the caller notices. */
static int set_usage_error(Arguments *args, const char *hint, const char *format, ...)
                __attribute__((format(printf, 3, 4)));

static int set_usage_error(Arguments *args, const char *hint, const char *format, ...)
{
        va_list list;
        int r;

        if (args->usage_error)
                return 0;
        if (hint) {
                args->usage_hint = strdup(hint);
                if (!args->usage_hint)
                        return -ENOMEM;
        }
        va_start(list, format);
        r = vasprintf(&args->usage_error, format, list);
        va_end(list);
        if (r < 0) {
                args->usage_error = NULL;
                return -ENOMEM;
        }
        return 0;
}

static const char *find_nearest_option(const char *word)
{
        const char *names[OPTION_MAX + 1] = { NULL };
        size_t n = 0;

        for (OptionId id = 0; id < OPTION_MAX; id++)
                if (option_table[id].name)
                        names[n++] = option_table[id].name;
        return string_nearest(word, names);
}

static int refuse_option(Arguments *args, const char *word)
{
        _cleanup_free_ char *name = NULL, *hint = NULL;
        const char *nearest = NULL;

        if (string_after(word, "--")) {
                name = strndup(word + 2, strcspn(word + 2, "="));
                if (!name)
                        return -ENOMEM;
                nearest = find_nearest_option(name);
        }
        if (nearest && !string_equal(nearest, name)) {
                if (asprintf(&hint, "did you mean --%s?", nearest) < 0)
                        return -ENOMEM;
        }
        if (nearest && string_equal(nearest, name))
                return set_usage_error(args, NULL, "option --%s takes no value", name);
        return set_usage_error(args, hint ?: "imactl --help lists the options",
                        "unknown option '%s'", word);
}

static int accept_option(Arguments *args, OptionId id, const char *value)
{
        args->given[id] = true;
        if (value && string_list_add(&args->values[id], value) < 0)
                return -ENOMEM;
        if (id == OPTION_JSON_AUTO || (id == OPTION_JSON && !value)) {
                args->json = isatty(STDOUT_FILENO) ? JSON_PRETTY : JSON_SHORT;
        } else if (id == OPTION_JSON) {
                JsonMode mode = json_mode_from_string(value);

                if (mode < 0)
                        return set_usage_error(args, "one of: pretty, short, off",
                                        "--json=%s is no known mode", value);
                args->json = mode;
        }
        return 0;
}

static void make_getopt_tables(struct option long_options[static OPTION_MAX + 1],
                char short_options[static OPTION_MAX + 2])
{
        size_t n_long = 0, n_short = 0;

        short_options[n_short++] = ':';
        for (OptionId id = 0; id < OPTION_MAX; id++) {
                const Option *o = &option_table[id];

                if (o->short_name)
                        short_options[n_short++] = o->short_name;
                if (o->name)
                        long_options[n_long++] = (struct option){
                                .name = o->name,
                                .has_arg = o->value ? required_argument : no_argument,
                                .val = OPTION_BASE + (int) id,
                        };
        }
        short_options[n_short] = '\0';
        long_options[n_long] = (struct option){ 0 };
}

static OptionId find_short_option(int c)
{
        OptionId id = 0;

        while (id < OPTION_MAX && option_table[id].short_name != c)
                id++;
        return id;
}

/* Gives a word that is no mode back to the command line: --json may stand alone. */
static const char *take_json_mode(char *argv[])
{
        if (optarg == argv[optind - 1] && json_mode_from_string(optarg) < 0) {
                optind--;
                return NULL;
        }
        return optarg;
}

static int parse_options(Arguments *args, int argc, char *argv[])
{
        struct option long_options[OPTION_MAX + 1];
        char short_options[OPTION_MAX + 2];
        int c, r = 0;

        make_getopt_tables(long_options, short_options);
        opterr = 0;
        optind = 0;
        while (r >= 0 && (c = getopt_long(argc, argv, short_options, long_options, NULL)) >= 0) {
                if (c == ':' && optopt == OPTION_BASE + OPTION_JSON) {
                        r = accept_option(args, OPTION_JSON, NULL);
                } else if (c == ':') {
                        r = set_usage_error(
                                        args, NULL, "option '%s' needs a value", argv[optind - 1]);
                } else if (c == '?' && optopt > 0 && optopt < OPTION_BASE) {
                        char word[] = { '-', (char) optopt, '\0' };

                        r = refuse_option(args, word);
                } else if (c == '?') {
                        r = refuse_option(args, argv[optind - 1]);
                } else {
                        OptionId id = c >= OPTION_BASE ? (OptionId) (c - OPTION_BASE)
                                                       : find_short_option(c);

                        r = accept_option(args, id,
                                        id == OPTION_JSON        ? take_json_mode(argv)
                                        : option_table[id].value ? optarg
                                                                 : NULL);
                }
        }
        return r;
}

static int refuse_verb(Arguments *args, const char *group, const char *word)
{
        const char *nearest = verb_find_nearest(group, word), *space = group ? " " : "";
        _cleanup_free_ char *hint = NULL;

        group = group ?: "";
        if (nearest && asprintf(&hint, "did you mean 'imactl %s%s%s'?", group, space, nearest) < 0)
                return -ENOMEM;
        return set_usage_error(args, hint ?: "imactl --help lists the verbs",
                        "unknown verb '%s%s%s'", group, space, word);
}

/* Finds the verb; returns how many words it takes up. */
static int find_verb(Arguments *args, int n_words, char *words[])
{
        if (n_words == 0) {
                args->verb = verb_get_default();
                return 0;
        }
        if (!verb_group_exists(words[0])) {
                args->verb = verb_find(NULL, words[0]);
                return args->verb ? 1 : refuse_verb(args, NULL, words[0]);
        }
        if (n_words == 1)
                return arguments_have(args, OPTION_HELP)
                                       ? string_list_add(&args->words, words[0])
                                       : set_usage_error(args, NULL,
                                                         "'%s' needs a verb, see imactl %s --help",
                                                         words[0], words[0]);
        args->verb = verb_find(words[0], words[1]);
        return args->verb ? 2 : refuse_verb(args, words[0], words[1]);
}

static int check_words(Arguments *args)
{
        const Verb *verb = args->verb;
        const char *group = verb->group ?: "", *space = verb->group ? " " : "";

        if (args->words.count < verb->min_args)
                return set_usage_error(args, NULL, "imactl %s%s%s needs an argument: %s", group,
                                space, verb->name, verb->synopsis);
        if (args->words.count > verb->max_args)
                return set_usage_error(args, NULL, "imactl %s%s%s does not take '%s'", group, space,
                                verb->name, args->words.items[verb->max_args]);
        for (OptionId id = 0; id < OPTION_MAX; id++)
                if (args->given[id] && !option_table[id].global && !verb_has_option(verb, id))
                        return set_usage_error(args, NULL, "imactl %s%s%s does not take --%s",
                                        group, space, verb->name, option_table[id].name);
        return 0;
}

int arguments_parse(int argc, char *argv[], Arguments *ret_arguments)
{
        _cleanup_arguments_ Arguments args = { .json = JSON_OFF };
        int r = parse_options(&args, argc, argv);

        if (r < 0)
                return r;
        r = find_verb(&args, argc - optind, argv + optind);
        if (r < 0)
                return r;
        args.verb_named = r > 0;
        for (int i = optind + r; args.verb && i < argc; i++)
                if (string_list_add(&args.words, argv[i]) < 0)
                        return -ENOMEM;
        if (args.verb && !arguments_have(&args, OPTION_HELP)) {
                r = check_words(&args);
                if (r < 0)
                        return r;
        }
        *ret_arguments = TAKE_STRUCT(args);
        return 0;
}
