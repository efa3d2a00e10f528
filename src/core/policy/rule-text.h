/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's own policy syntax, read as the kernel reads it (ima_parse_rule()). */
#pragma once

#include "core/policy/rule.h"

/*
 * Parses one line without its newline. Returns 1 and the rule, whose memory comes from the arena, 0
 * for a comment or blank line, or the errno that the kernel gives: -EINVAL, -ERANGE. Labels of
 * security modules and hashes are taken for available. The target may be NULL.
 */
int rule_text_parse(
                const char *line, size_t size, const Target *target, Arena *arena, Rule *ret_rule);
