/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The warnings that a rule of a fragment knows about and silences: allow: [W230]. */
#pragma once

#include <stdint.h>

#include "core/policy/fragment/fragment.h"

/* Codes of warnings about rules: this and two digits. */
#define ALLOW_PREFIX "W2"

/* The bit of a code in Rule.allow; 0 for codes that cannot be silenced. */
uint64_t allow_get_bit(const char *code);

/* Reads a code or a list of them. Mistakes are added to diags and left out. -ENOMEM. */
int allow_parse(Fragment *fragment, const YamlNode *node, uint64_t *ret_allow, DiagList *diags);
