/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/rule-check.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/rule/label.h"

/* Since then appraise_flag= is taken with everything and has no effect. */
static const uint32_t version_flag_ignored[TARGET_VERSION_PARTS] = { 6, 7 };

static const KernelNeed need_modsig = { .config = "IMA_APPRAISE_MODSIG" };
static const KernelNeed need_lsm_rules = { .config = "IMA_LSM_RULES" };

typedef struct Check {
        const Target *target;
        const RuleValue *by_keyword[KEYWORD_MAX];
        const RuleFuncInfo *func;
        RuleConflict *conflicts;
        size_t count;
} Check;

static void add(Check *c, const char *code, KeywordId at, KeywordId with, const KernelNeed *need)
{
        if (c->count < RULE_CONFLICTS_MAX)
                c->conflicts[c->count++] = (RuleConflict){ code, at, with, need };
}

static bool flag_is_ignored(const Target *target)
{
        return !target ||
               target_compare_grammar(target, version_flag_ignored, TARGET_VERSION_PARTS) >= 0;
}

/* The kernel tells one reason only, and so does this. */
static bool add_need(Check *c, KeywordId id, const KernelNeed *need)
{
        if (kernel_need_check(need, c->target) >= 0)
                return false;
        add(c,
                        need->config && target_has_config(c->target, need->config) == 0
                                        ? POLICY_CODE_NEEDS_CONFIG
                                        : POLICY_CODE_NEEDS_VERSION,
                        id, KEYWORD_INVALID, need);
        return true;
}

/* Where the flag has an effect, the kernel looks for a part of its name. */
static void check_flag(Check *c, const RuleValue *flag)
{
        if (!flag_is_ignored(c->target) && !add_need(c, KEYWORD_APPRAISE_FLAG, &need_modsig) &&
                        !strstr(flag->text, "blacklist"))
                add(c, POLICY_CODE_UNKNOWN_VALUE, KEYWORD_APPRAISE_FLAG, KEYWORD_INVALID, NULL);
}

static void check_label(Check *c, const RuleValue *value)
{
        KeywordId id = (KeywordId) value->keyword;

        if (!label_is_refused(c->target, id, value->text))
                return;
        if (!add_need(c, id, &need_lsm_rules))
                add(c, POLICY_CODE_UNKNOWN_LABEL, id, KEYWORD_INVALID, NULL);
}

static bool hash_is_missing(const Target *target, uint64_t hashes, HashAlgorithm algorithm)
{
        return ((hashes >> algorithm) & 1) && target && target_has_hash(target, algorithm) == 0;
}

static void check_hashes(Check *c, const RuleValue *value)
{
        for (HashAlgorithm i = 0; i < HASH_ALGORITHM_MAX; i++)
                if (hash_is_missing(c->target, value->number, i)) {
                        add(c, POLICY_CODE_NEEDS_HASH, (KeywordId) value->keyword, KEYWORD_INVALID,
                                        NULL);
                        return;
                }
}

/* What is wrong with a value whatever else the rule has. */
static void check_itself(Check *c, const RuleValue *value)
{
        const Keyword *keyword = keyword_get((KeywordId) value->keyword);

        if (add_need(c, (KeywordId) value->keyword, &keyword->need) ||
                        add_need(c, (KeywordId) value->keyword, rule_value_get_need(value)))
                return;
        if (keyword->type == VALUE_TYPE_LABEL)
                check_label(c, value);
        else if (keyword->type == VALUE_TYPE_HASHES)
                check_hashes(c, value);
        else if (keyword->type == VALUE_TYPE_APPRAISE_FLAG)
                check_flag(c, value);
}

static void check_value(Check *c, const RuleValue *value, unsigned action_bit)
{
        KeywordId id = (KeywordId) value->keyword;
        const Keyword *keyword = keyword_get(id);

        check_itself(c, value);
        if (id == KEYWORD_APPRAISE_FLAG && flag_is_ignored(c->target))
                return;
        if (!(c->func->keywords & BIT(id)))
                add(c, POLICY_CODE_FUNC_KEYWORD, id, KEYWORD_FUNC, NULL);
        else if (!(keyword->actions & action_bit))
                add(c, POLICY_CODE_ACTION_OPTION, id, KEYWORD_ACTION, NULL);
        if (keyword->slot != id && c->by_keyword[keyword->slot])
                add(c, POLICY_CODE_SHARED_SLOT, id, keyword->slot, NULL);
}

/* fs-verity digests are signed in their own format, and only that one fits them. */
static void check_appraise_type(Check *c, RuleAction action)
{
        const RuleValue *type = c->by_keyword[KEYWORD_APPRAISE_TYPE];
        const RuleValue *digest = c->by_keyword[KEYWORD_DIGEST_TYPE];
        bool sigv3 = type && (type->number & APPRAISE_TYPE_SIGV3);

        if (action == RULE_ACTION_APPRAISE && digest && !type)
                add(c, POLICY_CODE_MISSING_COMPANION, KEYWORD_DIGEST_TYPE, KEYWORD_APPRAISE_TYPE,
                                NULL);
        if (!type)
                return;
        if (sigv3 && !digest)
                add(c, POLICY_CODE_MISSING_COMPANION, KEYWORD_APPRAISE_TYPE, KEYWORD_DIGEST_TYPE,
                                NULL);
        if (!sigv3 && digest)
                add(c, POLICY_CODE_VALUE_CONFLICT, KEYWORD_APPRAISE_TYPE, KEYWORD_DIGEST_TYPE,
                                NULL);
        if ((type->number & ~c->func->appraise_types) && c->func->appraise_types)
                add(c, POLICY_CODE_VALUE_CONFLICT, KEYWORD_APPRAISE_TYPE, KEYWORD_FUNC, NULL);
}

static void check_appraise_flag(Check *c)
{
        const RuleValue *type = c->by_keyword[KEYWORD_APPRAISE_TYPE];

        if (!c->by_keyword[KEYWORD_APPRAISE_FLAG] || flag_is_ignored(c->target) ||
                        kernel_need_check(&need_modsig, c->target) < 0)
                return;
        if (!type || !(type->number & APPRAISE_TYPE_MODSIG))
                add(c, POLICY_CODE_VALUE_CONFLICT, KEYWORD_APPRAISE_FLAG, KEYWORD_APPRAISE_TYPE,
                                NULL);
}

size_t rule_check(const Rule *rule, const Target *target,
                RuleConflict ret_conflicts[static RULE_CONFLICTS_MAX])
{
        RuleAction action = rule_get_action(rule);
        RuleFunc func = rule_get_func(rule);
        Check c = {
                .target = target,
                .func = rule_func_get_info(func),
                .conflicts = ret_conflicts,
        };

        for (size_t i = 0; i < rule->n_values; i++)
                c.by_keyword[rule->values[i].keyword] = &rule->values[i];
        if (!(c.func->actions & BIT(action)))
                add(&c, POLICY_CODE_FUNC_ACTION, KEYWORD_FUNC, KEYWORD_ACTION, NULL);
        for (size_t i = 0; i < rule->n_values; i++)
                check_value(&c, &rule->values[i], BIT(action));
        check_appraise_type(&c, action);
        check_appraise_flag(&c);
        if (func == RULE_FUNC_SETXATTR_CHECK && !c.by_keyword[KEYWORD_APPRAISE_ALGOS])
                add(&c, POLICY_CODE_MISSING_COMPANION, KEYWORD_FUNC, KEYWORD_APPRAISE_ALGOS, NULL);
        return c.count;
}

size_t rule_check_value(const RuleValue *value, const Target *target,
                RuleConflict ret_conflicts[static RULE_CONFLICTS_MAX])
{
        Check c = { .target = target, .conflicts = ret_conflicts };

        check_itself(&c, value);
        return c.count;
}

typedef struct Explanation {
        char *message;
        char *hint;
} Explanation;

static void explanation_done(Explanation *e)
{
        free(e->message);
        free(e->hint);
}

static void describe_need(Explanation *e, const Rule *rule, const RuleConflict *conflict,
                const Target *target)
{
        const RuleValue *value = rule_find(rule, conflict->at);
        const Keyword *keyword = keyword_get(conflict->at);
        const KernelNeed *need = conflict->need;

        if (need->config && string_equal(conflict->code, POLICY_CODE_NEEDS_CONFIG)) {
                if (asprintf(&e->message, "%s: %s needs a kernel with CONFIG_%s, %s has it not",
                                    keyword->name, value->text, need->config, target->release) < 0)
                        e->message = NULL;
                if (asprintf(&e->hint, "for kernels that have it only: when: {config: [%s]}",
                                    need->config) < 0)
                        e->hint = NULL;
                return;
        }
        if (asprintf(&e->message, "%s: %s needs kernel %u.%u or newer, this is for %s",
                            keyword->name, value->text, need->version[0], need->version[1],
                            target->release) < 0)
                e->message = NULL;
        if (asprintf(&e->hint, "for newer kernels only: when: {kernel: \">=%u.%u\"}",
                            need->version[0], need->version[1]) < 0)
                e->hint = NULL;
}

/* "measure and dont_measure" of a set of actions. */
static void list_actions(unsigned actions, char text[static 128])
{
        size_t used = 0;

        text[0] = '\0';
        for (int i = 0; i < RULE_ACTION_MAX; i++) {
                if (!(actions & BIT(i)))
                        continue;
                actions &= ~BIT(i);
                used += (size_t) snprintf(text + used, 128 - used, "%s%s",
                                used == 0      ? ""
                                : actions == 0 ? " and "
                                               : ", ",
                                rule_action_to_string((RuleAction) i));
        }
}

/* The func values that take a keyword, for the hint. */
static char *list_funcs_taking(KeywordId id)
{
        _cleanup_buffer_ Buffer b = { 0 };
        char *text;

        for (int i = RULE_FUNC_NONE + 1; i < RULE_FUNC_MAX; i++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) i);

                if ((info->keywords & BIT(id)) &&
                                buffer_append_format(
                                                &b, "%s%s", b.size > 0 ? ", " : "", info->name) < 0)
                        return NULL;
        }
        return buffer_take(&b, &text, NULL) < 0 ? NULL : text;
}

/* Why a func is not like the others, in words that can follow a list; NULL: it is. */
static const char *get_reason(RuleFunc func)
{
        static const char *const reasons[RULE_FUNC_MAX] = {
                [RULE_FUNC_KEXEC_CMDLINE] = "a command line is no file",
                [RULE_FUNC_KEY_CHECK] = "a key is no file",
                [RULE_FUNC_CRITICAL_DATA] = "data of the kernel is no file",
                [RULE_FUNC_SETXATTR_CHECK] = ("it only says which hash algorithms may be "
                                              "written into security.ima"),
        };

        return reasons[func];
}

/* Conditions and options that a func takes; what every func takes left out. */
static char *list_keywords_of(const RuleFuncInfo *info)
{
        _cleanup_buffer_ Buffer b = { 0 };
        char *text;

        for (int i = KEYWORD_MASK; i < KEYWORD_MAX; i++)
                if ((info->keywords & BIT(i)) && i != KEYWORD_APPRAISE_FLAG &&
                                buffer_append_format(&b, "%s%s", b.size > 0 ? ", " : "",
                                                keyword_get((KeywordId) i)->name) < 0)
                        return NULL;
        return buffer_take(&b, &text, NULL) < 0 ? NULL : text;
}

static int describe_func_keyword(Explanation *e, const Rule *rule, const RuleConflict *conflict)
{
        const RuleFuncInfo *info = rule_func_get_info(rule_get_func(rule));
        const char *reason = get_reason(rule_get_func(rule)), *func = info->name;
        const char *name = keyword_get(conflict->at)->name, *says = keyword_get(conflict->at)->says;
        _cleanup_free_ char *list =
                        reason ? list_keywords_of(info) : list_funcs_taking(conflict->at);

        if (!list)
                return -ENOMEM;
        if (reason && (info->keywords & BIT(KEYWORD_FOWNER))
                                        ? asprintf(&e->hint, "%s, so that %s takes no %s", reason,
                                                          func, name) < 0
                        : reason ? asprintf(&e->hint, "%s, so that %s takes %s and nothing else",
                                                   reason, func, list) < 0
                                 : asprintf(&e->hint, "%s goes with func %s%s%s", name, list,
                                                   says ? ": it says " : "", says ?: "") < 0)
                e->hint = NULL;
        return func ? asprintf(&e->message, "%s does not go with func %s", name, func)
                    : asprintf(&e->message, "%s does not go without func", name);
}

static int describe_func_action(Explanation *e, const Rule *rule)
{
        const RuleFuncInfo *info = rule_func_get_info(rule_get_func(rule));
        char actions[128];

        list_actions(info->actions, actions);
        if (asprintf(&e->hint, "%s, so that %s goes with %s only; make a rule of its own for it",
                            get_reason(rule_get_func(rule)), info->name, actions) < 0)
                e->hint = NULL;
        return asprintf(&e->message, "func %s does not go with the action %s", info->name,
                        rule_action_to_string(rule_get_action(rule)));
}

static int describe_missing(Explanation *e, const Rule *rule, const RuleConflict *conflict)
{
        const RuleValue *value = rule_find(rule, conflict->at);
        const char *needed =
                        conflict->with == KEYWORD_APPRAISE_TYPE
                                        ? "appraise_type: sigv3: an fs-verity digest counts only "
                                          "when it is signed"
                        : conflict->with == KEYWORD_DIGEST_TYPE
                                        ? "digest_type: verity: sigv3 signs fs-verity digests and "
                                          "nothing else"
                                        : "appraise_algos: [sha256]: which hash algorithms may be "
                                          "written into security.ima";

        if (asprintf(&e->hint, "add %s", needed) < 0)
                e->hint = NULL;
        return asprintf(&e->message, "%s: %s needs %s in the same rule",
                        keyword_get(conflict->at)->name, value->text,
                        keyword_get(conflict->with)->name);
}

static int describe_pair(Explanation *e, const Rule *rule, const RuleConflict *conflict)
{
        const RuleValue *a = rule_find(rule, conflict->at), *b = rule_find(rule, conflict->with);
        const char *hint = conflict->with == KEYWORD_DIGEST_TYPE
                                           ? "fs-verity digests are signed as sigv3; imasig signs "
                                             "the hash of a file's contents"
                           : conflict->with == KEYWORD_APPRAISE_TYPE
                                           ? "add appraise_type: imasig|modsig or drop the flag"
                                           : "imasig goes with every func that can be appraised, "
                                             "sigv3 with files that "
                                             "are opened, run or mapped; appended signatures "
                                             "(modsig) are read only by MODULE_CHECK, "
                                             "KEXEC_KERNEL_CHECK and KEXEC_INITRAMFS_CHECK";

        e->hint = strdup(hint);
        return asprintf(&e->message, "%s: %s does not go with %s%s%s",
                        keyword_get(conflict->at)->name, a->text, keyword_get(conflict->with)->name,
                        b ? ": " : "", b ? b->text : "");
}

static int describe_option(Explanation *e, const Rule *rule, const RuleConflict *conflict)
{
        const Keyword *keyword = keyword_get(conflict->at);
        char actions[128];

        list_actions(keyword->actions, actions);
        if (asprintf(&e->hint, "%s is an option of %s%s%s", keyword->name, actions,
                            keyword->says ? ": it says " : "", keyword->says ?: "") < 0)
                e->hint = NULL;
        return asprintf(&e->message, "%s does not go with the action %s", keyword->name,
                        rule_action_to_string(rule_get_action(rule)));
}

static int describe_label(Explanation *e, const Rule *rule, const RuleConflict *conflict,
                const Target *target)
{
        const char *name = keyword_get(conflict->at)->name;

        if (target->lsm == TARGET_LSM_APPARMOR)
                e->hint = strdup("AppArmor knows subj_role: unconfined, and profiles that are "
                                 "loaded before the policy");
        else if (target->lsm == TARGET_LSM_SMACK)
                e->hint = strdup("Smack knows subj_user and obj_user");
        else
                e->hint = strdup("no security module with labels is active when the policy is "
                                 "loaded: boot with one (lsm=), or remove the condition");
        return asprintf(&e->message, "%s: %s is no label that %s knows", name,
                        rule_find(rule, conflict->at)->text,
                        target->lsm == TARGET_LSM_NONE ? "the kernel"
                                                       : target_lsm_to_string(target->lsm));
}

static int describe_hash(Explanation *e, const Rule *rule, const RuleConflict *conflict,
                const Target *target)
{
        const RuleValue *value = rule_find(rule, conflict->at);
        const char *config;
        HashAlgorithm algorithm = 0;

        while (!hash_is_missing(target, value->number, algorithm))
                algorithm++;
        config = target_get_hash_config(algorithm);
        if (asprintf(&e->hint,
                            config ? "CONFIG_%s offers it, as a module only where that can be "
                                     "loaded; sha256 is offered everywhere"
                                   : "no kernel has code for it; sha256 is offered everywhere",
                            config) < 0)
                e->hint = NULL;
        return asprintf(&e->message, "%s: %s does not offer %s", keyword_get(conflict->at)->name,
                        target->release, hash_algorithm_to_string(algorithm));
}

static int describe_other(Explanation *e, const Rule *rule, const RuleConflict *conflict,
                const Target *target)
{
        const char *name = keyword_get(conflict->at)->name;

        if (string_equal(conflict->code, POLICY_CODE_SHARED_SLOT)) {
                e->hint = strdup("the kernel has one place for both in a rule: use one of them, or "
                                 "put what is not meant into a dont_ rule before it");
                return asprintf(&e->message, "%s and %s do not go into one rule",
                                keyword_get(conflict->with)->name, name);
        }
        if (string_equal(conflict->code, POLICY_CODE_RULE_TOO_LONG)) {
                e->hint = strdup("the kernel reads a page at a time and a rule must fit: split the "
                                 "lists over several rules");
                return asprintf(&e->message,
                                "the rule has %zu characters, the kernel reads at most %zu",
                                rule_get_length(rule), rule_get_length_limit(target));
        }
        e->hint = strdup("the kernel knows check_blacklist");
        return asprintf(&e->message, "%s: %s is not known", name,
                        rule_find(rule, conflict->at)->text);
}

int rule_conflict_describe(const Rule *rule, const RuleConflict *conflict, const Target *target,
                char **ret_message, char **ret_hint)
{
        _cleanup_(explanation_done) Explanation e = { 0 };

        if (conflict->need)
                describe_need(&e, rule, conflict, target);
        else if (string_equal(conflict->code, POLICY_CODE_FUNC_KEYWORD))
                (void) describe_func_keyword(&e, rule, conflict);
        else if (string_equal(conflict->code, POLICY_CODE_FUNC_ACTION))
                (void) describe_func_action(&e, rule);
        else if (string_equal(conflict->code, POLICY_CODE_MISSING_COMPANION))
                (void) describe_missing(&e, rule, conflict);
        else if (string_equal(conflict->code, POLICY_CODE_VALUE_CONFLICT))
                (void) describe_pair(&e, rule, conflict);
        else if (string_equal(conflict->code, POLICY_CODE_ACTION_OPTION))
                (void) describe_option(&e, rule, conflict);
        else if (string_equal(conflict->code, POLICY_CODE_UNKNOWN_LABEL))
                (void) describe_label(&e, rule, conflict, target);
        else if (string_equal(conflict->code, POLICY_CODE_NEEDS_HASH))
                (void) describe_hash(&e, rule, conflict, target);
        else
                (void) describe_other(&e, rule, conflict, target);
        if (!e.message)
                return -ENOMEM;
        *ret_message = TAKE_PTR(e.message);
        *ret_hint = TAKE_PTR(e.hint);
        return 0;
}
