/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The condition `when: {kernel: ">=6.1", config: [IMA_APPRAISE_MODSIG], user: postgres}` of a rule
 * or fragment.
 */
#pragma once

#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/names.h"
#include "core/policy/target/target.h"

/*
 * 1 when the target fulfils it, 0 when not, or when it is malformed, which is said in diags.
 * Without a target what it says of the kernel is only checked and counts as fulfilled. A condition
 * on options of a kernel whose configuration is not known counts as not fulfilled, with a warning;
 * so does one on users or groups when names is NULL, without a word. -ENOMEM.
 */
int condition_evaluate(const YamlNode *when, const Target *target, const NameResolver *names,
                const char *source, DiagList *diags);
