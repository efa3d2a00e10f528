/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the running kernel whether it denies programs without a signature: no file tells the policy
 * in force, the kernel tells what it does.
 */
#pragma once

#include <stdbool.h>

/* The directory must lie on the file system that programs lie on. */
#define APPRAISAL_PROBE_DIRECTORY "/var/lib/imad"
#define APPRAISAL_PROBE_PREFIX "appraisal-probe-"

/*
 * Makes a file without a signature in the directory, and tries to execute and to map it. The kernel
 * appraises it before it looks at its format (search_binary_handler() in fs/exec.c), so junk is
 * enough. 1 when either is denied, 0 when not, -EOPNOTSUPP where nothing can be executed at all; a
 * denial leaves an audit record of that file.
 */
int appraisal_probe(int root_fd, const char *directory);
