/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/simulate/match.h"

#include "base/strings.h"

static void set_id(const RuleValue *value, uint32_t *ret_id, char *ret_operator)
{
        *ret_id = (uint32_t) value->number;
        *ret_operator = (char) value->operator_;
}

static void take_value(MatchRule *m, const RuleValue *value)
{
        KeywordId id = (KeywordId) value->keyword;

        if (id == KEYWORD_MASK)
                m->mask = (uint16_t) value->number;
        else if (id == KEYWORD_FSMAGIC)
                m->fsmagic = value->number;
        else if (id == KEYWORD_FSNAME)
                m->fsname = value->text;
        else if (id == KEYWORD_FSUUID)
                (void) request_parse_uuid(value->text, m->fsuuid);
        else if (id == KEYWORD_UID || id == KEYWORD_EUID)
                set_id(value, &m->user, &m->user_operator);
        else if (id == KEYWORD_GID || id == KEYWORD_EGID)
                set_id(value, &m->group, &m->group_operator);
        else if (id == KEYWORD_FOWNER)
                set_id(value, &m->owner, &m->owner_operator);
        else if (id == KEYWORD_FGROUP)
                set_id(value, &m->owner_group, &m->owner_group_operator);
        else if (id >= KEYWORD_SUBJ_USER && id <= KEYWORD_OBJ_TYPE)
                m->labels[id - KEYWORD_SUBJ_USER] = value->text;
        else if (id == KEYWORD_KEYRINGS || id == KEYWORD_LABEL)
                m->list = value->text;
        else if (id != KEYWORD_FUNC)
                return;
        m->conditions |= BIT(id);
}

MatchRule match_rule_from_rule(const Rule *rule)
{
        MatchRule m = {
                .action = (uint8_t) rule_get_action(rule),
                .func = (uint8_t) rule_get_func(rule),
        };

        for (size_t i = 0; i < rule->n_values; i++)
                take_value(&m, &rule->values[i]);
        return m;
}

/* The subject's value stands on the left: uid>999 is an id above 999. */
static bool compare(uint32_t subject, char operator_, uint32_t value)
{
        return operator_ == KEYWORD_OPERATOR_GREATER ? subject > value
               : operator_ == KEYWORD_OPERATOR_LESS  ? subject < value
                                                     : subject == value;
}

static bool compare_effective(const RequestIds *ids, char operator_, uint32_t value)
{
        return compare(ids->effective, operator_, value) ||
               (ids->any && (compare(ids->saved, operator_, value) ||
                                            compare(ids->real, operator_, value)));
}

static bool mask_holds(const MatchRule *rule, unsigned mask)
{
        return rule->mask & RULE_MASK_CONTAINS ? (rule->mask & mask) != 0 : rule->mask == mask;
}

/* ima_match_rule_data(): of the ids only the real user counts, gid= is taken and not looked at. */
static KeywordId find_data_failure(const MatchRule *rule, const Request *request)
{
        if ((rule->conditions & BIT(KEYWORD_UID)) &&
                        !compare(request->user.real, rule->user_operator, rule->user))
                return KEYWORD_UID;
        if (rule->list && !(request->data && rule_value_list_has(rule->list, request->data,
                                                             strlen(request->data))))
                return rule->func == RULE_FUNC_KEY_CHECK ? KEYWORD_KEYRINGS : KEYWORD_LABEL;
        return KEYWORD_INVALID;
}

static KeywordId find_filesystem_failure(const MatchRule *rule, const Request *request)
{
        if ((rule->conditions & BIT(KEYWORD_FSMAGIC)) && rule->fsmagic != request->fsmagic)
                return KEYWORD_FSMAGIC;
        if (rule->fsname && !string_equal(rule->fsname, request->fsname))
                return KEYWORD_FSNAME;
        if ((rule->conditions & BIT(KEYWORD_FSUUID)) &&
                        memcmp(rule->fsuuid, request->fsuuid, REQUEST_UUID_SIZE) != 0)
                return KEYWORD_FSUUID;
        return KEYWORD_INVALID;
}

static KeywordId find_id_failure(const MatchRule *rule, const Request *request)
{
        unsigned c = rule->conditions;

        if ((c & BIT(KEYWORD_UID)) && !compare(request->user.real, rule->user_operator, rule->user))
                return KEYWORD_UID;
        if ((c & BIT(KEYWORD_EUID)) &&
                        !compare_effective(&request->user, rule->user_operator, rule->user))
                return KEYWORD_EUID;
        if ((c & BIT(KEYWORD_GID)) &&
                        !compare(request->group.real, rule->group_operator, rule->group))
                return KEYWORD_GID;
        if ((c & BIT(KEYWORD_EGID)) &&
                        !compare_effective(&request->group, rule->group_operator, rule->group))
                return KEYWORD_EGID;
        if ((c & BIT(KEYWORD_FOWNER)) &&
                        !compare(request->owner, rule->owner_operator, rule->owner))
                return KEYWORD_FOWNER;
        if ((c & BIT(KEYWORD_FGROUP)) && !compare(request->owner_group, rule->owner_group_operator,
                                                         rule->owner_group))
                return KEYWORD_FGROUP;
        return KEYWORD_INVALID;
}

static KeywordId find_label_failure(const MatchRule *rule, const Request *request)
{
        for (int i = 0; i < REQUEST_LABELS; i++)
                if (rule->labels[i] &&
                                !(request->labels[i] &&
                                                strcmp(rule->labels[i], request->labels[i]) == 0))
                        return (KeywordId) (KEYWORD_SUBJ_USER + i);
        return KEYWORD_INVALID;
}

#define FILESYSTEM_CONDITIONS (BIT(KEYWORD_FSMAGIC) | BIT(KEYWORD_FSNAME) | BIT(KEYWORD_FSUUID))
#define ID_CONDITIONS                                                                              \
        (BIT(KEYWORD_UID) | BIT(KEYWORD_EUID) | BIT(KEYWORD_GID) | BIT(KEYWORD_EGID) |             \
                        BIT(KEYWORD_FOWNER) | BIT(KEYWORD_FGROUP))

KeywordId match_find_failure(const MatchRule *rule, const Request *request)
{
        bool is_data = request->func == RULE_FUNC_KEY_CHECK ||
                       request->func == RULE_FUNC_CRITICAL_DATA;
        KeywordId failure = KEYWORD_INVALID;

        if (rule->func != request->func && (rule->func != RULE_FUNC_NONE || is_data))
                return KEYWORD_FUNC;
        if (is_data)
                return find_data_failure(rule, request);
        if ((rule->conditions & BIT(KEYWORD_MASK)) && !mask_holds(rule, request->mask))
                return KEYWORD_MASK;
        if (rule->conditions & FILESYSTEM_CONDITIONS)
                failure = find_filesystem_failure(rule, request);
        if (failure < 0 && (rule->conditions & ID_CONDITIONS))
                failure = find_id_failure(rule, request);
        return failure < 0 ? find_label_failure(rule, request) : failure;
}
