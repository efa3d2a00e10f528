/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What dpkg says about installed files: /var/lib/dpkg/info/PACKAGE.list or PACKAGE:ARCH.list
 * (dpkg-query(1), --listfiles).
 */
#pragma once

#include "base/arena.h"
#include "base/strings.h"

#define PACKAGE_DIRECTORY "/var/lib/dpkg/info"
#define PACKAGE_SUFFIX ".list"
#define PACKAGE_LIST_MAX (32U * 1024 * 1024)

/*
 * The paths of a package, of all its architectures when the name has none, as the kernel names the
 * files: where / has a link such as bin -> usr/bin, the path leads through its target. Appends to
 * *files. -ENOENT when it is not installed, -EINVAL for what cannot be a name.
 */
int package_list_files(int root_fd, const char *package, StringList *files);

/*
 * Calls back for each file of each installed package, package by package; the name is without
 * architecture. What the callback returns below 0 ends it. Lists that cannot be read are left out.
 * -ENOENT where dpkg has no database.
 */
typedef int PackageVisitor(void *userdata, const char *package, const char *path);
int package_visit_files(int root_fd, PackageVisitor *visit, void *userdata);

/* Which package owns a file, of all that are installed. */
typedef struct PackageFile {
        const char *path;
        size_t package; /* of names */
} PackageFile;

typedef struct PackageIndex {
        Arena arena;
        PackageFile *files; /* by path */
        size_t n_files;
        StringList names; /* without architecture */
} PackageIndex;

#define PACKAGE_NONE SIZE_MAX

/* -ENOENT where dpkg has no database; -E2BIG, -ENOMEM. Lists that cannot be read are left out. */
int package_index_load(int root_fd, PackageIndex *ret_index);
void package_index_done(PackageIndex *index);

/* A number of names; PACKAGE_NONE when no package owns it. */
size_t package_index_find(const PackageIndex *index, const char *path);

#define _cleanup_package_index_ _cleanup_(package_index_done)
