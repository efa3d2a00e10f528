/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of the kernel's own policy syntax become a fragment that compiles to the same rules. */
#pragma once

#include "core/policy/import/kernel-text.h"

/*
 * Writes the rules as a fragment, in their order and with their comments, with an id made of what
 * each rule says. Consecutive rules that differ by nothing but one value, or by their action,
 * become one rule with a list, where its expansion (expand.h) gives them back in the same order.
 * Magic numbers of known file systems are written as names; ids of users stay numbers, so that the
 * fragment compiles anywhere. `source` is named in its description.
 *
 * What a fragment cannot say is an error, -EBADMSG: values that are not UTF-8 or hold control
 * characters, and a text that makes a fragment above YAML_SIZE_MAX. appraise_flag without the
 * action appraise, which the kernel takes and ignores, is left out with a note. -ENOMEM. The text
 * is malloc()ed and NUL-terminated.
 */
int import_format_fragment(const KernelText *text, const char *source, char **ret_fragment,
                size_t *ret_size, DiagList *diags);
