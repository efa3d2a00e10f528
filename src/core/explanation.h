/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a code of a diagnostic means, for `imactl explain`. The titles come from the tables of
 * base/diag-code.h and core/policy/code.h, the texts from explanations.yaml, which is compiled in.
 */
#pragma once

#include <jansson.h>

#include "base/diag-code.h"

/* The code at an index, over both tables, or NULL behind the last one. */
const char *explanation_get_code(size_t index);

/* [{code, severity, title}] of all codes. NULL: no memory. */
json_t *explanation_list(void);

/*
 * {code, severity, title, means, why, wrong, right, next}; wrong and right map names of fragments
 * to their texts and are null where no fragment shows the code. -ENOENT when there is no such code
 * or no text for it, -ENOMEM.
 */
int explanation_find(const char *code, json_t **ret_explanation);
