/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/digest.h"
#include "base/strings.h"
#include "core/policy/lint/lint-check.h"
#include "core/policy/rule/label.h"

#define PCR_DEFAULT 10 /* CONFIG_IMA_MEASURE_PCR_IDX */
#define PCRS_OF_TPM 24 /* TCG PC Client Platform Firmware Profile */

#define BUFFER_FUNCS                                                                               \
        (BIT(RULE_FUNC_KEXEC_CMDLINE) | BIT(RULE_FUNC_KEY_CHECK) | BIT(RULE_FUNC_CRITICAL_DATA))

/* Values of template words, see keyword.c. */
static const char *const templates_with_buffer[] = { "ima-buf", NULL };
static const char *const templates_with_type[] = { "ima-ngv2", "ima-sigv2", NULL };

static bool is_one_of(const RuleValue *value, const char *const *words)
{
        while (*words && strcmp(value->text, *words) != 0)
                words++;
        return *words != NULL;
}

static bool is_buffer(const LintSubject *s)
{
        return (BIT(s->func) & BUFFER_FUNCS) != 0;
}

/* The one mask that a hook passes, for the message. */
static const char *get_hook_mask(RuleFunc func)
{
        uint32_t events = relation_get_hook_events(func);

        if (func == RULE_FUNC_NONE || func == RULE_FUNC_FILE_CHECK)
                return NULL;
        return events == relation_get_mask_events(func, RULE_MASK_EXEC) ? "MAY_EXEC" : "MAY_READ";
}

static void check_never(Lint *lint, LintSubject *s)
{
        const RuleValue *value;
        KeywordId keyword;

        if (!relation_never_matches(s->set, &keyword))
                return;
        s->unreachable = true;
        value = s->values[keyword];
        if (keyword != KEYWORD_MASK)
                lint_warn(lint, s, POLICY_CODE_NEVER_MATCHES, NULL,
                                "> and < leave out the number itself",
                                "never matches: there is no id for %s%c%s",
                                keyword_get(keyword)->name, value->operator_, value->text);
        else if (get_hook_mask(s->func))
                lint_warn(lint, s, POLICY_CODE_NEVER_MATCHES, NULL,
                                "leave mask out, or make a rule of its own for each func",
                                "never matches: %s always comes with %s, not with %s",
                                rule_func_get_info(s->func)->name, get_hook_mask(s->func),
                                value->text);
        else
                lint_warn(lint, s, POLICY_CODE_NEVER_MATCHES, NULL,
                                "write ^MAY_APPEND: what is opened for appending, whatever else",
                                "never matches: mask %s means nothing else, and appending is also "
                                "writing",
                                value->text);
}

/* Since then the kernel takes appraise_flag with everything and looks at it no more. */
static const uint32_t version_flag_ignored[TARGET_VERSION_PARTS] = { 6, 7 };

static void check_ignored(Lint *lint, LintSubject *s)
{
        static const KeywordId labels[] = { KEYWORD_SUBJ_USER, KEYWORD_SUBJ_ROLE, KEYWORD_SUBJ_TYPE,
                KEYWORD_OBJ_USER, KEYWORD_OBJ_ROLE, KEYWORD_OBJ_TYPE };

        if (s->values[KEYWORD_GID] &&
                        (s->func == RULE_FUNC_KEY_CHECK || s->func == RULE_FUNC_CRITICAL_DATA))
                lint_warn(lint, s, POLICY_CODE_NO_EFFECT, NULL, "use uid, or leave gid out",
                                "matches every group: the kernel ignores gid with %s",
                                rule_func_get_info(s->func)->name);
        for (size_t i = 0; s->func == RULE_FUNC_SETXATTR_CHECK && i < ELEMENTSOF(labels); i++)
                if (s->values[labels[i]])
                        lint_warn(lint, s, POLICY_CODE_NO_EFFECT, NULL, "leave it out",
                                        "holds for all labels: the kernel ignores %s with "
                                        "SETXATTR_CHECK",
                                        keyword_get(labels[i])->name);
        if (s->values[KEYWORD_APPRAISE_FLAG] && lint->target &&
                        target_compare_grammar(lint->target, version_flag_ignored,
                                        TARGET_VERSION_PARTS) >= 0)
                lint_warn(lint, s, POLICY_CODE_NO_EFFECT, NULL,
                                "leave it out: appraise_type alone looks at the blacklist now",
                                "has an appraise_flag that Linux %s ignores",
                                lint->target->release);
}

/* tmpfs without CONFIG_SHMEM has the number of ramfs (mm/shmem.c). */
static bool is_memory(uint64_t magic)
{
        return magic == filesystem_find_name("tmpfs")->magic ||
               magic == filesystem_find_name("ramfs")->magic;
}

static void check_filesystem(Lint *lint, LintSubject *s)
{
        const RuleValue *magic = s->values[KEYWORD_FSMAGIC], *name = s->values[KEYWORD_FSNAME];
        const FilesystemName *known, *meant;

        if (!magic || !name)
                return;
        known = filesystem_find_name(name->text);
        meant = filesystem_find_magic(magic->number);
        if (!known || known->magic == magic->number ||
                        (is_memory(known->magic) && is_memory(magic->number)))
                return;
        lint_warn(lint, s, POLICY_CODE_FILESYSTEM_CONFLICT, NULL,
                        "both conditions must be true: keep one, or make two rules",
                        "never matches: fsname %s is not fsmagic %s (%s)", name->text, magic->text,
                        meant ? meant->name : "not known");
}

static bool is_registered(const LintFacts *facts, const char *type)
{
        for (size_t i = 0; i < facts->n_types; i++)
                if (strcmp(facts->types[i], type) == 0)
                        return true;
        return false;
}

/* A type whose module is not loaded yet is not registered, but known by name. */
static void check_fsname(Lint *lint, LintSubject *s)
{
        const RuleValue *name = s->values[KEYWORD_FSNAME];
        const FilesystemName *known = name ? filesystem_find_name(name->text) : NULL, *first;

        if (!name || lint->facts->n_types == 0 || is_registered(lint->facts, name->text))
                return;
        first = known ? filesystem_find_magic(known->magic) : NULL;
        if (known && (known == first || !is_registered(lint->facts, first->name)))
                return;
        lint_warn(lint, s, POLICY_CODE_UNKNOWN_FSNAME, NULL,
                        "fsname is compared with the types in /proc/filesystems; a subtype "
                        "(fuse.x) is "
                        "not part of it",
                        "names a file system type '%s' that is not registered here", name->text);
}

static void check_fsuuid(Lint *lint, LintSubject *s)
{
        const RuleValue *uuid = s->values[KEYWORD_FSUUID];
        const LintFacts *facts = lint->facts;

        bool known = false;

        if (!uuid)
                return;
        for (size_t i = 0; i < facts->n_filesystems; i++) {
                if (string_equal(facts->filesystems[i].uuid, uuid->text))
                        return;
                known |= facts->filesystems[i].uuid != NULL;
        }
        if (!known)
                return;
        lint_warn(lint, s, POLICY_CODE_UNKNOWN_FSUUID, NULL,
                        "lsblk -o UUID,MOUNTPOINTS shows those that are",
                        "matches nothing now: no file system with UUID %s is mounted", uuid->text);
}

/* Before the first policy of a boot this is an error. */
static void check_labels(Lint *lint, LintSubject *s)
{
        for (int id = KEYWORD_SUBJ_USER; id <= KEYWORD_OBJ_TYPE; id++)
                if (s->values[id] && lint->target &&
                                label_resolves(lint->target, (KeywordId) id, s->values[id]->text) ==
                                                0)
                        lint_warn(lint, s, POLICY_CODE_INERT_LABEL, NULL,
                                        "load the module's policy or profile before, or correct it",
                                        "matches nothing: %s %s is no label that the security "
                                        "module "
                                        "knows",
                                        keyword_get((KeywordId) id)->name, s->values[id]->text);
}

static void check_credentials(Lint *lint, LintSubject *s)
{
        KeywordId id = s->values[KEYWORD_EUID] ? KEYWORD_EUID : KEYWORD_EGID;

        if (s->func == RULE_FUNC_CREDS_CHECK && s->values[id])
                lint_warn(lint, s, POLICY_CODE_CREDENTIALS_TOO_EARLY, NULL,
                                "IMA cannot match set-user-ID programs by who they become",
                                "does not see set-user-ID and set-group-ID: %s is that of before "
                                "the program starts, in CREDS_CHECK too",
                                keyword_get(id)->name);
}

/* Measured once, before any policy can be loaded (ima_init()). */
static void check_boot_only(Lint *lint, LintSubject *s)
{
        const RuleValue *label = s->values[KEYWORD_LABEL];
        const char *rest = label ? strstr(label->text, "kernel_info") : NULL;

        if (rest && (rest == label->text || rest[-1] == '|') &&
                        strcspn(rest, "|") == strlen("kernel_info"))
                lint_warn(lint, s, POLICY_CODE_BOOT_ONLY_DATA, NULL,
                                "boot with ima_policy=critical_data to have it measured",
                                "comes too late for kernel_info, which is measured once at boot");
}

static void check_hashes(Lint *lint, LintSubject *s)
{
        static const HashAlgorithm weak[] = { HASH_MD4, HASH_MD5, HASH_SHA1 };
        const RuleValue *hashes = s->values[KEYWORD_APPRAISE_ALGOS];

        for (size_t i = 0; hashes && i < ELEMENTSOF(weak); i++)
                if (hashes->number & BIT(weak[i]))
                        lint_warn(lint, s, POLICY_CODE_WEAK_HASH, NULL,
                                        "list sha256 and stronger ones",
                                        "accepts %s, for which collisions are known",
                                        hash_algorithm_to_string(weak[i]));
}

static void check_policy_lock(Lint *lint, LintSubject *s)
{
        if (s->action == RULE_ACTION_APPRAISE && s->func == RULE_FUNC_POLICY_CHECK)
                lint_warn(lint, s, POLICY_CODE_POLICY_LOCKED, NULL,
                                "imad loads by path: sign its policies, which the rule then "
                                "appraises, or leave it out",
                                "makes the kernel refuse policies that are written as text until "
                                "the next boot, whatever its conditions are");
}

/* Who uses the PCRs: TCG PC Client profile, and the UAPI group's list of PCRs. */
static const struct {
        uint64_t first, last;
        const char *user;
} pcr_users[] = {
        {0,   7,  "the firmware extends it, and sealed secrets depend on it"                     },
        { 8,  9,  "the boot loader extends it, and sealed secrets depend on it"                  },
        { 11, 13, "systemd extends it for kernel images and their parameters"                    },
        { 14, 14, "shim extends it for machine owner keys"                                       },
        { 15, 15, "systemd extends it for the machine's identity"                                },
        { 16, 16, "it is for debugging, anybody can reset it"                                    },
        { 17, 22, "it is for a dynamic root of trust, a running system cannot extend all of them"},
        { 23, 23, "it is for applications, anybody can reset it"                                 },
};

static void check_pcr(Lint *lint, LintSubject *s)
{
        const RuleValue *pcr = s->values[KEYWORD_PCR];
        unsigned count = lint->facts->n_pcrs ?: PCRS_OF_TPM;

        if (!pcr || pcr->number == PCR_DEFAULT)
                return;
        if (pcr->number == 0 && is_buffer(s)) {
                lint_warn(lint, s, POLICY_CODE_PCR_OF_BUFFER, NULL, "leave pcr out",
                                "extends PCR 10: the kernel takes pcr 0 of %s for the default",
                                rule_func_get_info(s->func)->name);
                return;
        }
        if (pcr->number >= count) {
                lint_warn(lint, s, POLICY_CODE_PCR_MISSING, NULL, "leave pcr out for PCR 10",
                                "extends PCR %s, and the TPM has 0 to %u: its entries can never be "
                                "verified",
                                pcr->text, count - 1);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(pcr_users); i++)
                if (pcr->number >= pcr_users[i].first && pcr->number <= pcr_users[i].last)
                        lint_warn(lint, s, POLICY_CODE_PCR_TAKEN, NULL,
                                        "leave pcr out: PCR 10 is IMA's own", "extends PCR %s: %s",
                                        pcr->text, pcr_users[i].user);
}

static void check_template(Lint *lint, LintSubject *s)
{
        const RuleValue *template = s->values[KEYWORD_TEMPLATE];

        if (template && is_buffer(s) && !is_one_of(template, templates_with_buffer))
                lint_warn(lint, s, POLICY_CODE_TEMPLATE_WITHOUT_BUFFER, NULL,
                                "leave template out: ima-buf is the default here",
                                "loses what %s measures: template %s has no field for the buffer",
                                rule_func_get_info(s->func)->name, template->text);
        if (s->action == RULE_ACTION_MEASURE && s->values[KEYWORD_DIGEST_TYPE] &&
                        (!template || !is_one_of(template, templates_with_type)))
                lint_warn(lint, s, POLICY_CODE_TEMPLATE_WITHOUT_TYPE, NULL,
                                "add template: ima-ngv2, or ima-sigv2",
                                "measures fs-verity digests that nobody can tell from those of "
                                "contents, and no file without fs-verity");
}

void lint_check_value(Lint *lint, LintSubject *s)
{
        static void (*const checks[])(Lint * lint, LintSubject * s) = { check_never, check_ignored,
                check_filesystem, check_fsname, check_fsuuid, check_labels, check_credentials,
                check_boot_only, check_hashes, check_policy_lock, check_pcr, check_template };

        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                checks[i](lint, s);
}
