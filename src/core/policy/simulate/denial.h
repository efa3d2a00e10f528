/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warnings of files that a policy would deny to a booting machine. */
#pragma once

#include "core/policy/compile.h"

/*
 * Adds a warning for the first file of critical.h that the policy denies as long as no file has a
 * label, and one for the first that it denies however files are labelled; each stands at the rule
 * that decides, in source. Without a target the newest kernel is asked. -ENOMEM.
 */
int denial_warn(const Policy *policy, const Target *target, const char *source, DiagList *diags);
