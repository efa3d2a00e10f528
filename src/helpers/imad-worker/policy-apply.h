/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What policy-apply does, for verbs that hold the store of generations while they decide on it. */
#pragma once

#include "helpers/imad-worker/worker.h"

/* The whole of policy-apply; the store is locked by the caller, where this is no dry run. */
ExitCode policy_apply_locked(Worker *worker);
