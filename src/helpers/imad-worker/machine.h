/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lint is told of the machine that a policy is compiled on. */
#pragma once

#include "core/policy/lint/lint.h"
#include "helpers/imad-worker/worker.h"
#include "system/filesystems.h"

typedef struct Machine {
        FilesystemList filesystems; /* owns what the facts point to */
        LintFilesystem *items;
        LintFacts facts;
} Machine;

void machine_done(Machine *machine);

/* Nothing is known with --root=, --kernel= or a described --target=. -ENOMEM. */
int machine_load(const Worker *worker, Machine *ret_machine);

#define _cleanup_machine_ _cleanup_(machine_done)
