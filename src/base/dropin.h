/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drop-in directories as systemd has them: files of one suffix from several directories, a later
 * directory replaces a file of the same name, a link to /dev/null masks it, order is by file name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define DROPIN_FILES_MAX 1000

typedef struct DropinFile {
        char *name; /* "50-programs.yaml" */
        char *path; /* "/etc/imad/policy.d/50-programs.yaml", below the root */
        bool masked;
} DropinFile;

typedef struct DropinList {
        DropinFile *files;
        size_t count;
} DropinList;

void dropin_list_done(DropinList *list);

/*
 * Finds the files of directories (NULL-terminated, lowest precedence first). Masked names stay in
 * the list, marked. Missing directories are fine; files with another suffix, hidden ones excepted,
 * are named as ignored by a W001 warning in diags; names that are not UTF-8 and
 * directories that cannot be read by an error.
 */
int dropin_list_find(int root_fd, const char *const *directories, const char *suffix,
                DropinList *ret_list, DiagList *diags);

#define _cleanup_dropins_ _cleanup_(dropin_list_done)
