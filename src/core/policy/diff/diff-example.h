/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request that two policies decide differently, to show what a changed rule means. */
#pragma once

#include "core/policy/simulate/simulate.h"

/*
 * Looks for a request that rule matches and that the two policies, whose simulators are sealed,
 * decide differently; one that other matches as well is preferred, if it is not NULL. Only requests
 * made of what the rules themselves say are tried, so that there can be one where none is found.
 * Returns 1 and the request and the two outcomes, in words, malloc()ed; 0: none was found; -ENOMEM.
 */
int diff_example_find(const Simulator *before, const Simulator *after, const Rule *rule,
                const Rule *other, char **ret_request, char **ret_before, char **ret_after);
