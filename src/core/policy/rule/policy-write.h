/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel makes of one write() to the policy file; ima_write_policy() in ima_fs.c. */
#pragma once

#include <sys/types.h>

#include "core/policy/target/target.h"

/*
 * What a write of this payload at the start of the file returns: the length of the first line with
 * its newline, one more than was written where there is none, or the errno. A payload that names a
 * file ("/…") depends on that file: -ENOENT, as for one that does not exist, unless the path alone
 * tells better: -EINVAL for the root directory, -ENAMETOOLONG. -ENOMEM.
 */
ssize_t policy_write_judge(const void *payload, size_t size, const Target *target);
