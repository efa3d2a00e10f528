/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/rule-id.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>

#include "base/strings.h"
#include "core/policy/fragment/fragment.h"
#include "core/policy/rule/names.h"

#define BASE_MAX (FRAGMENT_ID_MAX - 8) /* leaves room for a number behind it */
#define UUID_SHOWN 8

typedef struct Taken {
        const char *id;
        unsigned count; /* how often it was asked for */
} Taken;

/* What a list of values is called. */
static const char *const plurals[KEYWORD_MAX] = {
        [KEYWORD_FUNC] = "hooks",
        [KEYWORD_MASK] = "accesses",
        [KEYWORD_FSMAGIC] = "filesystems",
        [KEYWORD_FSNAME] = "filesystems",
        [KEYWORD_FSUUID] = "filesystems",
        [KEYWORD_UID] = "uids",
        [KEYWORD_EUID] = "euids",
        [KEYWORD_GID] = "gids",
        [KEYWORD_EGID] = "egids",
        [KEYWORD_FOWNER] = "owners",
        [KEYWORD_FGROUP] = "groups",
};

static int compare(const void *a, const void *b)
{
        return strcmp(((const Taken *) a)->id, ((const Taken *) b)->id);
}

static void keep(void *node)
{
        /* Of the arena. */
}

void rule_ids_done(RuleIds *ids)
{
        tdestroy(ids->taken, keep);
        arena_done(&ids->arena);
        *ids = (RuleIds){ 0 };
}

/* Appends the word behind a hyphen, in the characters that ids have. */
static void append_word(char id[static BASE_MAX + 1], const char *word)
{
        size_t used = strlen(id);
        bool hyphen = used > 0;

        for (; *word; word++) {
                char c = *word;

                if (c >= 'A' && c <= 'Z')
                        c |= 0x20;
                if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
                        hyphen = used > 0;
                        continue;
                }
                if (used + 1 + hyphen > BASE_MAX)
                        break;
                if (hyphen)
                        id[used++] = '-';
                hyphen = false;
                id[used++] = c;
        }
        id[used] = '\0';
}

static void append_id_range(char id[static BASE_MAX + 1], const RuleValue *value)
{
        const char *name = keyword_get((KeywordId) value->keyword)->name;

        append_word(id, value->keyword == KEYWORD_FOWNER ? "owner" : name);
        if (value->operator_ != KEYWORD_OPERATOR_EQUAL)
                append_word(id, value->operator_ == KEYWORD_OPERATOR_GREATER ? "above" : "below");
        append_word(id, value->text);
}

static void append_value(char id[static BASE_MAX + 1], const RuleValue *value)
{
        const FilesystemName *filesystem;
        char uuid[UUID_SHOWN + 1] = { 0 };

        switch (keyword_get((KeywordId) value->keyword)->type) {
        case VALUE_TYPE_MAGIC:
                filesystem = filesystem_find_magic(value->number);
                append_word(id, filesystem ? filesystem->name : value->text);
                break;
        case VALUE_TYPE_UUID:
                memcpy(uuid, value->text, UUID_SHOWN);
                append_word(id, uuid);
                break;
        case VALUE_TYPE_USER:
        case VALUE_TYPE_GROUP:
                append_id_range(id, value);
                break;
        default:
                append_word(id, value->text);
        }
}

static void describe(char id[static BASE_MAX + 1], const Rule *const *actions, size_t n_actions,
                KeywordId list, size_t n_values)
{
        size_t actions_length;

        for (size_t i = 0; i < n_actions; i++)
                append_word(id, rule_action_to_string(rule_get_action(actions[i])));
        actions_length = strlen(id);
        for (int i = KEYWORD_FUNC; i < KEYWORD_DIGEST_TYPE; i++) {
                const RuleValue *value = rule_find(actions[0], (KeywordId) i);

                if (value && n_values > 1 && i == (int) list)
                        append_word(id, plurals[i] ?: keyword_get(list)->name);
                else if (value && i != KEYWORD_MASK)
                        append_value(id, value);
        }
        if (strlen(id) > actions_length)
                return;
        if (rule_find(actions[0], KEYWORD_MASK))
                append_word(id, rule_find(actions[0], KEYWORD_MASK)->text);
        else
                append_word(id, "all");
}

/* 1 when the id is new, 0 when not; *ret_taken is what stands for it. */
static int take(RuleIds *ids, const char *id, Taken **ret_taken)
{
        Taken *taken = arena_new(&ids->arena, Taken, 1), **found;

        if (!taken)
                return -ENOMEM;
        taken->id = arena_copy_text(&ids->arena, id, strlen(id));
        if (!taken->id)
                return -ENOMEM;
        found = tsearch(taken, &ids->taken, compare);
        if (!found)
                return -ENOMEM;
        *ret_taken = *found;
        return *found == taken;
}

const char *rule_ids_make(RuleIds *ids, const Rule *const *actions, size_t n_actions,
                KeywordId list, size_t n_values)
{
        char base[BASE_MAX + 1] = "", id[FRAGMENT_ID_MAX + 1];
        Taken *first = NULL, *taken;
        int r;

        describe(base, actions, n_actions, list, n_values);
        r = take(ids, base, &first);
        taken = first;
        while (r == 0) {
                (void) snprintf(id, sizeof(id), "%s-%u", base, ++first->count + 1);
                r = take(ids, id, &taken);
        }
        return r < 0 ? NULL : taken->id;
}
