/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The regular files of a package archive: what each path will be once the package is unpacked. The
 * archive is untrusted; what it is worth says its digest.
 */
#pragma once

#include "core/manifest/manifest.h"
#include "system/package-archive.h"

typedef struct PackageFiles {
        PackageArchive archive;
        /* Of a Debian package with a control file; else NULL. Each is a deb822_is_word(). */
        char *name, *version, *architecture;
        /* Sorted. A hard link is the file that it leads to, under a name of its own. Of control
         * members those that are executed. */
        Manifest files;
} PackageFiles;

/*
 * Reads an archive once, as package_archive_read() does, with its errors and *ret_reason. -EBADMSG
 * also for one that is not plain about what a name stands for: a name twice, unless all its members
 * are files, where the last one counts, or a hard link to what is not in it.
 */
int package_files_read(int fd, const PackageArchiveSettings *settings, PackageFiles *ret_files,
                const char **ret_reason);
void package_files_done(PackageFiles *files);

#define _cleanup_package_files_ _cleanup_(package_files_done)
