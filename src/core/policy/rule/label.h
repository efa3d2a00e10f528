/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of security modules in conditions: which of them the kernel takes. */
#pragma once

#include "core/policy/rule/keyword.h"

/*
 * Whether the security module knows the label at the moment: 1, 0, or -ENODATA when the target does
 * not say. `id` is one of the six keywords subj_user … obj_type. What the modules do:
 * security_audit_rule_init() and, for AppArmor, aa_audit_rule_init() and aa_label_strn_parse() in
 * security/apparmor/label.c.
 */
int label_resolves(const Target *target, KeywordId id, const char *label);

/* True when the kernel refuses a rule for this label: before its first custom policy. */
bool label_is_refused(const Target *target, KeywordId id, const char *label);
