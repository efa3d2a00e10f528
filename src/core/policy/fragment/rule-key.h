/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a rule in a fragment, with advice for those that people bring from elsewhere. */
#pragma once

#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/keyword.h"

/* What to use in the place of a word that people bring from elsewhere, or NULL. */
const char *rule_key_get_advice(const char *word);

/*
 * 1 and the keyword with its operator ("uid>" is uid with >); 0 for a key that is no keyword but
 * belongs to a rule (id, when); -EBADMSG with a diagnostic; -ENOMEM.
 */
int rule_key_parse(const YamlNode *value, const char *source, KeywordId *ret_id,
                KeywordOperator *ret_operator, DiagList *diags);
