/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reference for what rules match, as plain as it can be: a small world of requests, tried one by
 * one against rules by the words of the kernel's documentation, and random rules over that world.
 */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strings.h"
#include "core/policy/rule/rule-text.h"
#include "core/policy/simulate/request.h"

static inline bool match_id(const RuleValue *value, uint32_t id)
{
        return value->operator_ == '>'   ? id > value->number
               : value->operator_ == '<' ? id < value->number
                                         : id == value->number;
}

static inline bool match_effective(const RuleValue *value, const RequestIds *ids)
{
        return match_id(value, ids->effective) ||
               (ids->any && (match_id(value, ids->saved) || match_id(value, ids->real)));
}

static inline bool match_uuid(const RuleValue *value, const Request *q)
{
        uint8_t uuid[REQUEST_UUID_SIZE];

        cr_assert_eq(request_parse_uuid(value->text, uuid), 0);
        return memcmp(uuid, q->fsuuid, sizeof(uuid)) == 0;
}

static inline bool match_list(const char *list, const char *word)
{
        _cleanup_free_ char *copy = strdup(list);
        char *state;

        for (char *item = strtok_r(copy, "|", &state); item; item = strtok_r(NULL, "|", &state))
                if (strcmp(item, word) == 0)
                        return true;
        return false;
}

/* long: one case for each condition, a line each. */
static inline bool match_condition(const RuleValue *v, const Request *q)
{
        switch (v->keyword) {
        case KEYWORD_FUNC:
                return (RuleFunc) v->number == q->func;
        case KEYWORD_MASK:
                return v->text[0] == '^' ? (v->number & 15 & q->mask) != 0
                                         : (v->number & 15) == q->mask;
        case KEYWORD_FSMAGIC:
                return v->number == q->fsmagic;
        case KEYWORD_FSNAME:
                return strcmp(v->text, q->fsname) == 0;
        case KEYWORD_FSUUID:
                return match_uuid(v, q);
        case KEYWORD_UID:
                return match_id(v, q->user.real);
        case KEYWORD_EUID:
                return match_effective(v, &q->user);
        case KEYWORD_GID:
                return match_id(v, q->group.real);
        case KEYWORD_EGID:
                return match_effective(v, &q->group);
        case KEYWORD_FOWNER:
                return match_id(v, q->owner);
        case KEYWORD_FGROUP:
                return match_id(v, q->owner_group);
        case KEYWORD_SUBJ_TYPE:
        case KEYWORD_OBJ_TYPE:
                return strcmp(v->text, q->labels[v->keyword - KEYWORD_SUBJ_USER]) == 0;
        case KEYWORD_KEYRINGS:
        case KEYWORD_LABEL:
                return match_list(v->text, q->data);
        default:
                return true;
        }
}

static inline bool match_rule(const Rule *rule, const Request *q)
{
        bool buffer = q->func == RULE_FUNC_KEY_CHECK || q->func == RULE_FUNC_CRITICAL_DATA;

        if (buffer && rule_get_func(rule) != q->func)
                return false;
        for (size_t i = 0; i < rule->n_values; i++)
                if (!(buffer && rule->values[i].keyword == KEYWORD_GID) &&
                                !match_condition(&rule->values[i], q))
                        return false;
        return true;
}

/* Hooks with the masks that they pass; FILE_CHECK has all that open(2) and exec can ask for. */
static const struct {
        RuleFunc hook;
        unsigned mask;
} match_events[] = {
        {RULE_FUNC_FILE_CHECK,             RULE_MASK_EXEC                                     },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_READ                                     },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_WRITE                                    },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_READ | RULE_MASK_WRITE                   },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_WRITE | RULE_MASK_APPEND                 },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_READ | RULE_MASK_APPEND                  },
        { RULE_FUNC_FILE_CHECK,            RULE_MASK_READ | RULE_MASK_WRITE | RULE_MASK_APPEND},
        { RULE_FUNC_MMAP_CHECK,            RULE_MASK_EXEC                                     },
        { RULE_FUNC_MMAP_CHECK_REQPROT,    RULE_MASK_EXEC                                     },
        { RULE_FUNC_BPRM_CHECK,            RULE_MASK_EXEC                                     },
        { RULE_FUNC_CREDS_CHECK,           RULE_MASK_EXEC                                     },
        { RULE_FUNC_MODULE_CHECK,          RULE_MASK_READ                                     },
        { RULE_FUNC_FIRMWARE_CHECK,        RULE_MASK_READ                                     },
        { RULE_FUNC_POLICY_CHECK,          RULE_MASK_READ                                     },
        { RULE_FUNC_KEXEC_KERNEL_CHECK,    RULE_MASK_READ                                     },
        { RULE_FUNC_KEXEC_INITRAMFS_CHECK, RULE_MASK_READ                                     },
        { RULE_FUNC_KEXEC_CMDLINE,         0                                                  },
        { RULE_FUNC_KEY_CHECK,             0                                                  },
        { RULE_FUNC_CRITICAL_DATA,         0                                                  },
};

static const uint32_t match_ids[] = { 0, 1, 2, UINT32_MAX - 1 };
static const unsigned long match_magics[] = { 0x1, 0xef53 };
static const char *const match_names[] = { "ext4", "tmpfs" };
static const char *const match_uuids[] = { "8bcbe394-4f13-4144-be8e-5aa9ea2ce2f6",
        "00000000-0000-0000-0000-000000000001" };
static const char *const match_labels[] = { "x_t", "y_t" };
static const char *const match_data[] = { ".ima", "selinux", "other" };

#define PICK(array) ((array)[match_random() % ELEMENTSOF(array)])

/* xorshift: the same everywhere, and the seed is in the failure. */
static uint64_t match_state;

static inline uint64_t match_random(void)
{
        match_state ^= match_state << 13;
        match_state ^= match_state >> 7;
        match_state ^= match_state << 17;
        return match_state;
}

static inline RequestIds match_random_ids(void)
{
        return (RequestIds){ PICK(match_ids), PICK(match_ids), PICK(match_ids),
                match_random() % 2 };
}

static inline Request match_random_request(void)
{
        size_t event = match_random() % ELEMENTSOF(match_events);

        Request request = {
                .func = match_events[event].hook,
                .mask = match_events[event].mask,
                .user = match_random_ids(),
                .group = match_random_ids(),
                .owner = PICK(match_ids),
                .owner_group = PICK(match_ids),
                .fsmagic = PICK(match_magics),
                .fsname = PICK(match_names),
                .data = PICK(match_data),
        };

        request.group.any = request.user.any;
        request.labels[KEYWORD_SUBJ_TYPE - KEYWORD_SUBJ_USER] = PICK(match_labels);
        request.labels[KEYWORD_OBJ_TYPE - KEYWORD_SUBJ_USER] = PICK(match_labels);
        cr_assert_eq(request_parse_uuid(PICK(match_uuids), request.fsuuid), 0);
        return request;
}

static inline void match_add_id(Buffer *b, const char *const *names, size_t n_names)
{
        static const char ops[] = "=<>";

        cr_assert_eq(buffer_append_format(b, " %s%c%u", names[match_random() % n_names],
                                     ops[match_random() % 3], PICK(match_ids)),
                        0);
}

static inline bool match_one_in(unsigned n)
{
        return match_random() % n == 0;
}

/* The words of a rule; not each is valid for the kernel. */
static inline void match_add_conditions(Buffer *b)
{
        static const char *const masks[] = { "MAY_READ", "^MAY_READ", "MAY_EXEC", "^MAY_WRITE",
                "MAY_APPEND", "^MAY_APPEND", "^MAY_EXEC", "MAY_WRITE" };
        static const char *const users[] = { "uid", "euid" }, *const groups[] = { "gid", "egid" },
                                 *const owners[] = { "fowner" }, *const fgroups[] = { "fgroup" };
        static const char *const rings[] = { ".ima", ".ima|other", "other|selinux", "x" };

        if (match_one_in(2))
                cr_assert_eq(buffer_append_format(b, " func=%s",
                                             rule_func_get_info(PICK(match_events).hook)->name),
                                0);
        if (match_one_in(3))
                cr_assert_eq(buffer_append_format(b, " mask=%s", PICK(masks)), 0);
        if (match_one_in(4))
                cr_assert_eq(buffer_append_format(b, " fsmagic=%lx", PICK(match_magics)), 0);
        if (match_one_in(6))
                cr_assert_eq(buffer_append_format(b, " fsname=%s", PICK(match_names)), 0);
        if (match_one_in(6))
                cr_assert_eq(buffer_append_format(b, " fsuuid=%s", PICK(match_uuids)), 0);
        if (match_one_in(2))
                match_add_id(b, users, 2);
        if (match_one_in(4))
                match_add_id(b, groups, 2);
        if (match_one_in(3))
                match_add_id(b, owners, 1);
        if (match_one_in(6))
                match_add_id(b, fgroups, 1);
        if (match_one_in(6))
                cr_assert_eq(buffer_append_format(b, " subj_type=%s", PICK(match_labels)), 0);
        if (match_one_in(6))
                cr_assert_eq(buffer_append_format(b, " obj_type=%s", PICK(match_labels)), 0);
        if (match_one_in(8))
                cr_assert_eq(buffer_append_format(b, " %s=%s",
                                             match_one_in(2) ? "keyrings" : "label", PICK(rings)),
                                0);
}

/* A random rule that the kernel takes. */
static inline Rule match_random_rule(Arena *arena)
{
        static const char *const actions[] = { "measure", "dont_measure", "appraise",
                "dont_appraise", "audit" };

        for (;;) {
                _cleanup_buffer_ Buffer text = { 0 };
                Rule rule;

                cr_assert_eq(buffer_append_string(&text, PICK(actions)), 0);
                match_add_conditions(&text);
                if (rule_text_parse(text.data, text.size, NULL, arena, &rule) == 1)
                        return rule;
        }
}
