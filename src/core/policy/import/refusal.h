/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the kernel refuses a line of its own policy syntax, in words. */
#pragma once

#include "base/diag.h"
#include "core/policy/target/target.h"

/*
 * Adds an error for each fault, the first sixteen, of a line that rule_text_parse() refuses, the
 * kernel's own verdict being the first one only. `shown` is the same bytes as they stand at `place`
 * in the source, where a rule may go on behind a newline. -EBADMSG, -ENOMEM.
 */
int refusal_explain(const char *line, const char *shown, size_t size, const Target *target,
                DiagPlace place, DiagList *diags);
