/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/diff/diff-example.h"

#include "base/strings.h"
#include "core/policy/rule/names.h"
#include "core/policy/simulate/file-use.h"

#define MAGIC_EXT4 0xef53
#define IDS_MAX 16
#define ORDINARY_ID 1000

/* The ids worth trying for one condition. */
typedef struct Ids {
        uint32_t items[IDS_MAX];
        size_t count;
} Ids;

typedef struct Search {
        const Simulator *before;
        const Simulator *after;
        const Rule *rule;
        const Rule *other;
        MatchRule match;
        MatchRule match_other;
        Ids users, groups, owners, owner_groups;
        Request request;
        Request fallback; /* differs, but other does not match it */
        bool has_fallback;
        char *data; /* the first name of a list */
} Search;

static void search_done(Search *s)
{
        free(s->data);
}

static const RuleValue *find_value(const Search *s, KeywordId id)
{
        const RuleValue *value = rule_find(s->rule, id);

        return value || !s->other ? value : rule_find(s->other, id);
}

static void add_id(Ids *ids, uint64_t id)
{
        if (id >= UINT32_MAX || ids->count == IDS_MAX)
                return;
        for (size_t i = 0; i < ids->count; i++)
                if (ids->items[i] == id)
                        return;
        ids->items[ids->count++] = (uint32_t) id;
}

/* On both sides of each number that a rule names. */
static Ids collect_ids(const Search *s, KeywordId first, KeywordId second, bool ordinary)
{
        const KeywordId keywords[] = { first, second };
        const Rule *const rules[] = { s->rule, s->other };
        Ids ids = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                for (size_t j = 0; rules[i] && j < ELEMENTSOF(keywords); j++) {
                        const RuleValue *value = rule_find(rules[i], keywords[j]);

                        if (!value)
                                continue;
                        add_id(&ids, value->number);
                        add_id(&ids, value->number + 1);
                        if (value->number > 0)
                                add_id(&ids, value->number - 1);
                }
        add_id(&ids, 0);
        if (ordinary)
                add_id(&ids, ORDINARY_ID);
        return ids;
}

static void set_filesystem(Search *s)
{
        const RuleValue *magic = find_value(s, KEYWORD_FSMAGIC);
        const RuleValue *name = find_value(s, KEYWORD_FSNAME);
        const RuleValue *uuid = find_value(s, KEYWORD_FSUUID);
        const FilesystemName *known = magic  ? filesystem_find_magic(magic->number)
                                      : name ? filesystem_find_name(name->text)
                                             : filesystem_find_magic(MAGIC_EXT4);

        s->request.fsmagic = magic ? magic->number : known ? known->magic : 0;
        s->request.fsname = name ? name->text : known ? known->name : NULL;
        if (uuid)
                (void) request_parse_uuid(uuid->text, s->request.fsuuid);
}

static int set_constants(Search *s)
{
        const RuleValue *list = find_value(s, KEYWORD_KEYRINGS) ?: find_value(s, KEYWORD_LABEL);

        set_filesystem(s);
        for (int i = KEYWORD_SUBJ_USER; i <= KEYWORD_OBJ_TYPE; i++) {
                const RuleValue *label = find_value(s, (KeywordId) i);

                s->request.labels[i - KEYWORD_SUBJ_USER] = label ? label->text : NULL;
        }
        s->data = list ? strndup(list->text, strcspn(list->text, "|")) : strdup("example");
        s->request.data = s->data;
        return s->data ? 0 : -ENOMEM;
}

static bool differs(const SimulateDecision *a, const SimulateDecision *b)
{
        for (int i = 0; i < SIMULATE_CLASS_MAX; i++)
                if (a->classes[i].is_done != b->classes[i].is_done)
                        return true;
        return a->flags != b->flags || a->pcr != b->pcr || a->algorithms != b->algorithms ||
               a->is_generic != b->is_generic ||
               (a->template_rule == SIMULATE_NO_RULE) != (b->template_rule == SIMULATE_NO_RULE);
}

/* 1: this is it; 0: try another one. */
static int try_request(Search *s)
{
        SimulateDecision before, after;

        if (match_find_failure(&s->match, &s->request) != KEYWORD_INVALID)
                return 0;
        before = simulate_decide(s->before, &s->request);
        after = simulate_decide(s->after, &s->request);
        if (!differs(&before, &after))
                return 0;
        if (!s->other || match_find_failure(&s->match_other, &s->request) == KEYWORD_INVALID)
                return 1;
        if (!s->has_fallback)
                s->fallback = s->request;
        s->has_fallback = true;
        return 0;
}

static int try_ids(Search *s)
{
        for (size_t i = 0; i < s->users.count; i++)
                for (size_t j = 0; j < s->owners.count; j++)
                        for (size_t k = 0; k < s->groups.count; k++)
                                for (size_t l = 0; l < s->owner_groups.count; l++) {
                                        uint32_t user = s->users.items[i];
                                        uint32_t group = s->groups.items[k];

                                        s->request.user = (RequestIds){ user, user, user, false };
                                        s->request.group =
                                                        (RequestIds){ group, group, group, false };
                                        s->request.owner = s->owners.items[j];
                                        s->request.owner_group = s->owner_groups.items[l];
                                        if (try_request(s) > 0)
                                                return 1;
                                }
        return 0;
}

static int try_hook(Search *s, RuleFunc func)
{
        static const unsigned masks[] = { RULE_MASK_READ, RULE_MASK_WRITE, RULE_MASK_EXEC,
                RULE_MASK_READ | RULE_MASK_WRITE, RULE_MASK_WRITE | RULE_MASK_APPEND };

        s->request.func = func;
        if (func != RULE_FUNC_FILE_CHECK) {
                s->request.mask = file_use_default_mask(func);
                return try_ids(s);
        }
        for (size_t i = 0; i < ELEMENTSOF(masks); i++) {
                s->request.mask = masks[i];
                if (try_ids(s) > 0)
                        return 1;
        }
        return 0;
}

/* Programs, libraries and files first, as people know them best. */
static int try_hooks(Search *s)
{
        static const RuleFunc hooks[] = { RULE_FUNC_BPRM_CHECK, RULE_FUNC_MMAP_CHECK,
                RULE_FUNC_FILE_CHECK, RULE_FUNC_MODULE_CHECK, RULE_FUNC_FIRMWARE_CHECK,
                RULE_FUNC_KEXEC_KERNEL_CHECK, RULE_FUNC_KEXEC_INITRAMFS_CHECK,
                RULE_FUNC_POLICY_CHECK, RULE_FUNC_KEXEC_CMDLINE, RULE_FUNC_CREDS_CHECK };
        RuleFunc func = rule_get_func(s->rule);

        if (func != RULE_FUNC_NONE)
                return try_hook(s, func);
        for (size_t i = 0; i < ELEMENTSOF(hooks); i++)
                if (try_hook(s, hooks[i]) > 0)
                        return 1;
        if (s->has_fallback)
                s->request = s->fallback;
        return s->has_fallback;
}

/* The hook and what the rules ask for; the rest of the request does not matter. */
static int format_request(const Search *s, char **ret_text)
{
        _cleanup_buffer_ Buffer text = { 0 };
        int r = buffer_append_string(&text, rule_func_get_info(s->request.func)->name);

        for (int i = KEYWORD_MASK; r >= 0 && i < KEYWORD_DIGEST_TYPE; i++) {
                _cleanup_buffer_ Buffer value = { 0 };
                bool shown = find_value(s, (KeywordId) i) ||
                             (i == KEYWORD_MASK && s->request.func == RULE_FUNC_FILE_CHECK);

                if (!shown)
                        continue;
                r = request_format(&s->request, (KeywordId) i, &value);
                if (r >= 0)
                        r = buffer_append_format(&text, " %s=%s", keyword_get((KeywordId) i)->name,
                                        value.data ?: "");
        }
        return r < 0 ? r : buffer_take(&text, ret_text, NULL);
}

static int format_decision(const Simulator *simulator, const SimulateDecision *d, char **ret_text)
{
        static const char *const words[SIMULATE_CLASS_MAX] = {
                [SIMULATE_CLASS_MEASURE] = "measured",
                [SIMULATE_CLASS_APPRAISE] = "appraised",
                [SIMULATE_CLASS_AUDIT] = "audited",
                [SIMULATE_CLASS_HASH] = "hashed",
        };
        _cleanup_buffer_ Buffer text = { 0 };
        int r = 0;

        for (int i = 0; r >= 0 && i < SIMULATE_CLASS_MAX; i++)
                if (d->classes[i].is_done)
                        r = buffer_append_format(
                                        &text, "%s%s", text.size > 0 ? ", " : "", words[i]);
        if (r >= 0 && d->pcr >= 0)
                r = buffer_append_format(&text, " into PCR %d", d->pcr);
        if (r >= 0 && d->template_rule != SIMULATE_NO_RULE)
                r = buffer_append_format(&text, " with template %s",
                                rule_find(simulate_get_rule(simulator, (size_t) d->template_rule),
                                                KEYWORD_TEMPLATE)
                                                ->text);
        for (unsigned flag = 1; r >= 0 && flag <= d->flags; flag <<= 1)
                if (d->flags & flag)
                        r = buffer_append_format(&text, "%s%s", text.size > 0 ? ", " : "",
                                        simulate_flag_to_string((SimulateFlag) flag));
        if (r >= 0 && text.size == 0)
                r = buffer_append_string(&text, "nothing");
        return r < 0 ? r : buffer_take(&text, ret_text, NULL);
}

int diff_example_find(const Simulator *before, const Simulator *after, const Rule *rule,
                const Rule *other, char **ret_request, char **ret_before, char **ret_after)
{
        _cleanup_(search_done) Search s = {
                .before = before, .after = after, .rule = rule, .other = other
        };
        _cleanup_free_ char *request = NULL, *outcome_before = NULL, *outcome_after = NULL;
        SimulateDecision a, b;
        int r;

        s.match = match_rule_from_rule(rule);
        if (other)
                s.match_other = match_rule_from_rule(other);
        s.users = collect_ids(&s, KEYWORD_UID, KEYWORD_EUID, true);
        s.groups = collect_ids(&s, KEYWORD_GID, KEYWORD_EGID, false);
        s.owners = collect_ids(&s, KEYWORD_FOWNER, KEYWORD_FOWNER, true);
        s.owner_groups = collect_ids(&s, KEYWORD_FGROUP, KEYWORD_FGROUP, false);
        r = set_constants(&s);
        if (r >= 0)
                r = try_hooks(&s);
        if (r <= 0)
                return r;
        a = simulate_decide(before, &s.request);
        b = simulate_decide(after, &s.request);
        r = format_request(&s, &request);
        if (r >= 0)
                r = format_decision(before, &a, &outcome_before);
        if (r >= 0)
                r = format_decision(after, &b, &outcome_after);
        if (r < 0)
                return r;
        *ret_request = TAKE_PTR(request);
        *ret_before = TAKE_PTR(outcome_before);
        *ret_after = TAKE_PTR(outcome_after);
        return 1;
}
