/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "base/strings.h"
#include "core/policy/lint/lint-check.h"

/* Appraise rules that are asked which file systems they reach; the answer costs some. */
#define REACH_RULES_MAX 32
#define REACH_FILESYSTEMS_MAX 16 /* mounted ones that lack extended attributes */

#define FS_KEYWORDS (BIT(KEYWORD_FSMAGIC) | BIT(KEYWORD_FSNAME) | BIT(KEYWORD_FSUUID))
#define LABEL_KEYWORDS                                                                             \
        (BIT(KEYWORD_OBJ_USER) | BIT(KEYWORD_OBJ_ROLE) | BIT(KEYWORD_OBJ_TYPE) |                   \
                        BIT(KEYWORD_SUBJ_USER) | BIT(KEYWORD_SUBJ_ROLE) | BIT(KEYWORD_SUBJ_TYPE))
#define OBJECT_KEYWORDS (FS_KEYWORDS | LABEL_KEYWORDS | BIT(KEYWORD_FOWNER) | BIT(KEYWORD_FGROUP))

/*
 * The exclusions of the kernel's own appraise_tcb (dont_appraise rules in ima_policy.c). Programs
 * and libraries lie on ramfs only: those of the initramfs.
 */
static const struct {
        const char *name;
        bool executed;   /* programs are run from it */
        bool all_owners; /* files on it belong to others than root */
} pseudo[] = {
        {"proc",         false, true },
        { "sysfs",       false, false},
        { "debugfs",     false, false},
        { "tmpfs",       false, true },
        { "ramfs",       true,  false},
        { "devpts",      false, false},
        { "binfmt_misc", false, false},
        { "securityfs",  false, false},
        { "selinuxfs",   false, false},
        { "smackfs",     false, false},
        { "cgroup",      false, false},
        { "cgroup2",     false, false},
        { "nsfs",        false, false},
        { "efivarfs",    false, false},
};

/* A rule with the conditions of one file system in the place of its own. */
typedef struct Narrowed {
        Rule rule;
        MatchSet set;
        RuleValue values[KEYWORD_MAX + 3];
        char magic[32];
} Narrowed;

static void narrow_add(Narrowed *n, KeywordId id, uint64_t number, const char *text)
{
        n->values[n->rule.n_values++] =
                        (RuleValue){ (uint8_t) id, KEYWORD_OPERATOR_EQUAL, number, text };
        n->set.keywords |= BIT(id);
}

static void narrow(const LintSubject *s, uint32_t events, uint64_t magic, const char *type,
                const char *uuid, Narrowed *n)
{
        n->rule = *s->rule;
        n->rule.values = n->values;
        n->rule.n_values = 0;
        n->set = *s->set;
        n->set.rule = &n->rule;
        n->set.events &= events;
        n->set.keywords &= ~FS_KEYWORDS;
        for (size_t i = 0; i < s->rule->n_values; i++)
                if (!(BIT(s->rule->values[i].keyword) & FS_KEYWORDS))
                        n->values[n->rule.n_values++] = s->rule->values[i];
        (void) snprintf(n->magic, sizeof(n->magic), "0x%" PRIx64, magic);
        narrow_add(n, KEYWORD_FSMAGIC, magic, n->magic);
        narrow_add(n, KEYWORD_FSNAME, 0, type);
        if (uuid)
                narrow_add(n, KEYWORD_FSUUID, 1, uuid);
}

static uint32_t file_events(void)
{
        return relation_get_hook_events(RULE_FUNC_FILE_CHECK) &
               ~relation_get_mask_events(RULE_FUNC_FILE_CHECK, RULE_MASK_EXEC);
}

/* Whether a file system is reached and no earlier rule takes its files out. */
static bool reaches(const Lint *lint, const LintSubject *s, uint32_t events, uint64_t magic,
                const char *type, const char *uuid)
{
        LintCover cover;
        Narrowed n;

        if (!(s->set->events & events))
                return false;
        narrow(s, events, magic, type, uuid, &n);
        return !lint_index_find(&lint->indexes[LINT_CLASS_APPRAISE], &n.set, &cover);
}

#define EXECUTED_SHIFT 16

/* Bits by place in the table: opened files, and executed ones above. */
static uint32_t find_pseudo_reached(const Lint *lint, const LintSubject *s)
{
        bool root = s->set->ranges[ID_SLOT_FOWNER].low == 0;
        uint32_t reached = 0;

        for (size_t i = 0; i < ELEMENTSOF(pseudo); i++) {
                uint64_t magic = filesystem_find_name(pseudo[i].name)->magic;

                if (!root && !pseudo[i].all_owners)
                        continue;
                if (reaches(lint, s, file_events(), magic, pseudo[i].name, NULL))
                        reached |= BIT(i);
                if (pseudo[i].executed &&
                                reaches(lint, s, LINT_EXEC_EVENTS, magic, pseudo[i].name, NULL))
                        reached |= BIT(i + EXECUTED_SHIFT);
        }
        return reached;
}

static void list_pseudo(uint32_t which, Buffer *text)
{
        which |= which >> EXECUTED_SHIFT;
        for (size_t i = 0; i < ELEMENTSOF(pseudo); i++)
                if (which & BIT(i))
                        (void) buffer_append_format(
                                        text, "%s%s", text->size > 0 ? ", " : "", pseudo[i].name);
}

/* The same is said once, although all rules behind lack the same exclusions. */
static void check_pseudo(Lint *lint, LintSubject *s)
{
        _cleanup_buffer_ Buffer names = { 0 };
        uint32_t reached;

        if (s->set->keywords & (FS_KEYWORDS | LABEL_KEYWORDS))
                return;
        reached = find_pseudo_reached(lint, s) & ~lint->pseudo_said;
        if (reached == 0)
                return;
        list_pseudo(reached, &names);
        if (lint_warn(lint, s, POLICY_CODE_PSEUDO_APPRAISED, NULL,
                            "put a rule before it: action: dont_appraise and these as fsmagic, "
                            "with the same "
                            "func or none",
                            "denies what lies on %s: files there have no labels", names.data ?: ""))
                lint->pseudo_new |= reached;
}

static bool is_compatible(const LintSubject *s, const LintFilesystem *fs)
{
        return (!s->values[KEYWORD_FSMAGIC] || s->values[KEYWORD_FSMAGIC]->number == fs->magic) &&
               (!s->values[KEYWORD_FSNAME] ||
                               strcmp(s->values[KEYWORD_FSNAME]->text, fs->type) == 0) &&
               (!s->values[KEYWORD_FSUUID] ||
                               string_equal(s->values[KEYWORD_FSUUID]->text, fs->uuid));
}

static bool is_pseudo(const LintFilesystem *fs)
{
        for (size_t i = 0; i < ELEMENTSOF(pseudo); i++)
                if (strcmp(pseudo[i].name, fs->type) == 0)
                        return true;
        return false;
}

/* The others are counted only. */
#define NAMED_FILESYSTEMS_MAX 3

static void check_xattrs(Lint *lint, LintSubject *s)
{
        const LintFacts *facts = lint->facts;
        _cleanup_buffer_ Buffer names = { 0 };
        size_t looked_at = 0, reached = 0;

        for (size_t i = 0; i < facts->n_filesystems && looked_at < REACH_FILESYSTEMS_MAX; i++) {
                const LintFilesystem *fs = &facts->filesystems[i];
                uint32_t events = file_events() | (fs->noexec ? 0 : LINT_EXEC_EVENTS);

                if (!fs->lacks_xattrs || is_pseudo(fs) || !is_compatible(s, fs))
                        continue;
                looked_at++;
                if (!reaches(lint, s, events, fs->magic, fs->type, fs->uuid))
                        continue;
                if (reached++ < NAMED_FILESYSTEMS_MAX)
                        (void) buffer_append_format(&names, "%s%s (%s)", names.size > 0 ? ", " : "",
                                        fs->path, fs->type);
        }
        if (reached == 0)
                return;
        if (reached > NAMED_FILESYSTEMS_MAX)
                (void) buffer_append_format(
                                &names, " and %zu more", reached - NAMED_FILESYSTEMS_MAX);
        lint_warn(lint, s, POLICY_CODE_XATTRS_LACKING, NULL,
                        "exclude it before the rule, by fsmagic, fsname or fsuuid",
                        "denies all files that it matches on %s, which cannot hold labels",
                        names.data ?: "");
}

/* What a signature or label is demanded for, and everybody's files are written. */
static void check_writes(Lint *lint, LintSubject *s)
{
        uint32_t writes = relation_get_mask_events(
                        RULE_FUNC_FILE_CHECK, RULE_MASK_WRITE | RULE_MASK_CONTAINS);

        if ((s->set->events & writes) && !(s->set->keywords & OBJECT_KEYWORDS))
                lint_warn(lint, s, POLICY_CODE_WRITES_APPRAISED, NULL,
                                "limit it by mask, or to files that are not changed (fowner, "
                                "obj_type)",
                                "denies writing to every file without a valid label, logs and "
                                "databases too");
}

static void check_appraise(Lint *lint, LintSubject *s)
{
        if (s->action != RULE_ACTION_APPRAISE || s->unreachable)
                return;
        check_writes(lint, s);
        if (lint->n_reach++ >= REACH_RULES_MAX)
                return;
        check_pseudo(lint, s);
        check_xattrs(lint, s);
}

/* Hooks of the events of a set that later rules act on. */
static uint32_t find_later(const Lint *lint, const LintSubject *s, uint32_t events)
{
        uint32_t later = 0;

        for (uint32_t rest = s->set->events & events; rest; rest &= rest - 1)
                if (lint->survey.event_end[s->class][__builtin_ctz(rest)] > s->index)
                        later |= rest & -rest;
        return later;
}

static void list_hooks(uint32_t events, Buffer *text)
{
        for (int func = RULE_FUNC_FILE_CHECK + 1; func < RULE_FUNC_SETXATTR_CHECK; func++)
                if (events & relation_get_hook_events((RuleFunc) func))
                        (void) buffer_append_format(text, "%s%s", text->size > 0 ? ", " : "",
                                        rule_func_get_info((RuleFunc) func)->name);
}

static bool is_on(const LintSubject *s, const char *type)
{
        const RuleValue *magic = s->values[KEYWORD_FSMAGIC], *name = s->values[KEYWORD_FSNAME];

        return (magic && magic->number == filesystem_find_name(type)->magic) ||
               (name && strcmp(name->text, type) == 0);
}

/* Everybody can write to tmpfs, and root to ramfs: programs and policies can be put there. */
static void check_hidden(Lint *lint, LintSubject *s)
{
        _cleanup_buffer_ Buffer hooks = { 0 };
        uint32_t events = 0;

        if (!s->exclusion || s->func != RULE_FUNC_NONE || s->unreachable ||
                        !(s->set->keywords & FS_KEYWORDS))
                return;
        if (is_on(s, "tmpfs"))
                events = LINT_EXEC_EVENTS | LINT_KERNEL_EVENTS;
        else if (s->class == LINT_CLASS_APPRAISE && is_on(s, "ramfs"))
                events = LINT_KERNEL_EVENTS;
        events = find_later(lint, s, events & ~relation_get_hook_events(RULE_FUNC_KEXEC_CMDLINE));
        if (events == 0)
                return;
        list_hooks(events, &hooks);
        lint_warn(lint, s, POLICY_CODE_HIDDEN_HOOK, NULL,
                        "add func: FILE_CHECK if only opened files are meant",
                        "leaves out %s on %s as well, where anything can be put", hooks.data ?: "",
                        is_on(s, "tmpfs") ? "tmpfs" : "ramfs");
}

/* Those that no earlier rule has decided. */
static uint32_t find_undecided(const Lint *lint, const LintSubject *s, uint32_t events)
{
        uint32_t undecided = 0;

        for (uint32_t rest = s->set->events & events; rest; rest &= rest - 1) {
                MatchSet one = *s->set;
                LintCover cover;

                one.events = rest & -rest;
                if (!lint_index_find(&lint->indexes[s->class], &one, &cover))
                        undecided |= rest & -rest;
        }
        return undecided;
}

static void check_all_hooks(Lint *lint, LintSubject *s)
{
        _cleanup_buffer_ Buffer hooks = { 0 };
        uint32_t events;

        if (s->func != RULE_FUNC_NONE || s->exclusion || s->unreachable ||
                        s->class > LINT_CLASS_APPRAISE || lint->n_funcless++ >= REACH_RULES_MAX)
                return;
        events = LINT_KERNEL_EVENTS;
        if (s->class == LINT_CLASS_APPRAISE)
                events &= ~relation_get_hook_events(RULE_FUNC_KEXEC_CMDLINE);
        events = find_undecided(lint, s, events);
        if (events == 0)
                return;
        list_hooks(events, &hooks);
        lint_warn(lint, s, POLICY_CODE_ALL_HOOKS, NULL, "name the func values that are meant",
                        s->class == LINT_CLASS_APPRAISE
                                        ? "denies unlabelled files in %s as well, as it has no func"
                                        : "measures %s as well, as it has no func",
                        hooks.data ?: "");
}

static void check_endless(Lint *lint, LintSubject *s)
{
        uint32_t reads = relation_get_mask_events(
                        RULE_FUNC_FILE_CHECK, RULE_MASK_READ | RULE_MASK_CONTAINS);

        if (s->class != LINT_CLASS_MEASURE || !(s->set->events & reads))
                return;
        if (s->exclusion)
                lint->narrowed |= (s->set->keywords & (OBJECT_KEYWORDS & ~BIT(KEYWORD_FSMAGIC) &
                                                                      ~BIT(KEYWORD_FSNAME))) != 0;
        else if (!lint->narrowed && !s->unreachable && !s->values[KEYWORD_DIGEST_TYPE] &&
                        !(s->set->keywords & ~(BIT(KEYWORD_UID) | BIT(KEYWORD_EUID))) &&
                        s->set->ranges[ID_SLOT_USER].low == 0)
                lint_warn(lint, s, POLICY_CODE_ENDLESS_LIST, NULL,
                                "limit it by fowner, fsuuid or obj_type, or exclude before it what "
                                "changes",
                                "measures every log and database that is read, again after each "
                                "change: the list grows without end");
}

/* Bits that rules set when they are loaded, matching or not (ima_update_policy_flags()). */
static const struct {
        RuleFunc func;
        const char *effect;
} sticky[] = {
        {RULE_FUNC_MODULE_CHECK,        "makes the kernel refuse all modules that are loaded from memory "
                                  "(init_module)"},
        { RULE_FUNC_FIRMWARE_CHECK,
         "makes the kernel refuse all firmware that is loaded from user space"   },
        { RULE_FUNC_KEXEC_KERNEL_CHECK, "makes the kernel refuse kexec_load"     },
};

static void check_sticky(Lint *lint, LintSubject *s)
{
        for (size_t i = 0; s->action == RULE_ACTION_APPRAISE && i < ELEMENTSOF(sticky); i++)
                if (s->func == sticky[i].func && (s->unreachable || s->set->keywords != 0))
                        lint_warn(lint, s, POLICY_CODE_STICKY, NULL,
                                        "leave the rule out if that is not meant",
                                        "%s until the next boot, whatever its conditions are",
                                        sticky[i].effect);
}

void lint_check_reach(Lint *lint, LintSubject *s)
{
        check_appraise(lint, s);
        check_hidden(lint, s);
        check_all_hooks(lint, s);
        check_endless(lint, s);
        check_sticky(lint, s);
}
