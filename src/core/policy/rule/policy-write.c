/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/policy-write.h"

#include <limits.h>
#include <string.h>

#include "core/policy/rule/rule-text.h"

#define PAGE_SIZE_DEFAULT 4096

/* The first line, which a newline or NUL ends. */
static size_t line_length(const char *payload, size_t size)
{
        const char *end = memchr(payload, '\n', size);

        size = end ? (size_t) (end - payload) : size;
        return strnlen(payload, size);
}

static bool is_dots(const char *name, size_t size)
{
        return size <= 2 && memcmp(name, "..", size) == 0;
}

/* What can be said of a path without looking: the root is a directory, names have a limit. */
static ssize_t judge_path(const char *path, size_t length)
{
        for (size_t i = 0; i < length;) {
                const char *slash = memchr(path + i, '/', length - i);
                size_t size = slash ? (size_t) (slash - path) - i : length - i;

                if (!is_dots(path + i, size))
                        return size > NAME_MAX ? -ENAMETOOLONG : -ENOENT;
                i += size + 1;
        }
        return -EINVAL;
}

ssize_t policy_write_judge(const void *payload, size_t size, const Target *target)
{
        _cleanup_arena_ Arena arena = { 0 };
        size_t limit = (target ? target->page_size : PAGE_SIZE_DEFAULT) - 1;
        size_t length = line_length(payload, size < limit ? size : limit);
        Rule rule;
        int r;

        if (length > 0 && *(const char *) payload == '/')
                return judge_path(payload, length);
        if (target && target->policy_signed)
                return -EACCES;
        r = rule_text_parse(payload, length, target, &arena, &rule);
        return r < 0 ? r : (ssize_t) length + 1;
}
