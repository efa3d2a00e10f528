/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files without which this machine does not come up or cannot be repaired: the programs of
 * core/policy/simulate/critical.h, of enabled units, of the package manager and of imad, PAM's
 * modules and the modules that the kernel has loaded, with all interpreters and libraries that
 * they need.
 */
#pragma once

#include "base/strings.h"

/*
 * Sorted paths below the root, without links. What does not exist is left out, and what only runs
 * at another time (plugins, interpreters named by environment) is not found. -E2BIG, -ENOMEM.
 */
int boot_files_find(int root_fd, StringList *ret_paths);
