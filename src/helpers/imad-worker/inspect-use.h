/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this kernel, under the policy in force, would let a file be used. */
#pragma once

#include "core/signature/verifier.h"
#include "helpers/imad-worker/worker.h"

/*
 * Sets in the result "policy" and "uses": [{use, verdict, cause, func, rule}], verdict being
 * "not-appraised", "allowed", "denied", "tolerated", "fixed" or "unknown". Neither is set when the
 * policy in force is not to be known.
 */
ExitCode inspect_uses(Worker *worker, const char *path, int path_fd, SignatureVerifier *verifier);
