/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files as they are to be installed: those of a package archive or tar, read once, or those below a
 * directory that stands for the root, which may be read again.
 */
#pragma once

#include "core/bundle/bundle.h"
#include "system/label-file.h"
#include "system/tree.h"

typedef struct FileSource {
        BundleSource about;
        /* Sorted. Regular files, and of a package's control members those that are executed. Those
         * of a directory have no digest yet. */
        Manifest files;
        int root_fd; /* of a directory; -EBADF: an archive */
        TreeStatistics tree;
} FileSource;

#define FILE_SOURCE_NONE ((FileSource){ .root_fd = -EBADF })

typedef struct FileSourceSettings {
        HashAlgorithm hash;   /* of the members of an archive */
        bool all_mounts;      /* enter other file systems below a directory */
        const Manifest *only; /* pass other files over; NULL: take all */
} FileSourceSettings;

/*
 * Reads what lies at a path below the root. *ret_reason is set as package_files_read() does. Errors
 * are those of opening, of package_files_read() and of tree_walk().
 */
int file_source_load(int root_fd, const char *path, const FileSourceSettings *settings,
                FileSource *ret_source, const char **ret_reason);
void file_source_done(FileSource *source);

/* Opens a file of a directory by its entry. Errors of opening and of label_file_open(). */
int file_source_open_file(
                const FileSource *source, const ManifestEntry *entry, LabelFile *ret_file);

#define _cleanup_file_source_ _cleanup_(file_source_done)
