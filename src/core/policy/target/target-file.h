/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions of targets as files: NAME.target, in systemd's form, one section [Target]. The keys
 * are those of imad.target(5).
 */
#pragma once

#include "base/diag.h"
#include "core/policy/target/target.h"

#define TARGET_FILE_SUFFIX ".target"
#define TARGET_FILE_SIZE_MAX (64U * 1024)

/*
 * Parses one description; the target owns all it needs. -EBADMSG with a diagnostic for each
 * mistake: a value that is left out would make wrong verdicts. -ENOMEM.
 */
int target_file_parse(const char *text, const char *source, Target **ret_target, DiagList *diags);
