/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose transaction it is: the outermost package manager above a hook. A hook is gone in no time,
 * and apt runs dpkg, with hooks of its own, several times.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"

typedef struct PackageManager {
        pid_t pid;
        int fd;        /* a pidfd, readable when it has ended */
        char name[16]; /* comm, proc(5) */
        pid_t caller;  /* the innermost one, which runs the hook; the same, or below it */
} PackageManager;

void package_manager_done(PackageManager *manager);

/* `hook` is a child of one, with nothing but shells in between; -ESRCH. Reads /proc only. */
int package_manager_find(int root_fd, pid_t hook, PackageManager *ret_manager);

/* Whether it is the same process, as long as neither has ended. */
bool package_manager_is(const PackageManager *manager, const PackageManager *other);

#define _cleanup_package_manager_ _cleanup_(package_manager_done)
