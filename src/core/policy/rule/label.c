/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/label.h"

#include "base/strings.h"

#define APPARMOR_STACK "//&"
#define SMACK_LABEL_MAX 255

/* isspace() of lib/ctype.c, whose table is that of ISO 8859-1. */
static bool is_kernel_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

static const char *skip_spaces(const char *text, const char *end)
{
        while (text < end && is_kernel_space(*text))
                text++;
        return text;
}

/*
 * One profile of a stack. The name of nothing is that of the namespace's own profile, and since the
 * kernel compares as many characters as it is given, so is every beginning of "unconfined".
 */
static bool apparmor_profile_exists(const Target *target, const char *text, const char *end)
{
        size_t size;

        text = skip_spaces(text, end);
        if (text < end && *text == ':') {
                const char *split = memchr(text + 1, ':', (size_t) (end - text - 1));

                if (skip_spaces(text + 1, end) < (split ?: end))
                        return false; /* of a namespace, and there is none but the root */
                text = split ? split + 1 : end;
                if (end - text > 1 && strncmp(text, "//", 2) == 0)
                        text += 2;
                text = skip_spaces(text, end);
        }
        size = (size_t) (end - text);
        for (size_t i = 0; i < target->labels.count; i++)
                if (strlen(target->labels.items[i]) == size &&
                                memcmp(target->labels.items[i], text, size) == 0)
                        return true;
        return strncmp(text, "unconfined", size) == 0;
}

/* The kernel compares labels with its root namespace as the base. */
static bool apparmor_resolves(const Target *target, const char *label)
{
        const char *end = label + strlen(label), *split;

        label = skip_spaces(label, end);
        if (label == end)
                return false;
        if (*label == '&')
                label++;
        while ((split = strstr(label, APPARMOR_STACK))) {
                if (!apparmor_profile_exists(target, label, split))
                        return false;
                label = split + strlen(APPARMOR_STACK);
        }
        return apparmor_profile_exists(target, label, end);
}

/* A new label is made; smk_parse_smack() in security/smack/smack_access.c. */
static bool smack_resolves(const char *label)
{
        if (*label == '-' || strlen(label) > SMACK_LABEL_MAX)
                return false;
        for (; *label; label++)
                if (*label <= ' ' || *label > '~' || strchr("/\"\\'", *label))
                        return false;
        return true;
}

int label_resolves(const Target *target, KeywordId id, const char *label)
{
        if (target_has_config(target, "IMA_LSM_RULES") == 0)
                return 0;
        switch (target->lsm) {
        case TARGET_LSM_NONE:
        case TARGET_LSM_SELINUX_UNLOADED:
                return 0;
        case TARGET_LSM_APPARMOR:
                return id == KEYWORD_SUBJ_ROLE && apparmor_resolves(target, label);
        case TARGET_LSM_SELINUX:
                return string_list_contains(&target->labels, label) ? 1 : -ENODATA;
        case TARGET_LSM_SMACK:
                return (id == KEYWORD_SUBJ_USER || id == KEYWORD_OBJ_USER) && smack_resolves(label);
        default:
                return -ENODATA;
        }
}

bool label_is_refused(const Target *target, KeywordId id, const char *label)
{
        return target && !target->policy_active && label_resolves(target, id, label) == 0;
}
