/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups: NSS on this system, the plain files of any other root. */
#pragma once

#include <stdint.h>

/* -ENOENT when there is no such name. */
int users_find_user(int root_fd, const char *name, uint32_t *ret_uid);
int users_find_group(int root_fd, const char *name, uint32_t *ret_gid);
