/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold before a policy is loaded in the initrd; else the real root does it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Both say in *ret_why, malloc()ed, why not when they return 0; 1: it may be loaded; -ENOMEM. */

/* The initrd's copies are what the real root has now. */
int load_initrd_is_current(int root_fd, int sysroot_fd, uint64_t generation, const char *release,
                char **ret_why);

/*
 * The policy does not refuse the initrd's own programs. An unpacked initrd is a ramfs or tmpfs
 * (init/do_mounts.c), where no file has a label.
 */
int load_initrd_is_spared(int root_fd, const char *text, size_t size, char **ret_why);

/* Prints, one a line, what the initrd for a kernel needs; nothing when it is to load no policy. */
int load_initrd_print(int root_fd, const char *release);
