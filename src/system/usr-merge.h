/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The links in / that lead into /usr: packages say /bin/x, the kernel names the file /usr/bin/x. */
#pragma once

#include "base/strings.h"

typedef struct UsrMerge {
        StringList names; /* "/bin" */
        StringList targets;
} UsrMerge;

int usr_merge_load(int root_fd, UsrMerge *ret_merge);
void usr_merge_done(UsrMerge *merge);

/* The path through the target of a link, or as it is. malloc()ed; NULL: no memory. */
char *usr_merge_resolve(const UsrMerge *merge, const char *path);

#define _cleanup_usr_merge_ _cleanup_(usr_merge_done)
