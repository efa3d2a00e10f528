/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files as systemd finds them: imad.conf from the first of /etc, /run, /usr/lib, then
 * all imad.conf.d drop-ins.
 */
#pragma once

#include "base/conf-text.h"
#include "base/strings.h"

/*
 * Paths of the files that conf_load() reads, in its order; whether they can be read is not asked.
 * -ENOMEM, or why it cannot be told whether a name is there (-EACCES, -ELOOP).
 */
int conf_find_files(int root_fd, const char *name, StringList *ret_paths, DiagList *diags);

/*
 * Reads name (e.g. "imad.conf") and its drop-ins in systemd's order. A file that cannot be read is
 * a warning, and none takes its place.
 */
int conf_load(int root_fd, const char *name, const ConfItem *items, size_t n_items, void *settings,
                DiagList *diags);
