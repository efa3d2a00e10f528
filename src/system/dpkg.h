/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What dpkg knows of a system: installed packages (/var/lib/dpkg/status) and diversions
 * (dpkg-divert(1)). Which files a package has is in system/package.h.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

#define DPKG_STATUS "/var/lib/dpkg/status"
#define DPKG_DIVERSIONS "/var/lib/dpkg/diversions"

typedef struct DpkgPackage {
        const char *name;
        const char *architecture;
        const char *version;
} DpkgPackage;

/* Others' file `from` is `to`; the package's own stays. */
typedef struct DpkgDiversion {
        const char *from;
        const char *to;
        const char *package; /* ":" when the administrator made it */
} DpkgDiversion;

typedef struct Dpkg {
        DpkgPackage *packages; /* unpacked at least, by name and architecture */
        size_t n_packages;
        DpkgDiversion *diversions;
        size_t n_diversions;
        Arena arena;
} Dpkg;

/* -ENOENT where dpkg has no database, -EBADMSG, -E2BIG, -ENOMEM. */
int dpkg_load(int root_fd, Dpkg *ret_dpkg);
void dpkg_done(Dpkg *dpkg);

/* Whether a package manager is at work (dpkg(1), lock-frontend). False where that cannot be told.
 */
bool dpkg_is_locked(int root_fd);

/* NULL when it is not installed. */
const DpkgPackage *dpkg_find(const Dpkg *dpkg, const char *name, const char *architecture);

/* Where the file of a package is: `path`, or what it is diverted to. Borrows. */
const char *dpkg_divert(const Dpkg *dpkg, const char *package, const char *path);

#define _cleanup_dpkg_ _cleanup_(dpkg_done)
