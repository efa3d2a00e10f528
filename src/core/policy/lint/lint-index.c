/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/lint/lint-index.h"

#include <string.h>

#define ENTRIES_MIN 64
#define LIST_CONDITIONS (BIT(KEYWORD_KEYRINGS) | BIT(KEYWORD_LABEL))

void lint_index_done(LintIndex *index)
{
        free(index->entries);
        *index = (LintIndex){ 0 };
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
        hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
        return hash ^ (hash >> 29);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
        for (; *text; text++)
                hash = (hash ^ (unsigned char) *text) * 0x100000001b3U;
        return mix(hash, 0);
}

/* The key of a set in a shape, whose keywords it must have. Never 0. */
static uint64_t hash_key(const LintIndex *index, const LintShape *shape, const MatchSet *set)
{
        uint64_t hash = mix(0, (uint64_t) (shape - index->shapes));

        for (uint32_t rest = shape->keywords; rest; rest &= rest - 1) {
                KeywordId id = (KeywordId) __builtin_ctz(rest);
                IdSlot slot = relation_get_slot(id);
                const RuleValue *value;

                if (slot >= 0) {
                        hash = mix(mix(hash, set->ranges[slot].low), set->ranges[slot].high);
                        continue;
                }
                value = rule_find(set->rule, id);
                hash = id == KEYWORD_FSMAGIC ? mix(hash, value->number)
                                             : mix_text(hash, value->text);
        }
        return hash ?: 1;
}

static bool keys_equal(const LintShape *shape, const Rule *rule, const MatchSet *set)
{
        MatchSet other = relation_get_set(rule);

        if (other.events != shape->events || (shape->keywords & ~other.keywords))
                return false;
        for (uint32_t rest = shape->keywords; rest; rest &= rest - 1) {
                KeywordId id = (KeywordId) __builtin_ctz(rest);
                IdSlot slot = relation_get_slot(id);

                if (slot >= 0 ? other.ranges[slot].low != set->ranges[slot].low ||
                                                                other.ranges[slot].high !=
                                                                                set->ranges[slot]
                                                                                                .high
                              : strcmp(rule_find(rule, id)->text, rule_find(set->rule, id)->text) !=
                                                                0)
                        return false;
        }
        return true;
}

/* The entry of a key, or a free place for it, or NULL when neither is near. */
static LintEntry *find_entry(
                const LintIndex *index, const LintShape *shape, const MatchSet *set, uint64_t hash)
{
        for (size_t i = 0; index->n_allocated > 0 && i < LINT_PROBES_MAX; i++) {
                LintEntry *entry = &index->entries[(hash + i) & (index->n_allocated - 1)];

                if (entry->hash == 0 ||
                                (entry->hash == hash &&
                                                keys_equal(shape, entry->rule ?: entry->above,
                                                                set)))
                        return entry;
        }
        return NULL;
}

static int grow(LintIndex *index)
{
        size_t allocated = index->n_allocated ? index->n_allocated * 2 : ENTRIES_MIN;
        LintEntry *old = index->entries, *entries;

        if (index->n_entries + 1 <= index->n_allocated - index->n_allocated / 4)
                return 0;
        while (allocated - allocated / 4 < index->expected)
                allocated *= 2;
        entries = calloc(allocated, sizeof(LintEntry));
        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_allocated; i++) {
                size_t at = old[i].hash & (allocated - 1);

                if (old[i].hash == 0)
                        continue;
                while (entries[at].hash != 0)
                        at = (at + 1) & (allocated - 1);
                entries[at] = old[i];
        }
        free(old);
        index->entries = entries;
        index->n_allocated = allocated;
        return 0;
}

/* NULL when there are too many shapes. */
static const LintShape *take_shape(LintIndex *index, const LintShape *wanted)
{
        for (size_t i = 0; i < index->n_shapes; i++) {
                const LintShape *shape = &index->shapes[i];

                if (shape->events == wanted->events && shape->keywords == wanted->keywords &&
                                shape->ray == wanted->ray)
                        return shape;
        }
        if (index->n_shapes == LINT_SHAPES_MAX)
                return NULL;
        index->shapes[index->n_shapes] = *wanted;
        return &index->shapes[index->n_shapes++];
}

static uint32_t ray_id(const Rule *rule, KeywordId ray)
{
        return (uint32_t) rule_find(rule, ray)->number;
}

/* Keeps the first of equal rules, and the widest of open ranges. */
static void store(LintEntry *entry, const LintShape *shape, const Rule *rule)
{
        const RuleValue *value = shape->ray >= 0 ? rule_find(rule, shape->ray) : NULL;

        if (value && value->operator_ == KEYWORD_OPERATOR_GREATER) {
                if (!entry->above || value->number < ray_id(entry->above, shape->ray))
                        entry->above = rule;
        } else if (!entry->rule || (value && value->number > ray_id(entry->rule, shape->ray))) {
                entry->rule = rule;
        }
}

static int add_shape(LintIndex *index, const MatchSet *set, uint32_t keywords, KeywordId ray)
{
        const LintShape wanted = { set->events, keywords, ray },
                        *shape = take_shape(index, &wanted);
        LintEntry *entry;
        uint64_t hash;
        int r;

        if (!shape)
                return 0;
        r = grow(index);
        if (r < 0)
                return r;
        hash = hash_key(index, shape, set);
        entry = find_entry(index, shape, set, hash);
        if (!entry)
                return 0;
        index->n_entries += entry->hash == 0;
        entry->hash = hash;
        store(entry, shape, set->rule);
        return 0;
}

int lint_index_add(LintIndex *index, const MatchSet *set)
{
        int r = add_shape(index, set, set->keywords, KEYWORD_INVALID);

        for (size_t i = 0; r >= 0 && i < set->rule->n_values; i++) {
                const RuleValue *value = &set->rule->values[i];

                if ((set->keywords & BIT(value->keyword)) &&
                                (value->operator_ == KEYWORD_OPERATOR_GREATER ||
                                                value->operator_ == KEYWORD_OPERATOR_LESS))
                        r = add_shape(index, set, set->keywords & ~BIT(value->keyword),
                                        (KeywordId) value->keyword);
        }
        if ((set->keywords & LIST_CONDITIONS) && index->n_lists < LINT_LISTS_MAX)
                index->lists[index->n_lists++] = *set;
        return r;
}

static void offer(LintCover *cover, const Rule *rule, const Rule *second)
{
        if (!cover->rule || (cover->second && !second) ||
                        (!cover->second && !second && rule < cover->rule))
                *cover = (LintCover){ rule, second };
}

/* The entry that a set has in a shape, or NULL. */
static const LintEntry *look_up(const LintIndex *index, const LintShape *shape, const MatchSet *set)
{
        const LintEntry *entry;

        if ((set->events & ~shape->events) || (shape->keywords & ~set->keywords))
                return NULL;
        entry = find_entry(index, shape, set, hash_key(index, shape, set));
        return entry && entry->hash != 0 ? entry : NULL;
}

static bool find_exact(const LintIndex *index, const MatchSet *set, LintCover *cover)
{
        for (size_t i = 0; i < index->n_shapes; i++) {
                const LintEntry *entry = index->shapes[i].ray < 0
                                                         ? look_up(index, &index->shapes[i], set)
                                                         : NULL;

                if (entry)
                        offer(cover, entry->rule, NULL);
        }
        return cover->rule != NULL;
}

/* Whether each id from low to high has a rule of its own; the last one is told. */
static bool gap_is_filled(const LintIndex *index, const LintShape *shape, const MatchSet *set,
                uint64_t low, uint64_t high, const Rule **ret_rule)
{
        IdSlot slot = relation_get_slot(shape->ray);
        MatchSet one = *set;

        for (uint32_t rest = set->keywords; rest; rest &= rest - 1)
                if (relation_get_slot((KeywordId) __builtin_ctz(rest)) == slot)
                        one.keywords &= ~(rest & -rest);
        one.keywords |= BIT(shape->ray);
        if (low <= high && high - low >= LINT_GAP_MAX)
                return false;
        for (uint64_t id = low; id <= high; id++) {
                LintCover cover = { 0 };

                one.ranges[slot] = (IdRange){ (uint32_t) id, (uint32_t) id };
                if (!find_exact(index, &one, &cover))
                        return false;
                *ret_rule = cover.rule;
        }
        return true;
}

/* 64 bits wide, because the ends of ranges lie beside the ids of conditions. */
static void try_ray(const LintIndex *index, const LintShape *shape, const LintEntry *entry,
                const MatchSet *set, LintCover *cover)
{
        IdSlot slot = relation_get_slot(shape->ray);
        IdRange range = set->keywords & BIT(shape->ray) ? set->ranges[slot]
                                                        : relation_get_all_ids(slot);
        /* Ids below the one, and from the other on, are matched. */
        uint64_t below = entry->rule ? ray_id(entry->rule, shape->ray) : 0;
        uint64_t above = entry->above ? (uint64_t) ray_id(entry->above, shape->ray) + 1
                                      : (uint64_t) UINT32_MAX + 1;
        const Rule *between = NULL;

        if (range.high < below)
                offer(cover, entry->rule, NULL);
        else if (range.low >= above)
                offer(cover, entry->above, NULL);
        else if ((range.low < below || range.high >= above) &&
                        gap_is_filled(index, shape, set, range.low < below ? below : range.low,
                                        range.high >= above ? above - 1 : range.high, &between))
                offer(cover, entry->rule && range.low < below ? entry->rule : between,
                                entry->above && range.high >= above ? entry->above : between);
}

bool lint_index_find(const LintIndex *index, const MatchSet *set, LintCover *ret_cover)
{
        LintCover cover = { 0 };

        (void) find_exact(index, set, &cover);
        for (size_t i = 0; i < index->n_shapes; i++) {
                const LintShape *shape = &index->shapes[i];
                const LintEntry *entry = shape->ray >= 0 ? look_up(index, shape, set) : NULL;

                if (entry)
                        try_ray(index, shape, entry, set, &cover);
        }
        for (size_t i = 0; (set->keywords & LIST_CONDITIONS) && i < index->n_lists; i++)
                if (relation_covers(&index->lists[i], set))
                        offer(&cover, index->lists[i].rule, NULL);
        if (!cover.rule)
                return false;
        *ret_cover = cover;
        return true;
}
