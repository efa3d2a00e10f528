/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of installed packages as they should be: those of archives that apt's signed indexes
 * vouch for, under the paths where dpkg has put them (diversions, links in /, maintainer scripts),
 * and, only when somebody accepts that, those of dpkg's own list of MD5 sums.
 */
#pragma once

#include "core/manifest/manifest.h"
#include "system/apt-index.h"
#include "system/dpkg.h"

#define VOUCHED_ARCHIVES_DIRECTORY "/var/cache/apt/archives"

typedef struct VouchedFiles {
        Manifest files;      /* by path; a digest of MD5 is one of dpkg's list */
        StringList packages; /* "name:architecture=version" of those with a vouched archive */
        size_t refused;      /* archives of installed packages that nobody vouches for */
} VouchedFiles;

/*
 * Reads every archive in apt's cache; members come with digests of `hash`. An archive counts when
 * it is vouched for and is that of the installed version. Others are warnings. -ENOMEM and errors
 * of reading.
 */
int vouched_files_load(int root_fd, const AptIndex *index, const Dpkg *dpkg, HashAlgorithm hash,
                VouchedFiles *ret_files, DiagList *diags);

/* Adds what dpkg's MD5 sums say of the packages without a vouched archive. */
int vouched_files_add_md5sums(VouchedFiles *files, int root_fd, const Dpkg *dpkg);

/* Makes `files` ready for manifest_find(). */
void vouched_files_sort(VouchedFiles *files);

/* Whether an archive of the package was vouched for. */
bool vouched_files_have_package(const VouchedFiles *files, const DpkgPackage *package);

void vouched_files_done(VouchedFiles *files);

#define _cleanup_vouched_files_ _cleanup_(vouched_files_done)
