/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running kernel says of each rule: policy-check --live. */
#pragma once

#include "helpers/imad-worker/compilation.h"

/* True when --live is for files of kernel policy instead of fragments. */
bool policy_live_is_for_text(const Worker *worker);

/*
 * Looks whether the kernel may be asked here and now: for this machine, by root, after imad-load is
 * done. Errors have set the worker's error.
 */
int policy_live_prepare(Worker *worker);

/*
 * Asks for each rule of the running kernel's policy; what it refuses is an error where the rule
 * stands in its fragment. Sets "live" of the result. -EBADMSG when a rule was refused; other errors
 * have set the worker's error.
 */
int policy_live_check(Worker *worker, const Compilation *compilation);

/* The same for the lines of the files that were named as arguments. */
int policy_live_check_text(Worker *worker);
