/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an initrd needs to load a policy: copies of the configuration, the certificates and the
 * generation's manifest and text for one kernel, under the names that they have in the real root.
 */
#pragma once

#include <stdint.h>

#include "base/diag.h"
#include "base/strings.h"

/*
 * Paths of the files below the root; those of generation 0 are none. Configuration in /run is left
 * out, as it does not outlive the boot. Whether a generation's files exist is not asked. -ENOMEM,
 * or what reading a directory gave.
 */
int initrd_list_files(int root_fd, uint64_t generation, const char *release, StringList *ret_paths);

/*
 * Whether the copies in the initrd, root_fd, are what the real root has. 0: they are; 1:
 * *ret_path, malloc()ed, is the first file that differs or that only one of the two has; negative
 * errno.
 */
int initrd_find_stale(int root_fd, int sysroot_fd, uint64_t generation, const char *release,
                char **ret_path);
