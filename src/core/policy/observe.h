/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy that refuses files, turned into one that only lists what it would look at. */
#pragma once

#include "core/policy/compile.h"

/*
 * Turns appraise into measure and dont_appraise into dont_measure, in their places; options of
 * appraisal are dropped, and so is a rule that says what the one before says, or whose func the
 * kernel never measures. As the first rule of a class that matches decides (ima_match_policy() of
 * security/integrity/ima/ima_policy.c), a file that the policy excepts from appraisal may not be
 * listed by a later measure rule, nor one that an earlier rule excepts from measurement.
 *
 * -ENOMEM; the policy is unchanged then.
 */
int policy_observe(Policy *policy);
