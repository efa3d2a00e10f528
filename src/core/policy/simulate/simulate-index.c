/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/simulate-index.h"

#include "base/arena.h"

/* By what a rule is found, the most telling first; KEY_ANY for a rule without such a condition. */
typedef enum Key {
        KEY_OWNER,
        KEY_OWNER_GROUP,
        KEY_USER,
        KEY_EFFECTIVE_USER,
        KEY_GROUP,
        KEY_EFFECTIVE_GROUP,
        KEY_UUID,
        KEY_FSNAME,
        KEY_MAGIC,
        KEY_ANY,
        KEY_MAX,
} Key;

typedef struct Entry {
        uint64_t value;
        uint32_t rule;
        uint8_t func;
        uint8_t key;
} Entry;

typedef struct Slot {
        uint64_t value;
        uint32_t start; /* in rules */
        uint32_t count; /* 0: empty */
        uint8_t func;
        uint8_t key;
} Slot;

struct SimulateIndex {
        uint32_t *rules; /* list behind list */
        Slot *slots;
        size_t mask;                  /* number of slots less one */
        uint16_t keys[RULE_FUNC_MAX]; /* BIT(Key): which lists there are for a hook */
};

SimulateIndex *simulate_index_free(SimulateIndex *index)
{
        if (index) {
                free(index->rules);
                free(index->slots);
                free(index);
        }
        return NULL;
}

/* FNV-1a; equal values have equal hashes, and candidates are compared in full afterwards. */
static uint64_t hash_bytes(const void *bytes, size_t size)
{
        const uint8_t *p = bytes;
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
        return hash;
}

static uint64_t hash_text(const char *text)
{
        return hash_bytes(text, strlen(text));
}

static size_t slot_of(const SimulateIndex *index, RuleFunc func, Key key, uint64_t value)
{
        uint64_t hash = (value ^ ((uint64_t) func << 56) ^ ((uint64_t) key << 48)) *
                        UINT64_C(0x9e3779b97f4a7c15);

        return (size_t) (hash >> 32) & index->mask;
}

static const Slot *find_slot(const SimulateIndex *index, RuleFunc func, Key key, uint64_t value)
{
        for (size_t i = slot_of(index, func, key, value);; i = (i + 1) & index->mask) {
                const Slot *slot = &index->slots[i];

                if (slot->count == 0)
                        return NULL;
                if (slot->value == value && slot->key == key && slot->func == func)
                        return slot;
        }
}

/* The value that a rule is found by. */
static Key key_of(const MatchRule *rule, uint64_t *ret_value)
{
        bool equal_user = rule->user_operator == KEYWORD_OPERATOR_EQUAL;
        bool equal_group = rule->group_operator == KEYWORD_OPERATOR_EQUAL;
        unsigned c = rule->conditions;

        if (rule->func == RULE_FUNC_KEY_CHECK || rule->func == RULE_FUNC_CRITICAL_DATA)
                c &= BIT(KEYWORD_UID);
        if (rule->owner_operator == KEYWORD_OPERATOR_EQUAL && (c & BIT(KEYWORD_FOWNER)))
                return *ret_value = rule->owner, KEY_OWNER;
        if (rule->owner_group_operator == KEYWORD_OPERATOR_EQUAL && (c & BIT(KEYWORD_FGROUP)))
                return *ret_value = rule->owner_group, KEY_OWNER_GROUP;
        if (equal_user && (c & (BIT(KEYWORD_UID) | BIT(KEYWORD_EUID))))
                return *ret_value = rule->user,
                       c & BIT(KEYWORD_UID) ? KEY_USER : KEY_EFFECTIVE_USER;
        if (equal_group && (c & (BIT(KEYWORD_GID) | BIT(KEYWORD_EGID))))
                return *ret_value = rule->group,
                       c & BIT(KEYWORD_GID) ? KEY_GROUP : KEY_EFFECTIVE_GROUP;
        if (c & BIT(KEYWORD_FSUUID))
                return *ret_value = hash_bytes(rule->fsuuid, REQUEST_UUID_SIZE), KEY_UUID;
        if (c & BIT(KEYWORD_FSNAME))
                return *ret_value = hash_text(rule->fsname), KEY_FSNAME;
        if (c & BIT(KEYWORD_FSMAGIC))
                return *ret_value = rule->fsmagic, KEY_MAGIC;
        return *ret_value = 0, KEY_ANY;
}

static bool func_takes_any_rule(int func)
{
        return func != RULE_FUNC_NONE && func != RULE_FUNC_KEY_CHECK &&
               func != RULE_FUNC_CRITICAL_DATA && func != RULE_FUNC_SETXATTR_CHECK;
}

/* Writes an entry for each hook that the rule can match; counts only when entries is NULL. */
static size_t add_entries(const MatchRule *rule, uint32_t number, Entry *entries)
{
        uint64_t value;
        Key key = key_of(rule, &value);
        size_t n = 0;

        for (int func = 0; func < RULE_FUNC_MAX; func++) {
                if (rule->func == RULE_FUNC_NONE ? !func_takes_any_rule(func) : func != rule->func)
                        continue;
                if (entries)
                        entries[n] = (Entry){ value, number, (uint8_t) func, (uint8_t) key };
                n++;
        }
        return n;
}

static int compare_entries(const void *a, const void *b)
{
        const Entry *x = a, *y = b;

        if (x->func != y->func)
                return x->func < y->func ? -1 : 1;
        if (x->key != y->key)
                return x->key < y->key ? -1 : 1;
        if (x->value != y->value)
                return x->value < y->value ? -1 : 1;
        return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void add_list(SimulateIndex *index, const Entry *entry, uint32_t start, uint32_t count)
{
        size_t i = slot_of(index, (RuleFunc) entry->func, (Key) entry->key, entry->value);

        while (index->slots[i].count > 0)
                i = (i + 1) & index->mask;
        index->slots[i] = (Slot){ entry->value, start, count, entry->func, entry->key };
        index->keys[entry->func] |= (uint16_t) BIT(entry->key);
}

static void add_lists(SimulateIndex *index, const Entry *entries, size_t n_entries)
{
        for (size_t i = 0, start = 0; i < n_entries; i++) {
                const Entry *next = &entries[i + 1];

                index->rules[i] = entries[i].rule;
                if (i + 1 < n_entries && next->func == entries[i].func &&
                                next->key == entries[i].key && next->value == entries[i].value)
                        continue;
                add_list(index, &entries[i], (uint32_t) start, (uint32_t) (i + 1 - start));
                start = i + 1;
        }
}

int simulate_index_new(const MatchRule *rules, size_t n_rules, SimulateIndex **ret_index)
{
        _cleanup_(simulate_index_freep) SimulateIndex *index = calloc(1, sizeof(SimulateIndex));
        _cleanup_free_ Entry *entries = NULL;
        size_t n_entries = 0, n_slots = 16, n = 0;

        for (size_t i = 0; i < n_rules; i++)
                n_entries += add_entries(&rules[i], (uint32_t) i, NULL);
        while (n_slots < n_entries * 2)
                n_slots *= 2;
        entries = calloc(n_entries + 1, sizeof(Entry));
        if (!index || !entries)
                return -ENOMEM;
        index->rules = calloc(n_entries + 1, sizeof(uint32_t));
        index->slots = calloc(n_slots, sizeof(Slot));
        if (!index->rules || !index->slots)
                return -ENOMEM;
        index->mask = n_slots - 1;
        for (size_t i = 0; i < n_rules; i++)
                n += add_entries(&rules[i], (uint32_t) i, entries + n);
        qsort(entries, n_entries, sizeof(Entry), compare_entries);
        add_lists(index, entries, n_entries);
        *ret_index = TAKE_PTR(index);
        return 0;
}

typedef struct Lookup {
        const SimulateIndex *index;
        const Request *request;
        SimulateCandidates *candidates;
} Lookup;

static void look_up(const Lookup *l, Key key, uint64_t value)
{
        const Slot *slot = find_slot(l->index, l->request->func, key, value);

        if (!slot)
                return;
        l->candidates->lists[l->candidates->n_lists].next = l->index->rules + slot->start;
        l->candidates->lists[l->candidates->n_lists].end =
                        l->index->rules + slot->start + slot->count;
        l->candidates->n_lists++;
}

/* Each different id once. */
static void look_up_effective(const Lookup *l, Key key, const RequestIds *ids)
{
        look_up(l, key, ids->effective);
        if (!ids->any)
                return;
        if (ids->saved != ids->effective)
                look_up(l, key, ids->saved);
        if (ids->real != ids->effective && ids->real != ids->saved)
                look_up(l, key, ids->real);
}

SimulateCandidates simulate_index_find(const SimulateIndex *index, const Request *request)
{
        SimulateCandidates candidates;
        const Lookup l = { index, request, &candidates };
        unsigned keys = index->keys[request->func];

        candidates.n_lists = 0;
        if (keys & BIT(KEY_OWNER))
                look_up(&l, KEY_OWNER, request->owner);
        if (keys & BIT(KEY_OWNER_GROUP))
                look_up(&l, KEY_OWNER_GROUP, request->owner_group);
        if (keys & BIT(KEY_USER))
                look_up(&l, KEY_USER, request->user.real);
        if (keys & BIT(KEY_EFFECTIVE_USER))
                look_up_effective(&l, KEY_EFFECTIVE_USER, &request->user);
        if (keys & BIT(KEY_GROUP))
                look_up(&l, KEY_GROUP, request->group.real);
        if (keys & BIT(KEY_EFFECTIVE_GROUP))
                look_up_effective(&l, KEY_EFFECTIVE_GROUP, &request->group);
        if (keys & BIT(KEY_UUID))
                look_up(&l, KEY_UUID, hash_bytes(request->fsuuid, REQUEST_UUID_SIZE));
        if ((keys & BIT(KEY_FSNAME)) && request->fsname)
                look_up(&l, KEY_FSNAME, hash_text(request->fsname));
        if (keys & BIT(KEY_MAGIC))
                look_up(&l, KEY_MAGIC, request->fsmagic);
        if (keys & BIT(KEY_ANY))
                look_up(&l, KEY_ANY, 0);
        return candidates;
}
