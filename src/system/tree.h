/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks the regular files of a directory tree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define TREE_DEPTH_LIMIT 128

typedef struct TreeStatistics {
        size_t files;
        size_t directories;
        size_t skipped_mounts;
        size_t unreadable; /* directories and files that could not be opened, or lie too deep */
} TreeStatistics;

/* path_fd is open with O_PATH; the path is that below the root. A negative result ends the walk. */
typedef int (*TreeVisitor)(void *userdata, const char *path, int path_fd);

/*
 * Calls visit for each regular file below the directory path, those of one directory in a row.
 * Symbolic links are not followed, automounts not triggered, and other file systems entered with
 * cross_mounts only. What cannot be read is counted and left out. The visitor's result, -ENOENT or
 * -ENOTDIR for the path itself, -ENOMEM.
 */
int tree_walk(int root_fd, const char *path, bool cross_mounts, TreeVisitor visit, void *userdata,
                TreeStatistics *statistics);

/*
 * The same below a directory that is open already, with O_PATH at least; path is its name for the
 * visitor.
 */
int tree_walk_at(int dir_fd, const char *path, bool cross_mounts, TreeVisitor visit, void *userdata,
                TreeStatistics *statistics);
