/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where dpkg puts the files of a package: past diversions (dpkg-divert(1)) and links in /, and
 * maintainer scripts among its own files.
 */
#pragma once

#include "system/dpkg.h"
#include "system/usr-merge.h"

typedef struct PackagePlace {
        int root_fd;
        const Dpkg *dpkg;
        UsrMerge merge;
} PackagePlace;

/* Both are borrowed. Errors of reading. */
int package_place_load(int root_fd, const Dpkg *dpkg, PackagePlace *ret_place);
void package_place_done(PackagePlace *place);

/*
 * The path on the system of a file that the package has as `path`, or of its control:NAME.
 * malloc()ed. -ENOMEM.
 */
int package_place_find(const PackagePlace *place, const char *package, const char *architecture,
                const char *path, char **ret_path);

/*
 * Where dpkg keeps a control member below a directory, "" for the root: NAME:ARCHITECTURE.postinst
 * when that is there, else NAME.postinst. malloc()ed. -ENOMEM.
 */
int package_place_find_control(int root_fd, const char *directory, const char *package,
                const char *architecture, const char *member, char **ret_path);

#define _cleanup_package_place_ _cleanup_(package_place_done)
