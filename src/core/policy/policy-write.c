/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/policy-write.h"

#include "core/policy/rule-text.h"

#define PAGE_SIZE_DEFAULT 4096

/* The first line, which a newline or NUL ends. */
static size_t line_length(const char *payload, size_t size)
{
        const char *end = memchr(payload, '\n', size);

        size = end ? (size_t) (end - payload) : size;
        return strnlen(payload, size);
}

ssize_t policy_write_judge(const void *payload, size_t size, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };
        size_t limit = (target ? target->page_size : PAGE_SIZE_DEFAULT) - 1;
        size_t length = line_length(payload, size < limit ? size : limit);
        Rule rule;
        int r;

        if (length > 0 && *(const char *) payload == '/')
                return -ENOENT;
        if (target && target->policy_signed)
                return -EACCES;
        r = rule_text_parse(payload, length, target, &arena, &rule);
        return r < 0 ? r : (ssize_t) length + 1;
}
