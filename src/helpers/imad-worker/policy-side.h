/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of the policies that policy-diff compares: its rules, and where each of them comes from. */
#pragma once

#include "core/policy/import/kernel-text.h"
#include "helpers/imad-worker/worker.h"

typedef struct PolicySide {
        char *name;    /* "generation 3", "fragments", or a path */
        char *release; /* of the kernel that it was made for, or NULL: any */
        KernelText text;
        const Rule **rules; /* of text */
        json_t *provenance; /* as policy_provenance_to_json() makes it, or NULL */
} PolicySide;

void policy_side_done(PolicySide *side);

/*
 * Loads what an argument names: a generation by its number; "running", the policy in force, from
 * the generation that was loaded or as the kernel shows it; "fragments", what the fragment
 * directories would make; a directory of fragments, a fragment, or a file of kernel policy, "-"
 * being stdin. A generation, and fragments, are taken for `release`; NULL: for the running kernel,
 * or the last.
 *
 * -EBADMSG when the diagnostics have errors. Other errors have set the worker's error.
 */
int policy_side_load(
                Worker *worker, const char *argument, const char *release, PolicySide *ret_side);

/* True for a generation, or what was loaded from one. */
bool policy_side_is_generation(Worker *worker, const char *argument);

/* {"rule", "text", and "fragment", "id", "source_line", "source_column" or "source"}. */
json_t *policy_side_rule_to_json(const PolicySide *side, size_t index);

#define _cleanup_side_ _cleanup_(policy_side_done)
