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

typedef struct Request {
        RuleFunc hook;
        unsigned mask;
        uint32_t uid, euid, suid, gid, egid, sgid, fowner, fgroup;
        bool cap_setid;
        unsigned long magic;
        const char *fsname, *fsuuid, *subj_type, *obj_type, *data;
} Request;

static inline bool match_id(const RuleValue *value, uint32_t id)
{
        return value->operator_ == '>'   ? id > value->number
               : value->operator_ == '<' ? id < value->number
                                         : id == value->number;
}

static inline bool match_effective(
                const RuleValue *value, const Request *q, uint32_t e, uint32_t s, uint32_t real)
{
        return match_id(value, e) ||
               (q->cap_setid && (match_id(value, s) || match_id(value, real)));
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
                return (RuleFunc) v->number == q->hook;
        case KEYWORD_MASK:
                return v->text[0] == '^' ? (v->number & 15 & q->mask) != 0
                                         : (v->number & 15) == q->mask;
        case KEYWORD_FSMAGIC:
                return v->number == q->magic;
        case KEYWORD_FSNAME:
                return strcmp(v->text, q->fsname) == 0;
        case KEYWORD_FSUUID:
                return strcmp(v->text, q->fsuuid) == 0;
        case KEYWORD_UID:
                return match_id(v, q->uid);
        case KEYWORD_EUID:
                return match_effective(v, q, q->euid, q->suid, q->uid);
        case KEYWORD_GID:
                return match_id(v, q->gid);
        case KEYWORD_EGID:
                return match_effective(v, q, q->egid, q->sgid, q->gid);
        case KEYWORD_FOWNER:
                return match_id(v, q->fowner);
        case KEYWORD_FGROUP:
                return match_id(v, q->fgroup);
        case KEYWORD_SUBJ_TYPE:
                return strcmp(v->text, q->subj_type) == 0;
        case KEYWORD_OBJ_TYPE:
                return strcmp(v->text, q->obj_type) == 0;
        case KEYWORD_KEYRINGS:
        case KEYWORD_LABEL:
                return match_list(v->text, q->data);
        default:
                return true;
        }
}

static inline bool match_rule(const Rule *rule, const Request *q)
{
        bool buffer = q->hook == RULE_FUNC_KEY_CHECK || q->hook == RULE_FUNC_CRITICAL_DATA;

        if (buffer && rule_get_func(rule) != q->hook)
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

static inline Request match_random_request(void)
{
        size_t event = match_random() % ELEMENTSOF(match_events);

        return (Request){
                .hook = match_events[event].hook,
                .mask = match_events[event].mask,
                .uid = PICK(match_ids),
                .euid = PICK(match_ids),
                .suid = PICK(match_ids),
                .gid = PICK(match_ids),
                .egid = PICK(match_ids),
                .sgid = PICK(match_ids),
                .fowner = PICK(match_ids),
                .fgroup = PICK(match_ids),
                .cap_setid = match_random() % 2,
                .magic = PICK(match_magics),
                .fsname = PICK(match_names),
                .fsuuid = PICK(match_uuids),
                .subj_type = PICK(match_labels),
                .obj_type = PICK(match_labels),
                .data = PICK(match_data),
        };
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
