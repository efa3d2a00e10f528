/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fragments on disk, of the policy and of what else is written so: NN-name.yaml in three
 * directories, with systemd's drop-in rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define FRAGMENT_SIZE_MAX (1024U * 1024)
#define FRAGMENT_SUFFIX ".yaml"
#define FRAGMENT_ADMIN_DIRECTORY "/etc/imad/policy.d"

typedef struct FragmentFile {
        char *name; /* "50-programs.yaml" */
        char *path; /* "/etc/imad/policy.d/50-programs.yaml", below the root */
        bool masked;
        char *text; /* NULL when masked or unreadable */
        size_t size;
} FragmentFile;

typedef struct FragmentFiles {
        FragmentFile *items;
        size_t count;
} FragmentFiles;

void fragments_done(FragmentFiles *list);

/*
 * Loads all fragments of the policy in /usr/lib, /run and /etc, by file name. Files of other names,
 * and each file that cannot be read, is a directory or FIFO, or exceeds FRAGMENT_SIZE_MAX, are told
 * in diags; the rest is loaded all the same. Fails for want of memory only.
 */
int fragments_load(int root_fd, FragmentFiles *ret_list, DiagList *diags);

/* The same for other directories, NULL-terminated, lowest precedence first. */
int fragments_load_directories(int root_fd, const char *const *directories, FragmentFiles *ret_list,
                DiagList *diags);

/* Loads just these files, in this order. Each name must end in FRAGMENT_SUFFIX. */
int fragments_load_files(int root_fd, const char *const *paths, size_t n_paths,
                FragmentFiles *ret_list, DiagList *diags);

#define _cleanup_fragments_ _cleanup_(fragments_done)
