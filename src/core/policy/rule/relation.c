/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/relation.h"

#include "base/strings.h"

/* FILE_CHECK comes with any access bits together, but appending is writing or reading too; a bit of
 * MatchSet.events for each combination. */
#define ACCESS_MASKS 16
#define FILE_CHECK_EVENTS (((uint32_t) BIT(ACCESS_MASKS) - 1) & ~BIT(RULE_MASK_APPEND))

/* A credential's id is always valid; an inode's owner can be (uid_t) -1 where it is not mapped. */
#define SUBJECT_ID_MAX (UINT32_MAX - 1)
#define OBJECT_ID_MAX UINT32_MAX

/* The other hooks have one mask each, and one event: this bit, in the order of RuleFunc. */
#define HOOK_EVENT(func) ((uint32_t) BIT(ACCESS_MASKS + (func) -RULE_FUNC_MMAP_CHECK))

/* A rule without func does not match these (ima_match_rules()). */
#define BUFFER_EVENTS (HOOK_EVENT(RULE_FUNC_KEY_CHECK) | HOOK_EVENT(RULE_FUNC_CRITICAL_DATA))
#define FUNCLESS_EVENTS                                                                            \
        (FILE_CHECK_EVENTS | (HOOK_EVENT(RULE_FUNC_KEY_CHECK) - HOOK_EVENT(RULE_FUNC_MMAP_CHECK)))

#define CONDITIONS                                                                                 \
        ((BIT(KEYWORD_LABEL + 1) - 1) &                                                            \
                        ~(BIT(KEYWORD_ACTION) | BIT(KEYWORD_FUNC) | BIT(KEYWORD_MASK)))
#define GROUP_CONDITIONS (BIT(KEYWORD_GID) | BIT(KEYWORD_EGID))
#define FS_CONDITIONS (BIT(KEYWORD_FSMAGIC) | BIT(KEYWORD_FSNAME) | BIT(KEYWORD_FSUUID))
#define LIST_CONDITIONS (BIT(KEYWORD_KEYRINGS) | BIT(KEYWORD_LABEL))
/* With CAP_SETUID or CAP_SETGID several ids of the task are tried, which may differ. */
#define EFFECTIVE_CONDITIONS (BIT(KEYWORD_EUID) | BIT(KEYWORD_EGID))

/* Hooks that always pass the one mask or the other; KEXEC_CMDLINE and buffers pass none. */
#define EXEC_EVENTS (HOOK_EVENT(RULE_FUNC_MODULE_CHECK) - HOOK_EVENT(RULE_FUNC_MMAP_CHECK))
#define READ_EVENTS (HOOK_EVENT(RULE_FUNC_KEXEC_CMDLINE) - HOOK_EVENT(RULE_FUNC_MODULE_CHECK))

/* The combinations that contain a bit of the mask, as a pattern of sixteen bits. */
static const uint32_t containing[] = {
        [RULE_MASK_EXEC] = 0xaaaa,
        [RULE_MASK_WRITE] = 0xcccc,
        [RULE_MASK_READ] = 0xf0f0,
        [RULE_MASK_APPEND] = 0xff00,
};

static const IdSlot slots[KEYWORD_MAX] = {
        [KEYWORD_UID] = ID_SLOT_USER,
        [KEYWORD_EUID] = ID_SLOT_USER,
        [KEYWORD_GID] = ID_SLOT_GROUP,
        [KEYWORD_EGID] = ID_SLOT_GROUP,
        [KEYWORD_FOWNER] = ID_SLOT_FOWNER,
        [KEYWORD_FGROUP] = ID_SLOT_FGROUP,
};

IdSlot relation_get_slot(KeywordId id)
{
        return id >= KEYWORD_UID && id <= KEYWORD_FGROUP ? slots[id] : ID_SLOT_INVALID;
}

IdRange relation_get_all_ids(IdSlot slot)
{
        return (IdRange){ 0, slot >= ID_SLOT_FOWNER ? OBJECT_ID_MAX : SUBJECT_ID_MAX };
}

uint32_t relation_get_hook_events(RuleFunc func)
{
        if (func == RULE_FUNC_NONE)
                return FUNCLESS_EVENTS;
        if (func == RULE_FUNC_FILE_CHECK)
                return FILE_CHECK_EVENTS;
        return func == RULE_FUNC_SETXATTR_CHECK ? 0 : HOOK_EVENT(func);
}

/* Those of all events that come with a mask which the rule takes; it names one bit. */
static uint32_t select_events(uint32_t events, uint64_t rule_mask)
{
        unsigned bit = (unsigned) rule_mask & (ACCESS_MASKS - 1);
        uint32_t taken = rule_mask & RULE_MASK_CONTAINS ? containing[bit] : BIT(bit);

        if (bit == RULE_MASK_EXEC)
                taken |= EXEC_EVENTS;
        else if (bit == RULE_MASK_READ)
                taken |= READ_EVENTS;
        return events & taken;
}

uint32_t relation_get_mask_events(RuleFunc func, uint64_t rule_mask)
{
        return select_events(relation_get_hook_events(func), rule_mask);
}

/* Strict comparisons, the request's id on the left (uid_gt(), uid_lt()). */
static IdRange make_range(const RuleValue *value, IdSlot slot)
{
        uint32_t id = (uint32_t) value->number, max = relation_get_all_ids(slot).high;

        switch (value->operator_) {
        case KEYWORD_OPERATOR_GREATER:
                return id >= max ? (IdRange){ 1, 0 } : (IdRange){ id + 1, max };
        case KEYWORD_OPERATOR_LESS:
                return id == 0 ? (IdRange){ 1, 0 } : (IdRange){ 0, id - 1 };
        default:
                return (IdRange){ id, id };
        }
}

static void set_add(MatchSet *set, const RuleValue *value)
{
        KeywordId id = (KeywordId) value->keyword;
        IdSlot slot = relation_get_slot(id);

        if (id == KEYWORD_MASK)
                set->events = select_events(set->events, value->number);
        if (!(CONDITIONS & BIT(id)))
                return;
        /* Buffers are not compared with groups (ima_match_rule_data()). */
        if ((GROUP_CONDITIONS & BIT(id)) && (set->events & BUFFER_EVENTS))
                return;
        set->keywords |= BIT(id);
        if (slot >= 0)
                set->ranges[slot] = make_range(value, slot);
}

MatchSet relation_get_set(const Rule *rule)
{
        MatchSet set = {
                .rule = rule,
                .events = relation_get_hook_events(rule_get_func(rule)),
        };

        for (int slot = 0; slot < ID_SLOT_MAX; slot++)
                set.ranges[slot] = relation_get_all_ids((IdSlot) slot);
        for (size_t i = 0; i < rule->n_values; i++)
                set_add(&set, &rule->values[i]);
        return set;
}

static bool range_is_empty(IdRange range)
{
        return range.low > range.high;
}

static bool range_contains(IdRange a, IdRange b)
{
        return a.low <= b.low && b.high <= a.high;
}

static bool ranges_meet(IdRange a, IdRange b)
{
        return a.low <= b.high && b.low <= a.high;
}

static bool is_setxattr_check(const MatchSet *set)
{
        return rule_get_func(set->rule) == RULE_FUNC_SETXATTR_CHECK;
}

/* Whether all items of b are in a, or whether one is. */
static bool list_compare(const char *a, const char *b, bool all)
{
        for (;;) {
                const char *end = strchrnul(b, '|');

                if (rule_value_list_has(a, b, (size_t) (end - b)) != all)
                        return !all;
                if (*end == '\0')
                        return all;
                b = end + 1;
        }
}

static bool values_equal(const RuleValue *a, const RuleValue *b)
{
        return a->number == b->number && strcmp(a->text, b->text) == 0;
}

/* A condition of both rules; ids have been compared already. */
static bool condition_covers(const MatchSet *a, const MatchSet *b, KeywordId id)
{
        const RuleValue *x = rule_find(a->rule, id), *y = rule_find(b->rule, id);

        if (BIT(id) & LIST_CONDITIONS)
                return list_compare(x->text, y->text, true);
        return relation_get_slot(id) >= 0 || values_equal(x, y);
}

bool relation_covers(const MatchSet *a, const MatchSet *b)
{
        KeywordId keyword;

        if (is_setxattr_check(a) || is_setxattr_check(b))
                return false;
        if (relation_never_matches(b, &keyword))
                return true;
        /* uid and euid look at different ids: one never implies the other. */
        if ((b->events & ~a->events) || (a->keywords & ~b->keywords))
                return false;
        for (int slot = 0; slot < ID_SLOT_MAX; slot++)
                if (!range_contains(a->ranges[slot], b->ranges[slot]))
                        return false;
        for (uint32_t rest = a->keywords; rest; rest &= rest - 1)
                if (!condition_covers(a, b, (KeywordId) __builtin_ctz(rest)))
                        return false;
        return true;
}

static bool condition_overlaps(const MatchSet *a, const MatchSet *b, KeywordId id)
{
        const RuleValue *x = rule_find(a->rule, id), *y = rule_find(b->rule, id);
        IdSlot slot = relation_get_slot(id);

        if (BIT(id) & LIST_CONDITIONS)
                return list_compare(x->text, y->text, false);
        if (BIT(id) & FS_CONDITIONS)
                return values_equal(x, y);
        if (slot >= 0 && !(BIT(id) & EFFECTIVE_CONDITIONS))
                return ranges_meet(a->ranges[slot], b->ranges[slot]);
        /* Stacked profiles of AppArmor match several labels at once. */
        return true;
}

bool relation_overlaps(const MatchSet *a, const MatchSet *b)
{
        KeywordId keyword;

        if (!(a->events & b->events) || relation_never_matches(a, &keyword) ||
                        relation_never_matches(b, &keyword))
                return false;
        for (uint32_t rest = a->keywords & b->keywords; rest; rest &= rest - 1)
                if (!condition_overlaps(a, b, (KeywordId) __builtin_ctz(rest)))
                        return false;
        return true;
}

bool relation_never_matches(const MatchSet *set, KeywordId *ret_keyword)
{
        if (is_setxattr_check(set))
                return false;
        if (set->events == 0) {
                *ret_keyword = KEYWORD_MASK;
                return true;
        }
        for (size_t i = 0; i < set->rule->n_values; i++) {
                KeywordId id = (KeywordId) set->rule->values[i].keyword;
                IdSlot slot = relation_get_slot(id);

                if (slot >= 0 && (set->keywords & BIT(id)) && range_is_empty(set->ranges[slot])) {
                        *ret_keyword = id;
                        return true;
                }
        }
        return false;
}
