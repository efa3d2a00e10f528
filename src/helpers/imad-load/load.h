/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision of imad-load: which policy, whether it can be loaded, and what came of it. */
#pragma once

#include "system/boot-record.h"
#include "system/securityfs.h"

/*
 * Loads the intended generation's policy for the running kernel, at most once. Every outcome, the
 * failed ones included, fills the record with message and hint; times are left to the caller.
 * Returns 1 when this boot's policy was loaded before and nothing was done (*ret_record then tells
 * of that load), 0 otherwise, -ENOMEM. `ops` NULL means the kernel's own.
 */
int load_policy(int root_fd, const PolicyFileOps *ops, BootRecord *ret_record);
