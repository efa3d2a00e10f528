/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libyaml stops at, in the words of people who write policies, with a fix where one is clear.
 */
#pragma once

#include <stddef.h>
#include <yaml.h>

#include "base/diag.h"

/* Says why the parser has failed on text. -EBADMSG, -ENOMEM. */
int yaml_syntax_report(const yaml_parser_t *parser, const char *text, size_t size,
                const char *source, DiagList *diags);

/* Adds to the last diagnostic that the tag (!name) at a place is taken away from what follows it.
 */
void yaml_syntax_suggest_untagged(
                DiagList *diags, const char *text, size_t size, const yaml_mark_t *mark);
