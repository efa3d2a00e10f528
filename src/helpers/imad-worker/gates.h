/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold before a policy that refuses files is tried. All gates are asked, and all that
 * they find is told at once, each with the command that mends it. One that is forced is not asked.
 */
#pragma once

#include "core/signature/certificate.h"
#include "helpers/imad-worker/compilation.h"

typedef enum Gate {
        GATE_COMPILE,     /* the fragments compile for every installed kernel */
        GATE_KEYS,        /* kernels verify with the keys that the signatures need */
        GATE_COVERAGE,    /* what is appraised has good labels */
        GATE_FILESYSTEMS, /* nothing is appraised where labels cannot be */
        GATE_MAX,
        GATE_INVALID = -EINVAL,
} Gate;

/* "compile", "keys", "coverage", "filesystems". */
const char *gate_to_string(Gate gate);

/*
 * Bits by Gate that --force= names. Forcing needs --reason=, of at most GENERATION_REASON_MAX
 * bytes; -EINVAL with the worker's error set.
 */
int gates_read_forced(Worker *worker, unsigned *ret_forced);

/*
 * Asks the gates that are not forced, except GATE_COMPILE, which compilation_run() is. What they
 * have against the policy is an error in the worker's diagnostics. Sets "gates" of the result:
 * [{"gate", "state"}], state being "passed", "failed" or "forced". -EPERM with the worker's error
 * set when one has failed.
 */
int gates_ask(Worker *worker, const Compilation *compilation, unsigned forced);

/* Notes in the generation what was forced, and why. -ENOMEM. */
int gates_note_forced(const Worker *worker, unsigned forced, Generation *generation);

/* One gate each: adds errors to the worker's diagnostics. Negative errno when it cannot be asked.
 */
int gate_keys_ask(Worker *worker, const Compilation *compilation);
int gate_coverage_ask(Worker *worker, const Compilation *compilation);
