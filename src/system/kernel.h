/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known about kernels: the running one, the installed ones, command line, configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/strings.h"

#define KERNEL_INSTALLED_MAX 64
#define KERNEL_CONFIG_MAX (4U * 1024 * 1024)

/* True for a name that can stand in a path: as uname -r prints it, at most 64 characters. */
bool kernel_release_is_valid(const char *release);

/*
 * Release of the running kernel, from the root's own /proc; uname() only when the root is this
 * system's. -ENOENT for another tree: no kernel runs there.
 */
int kernel_get_release(int root_fd, char **ret_release);

/*
 * Releases with modules below /lib/modules or /usr/lib/modules, and the running one; sorted, each
 * once. Empty is fine. -E2BIG above KERNEL_INSTALLED_MAX.
 */
int kernel_list_installed(int root_fd, StringList *ret_releases);

/* /proc/cmdline without its newline. */
int kernel_read_command_line(int root_fd, char **ret_text);

/*
 * The value of the last parameter of this name, with quotes removed as lib/cmdline.c does it; ""
 * for a parameter without value. '-' and '_' are the same in names. Returns 1 when found, 0 when
 * not (then *ret_value is untouched), -ENOMEM.
 */
int kernel_command_line_get(const char *command_line, const char *name, char **ret_value);

/*
 * The configuration text of a kernel: /boot/config-RELEASE, or the module directory's "config".
 * *ret_path says where it was found. -ENOENT, -EINVAL for an impossible release.
 */
int kernel_read_config_file(int root_fd, const char *release, char **ret_text, size_t *ret_size,
                char **ret_path);

/* The same, and for the running kernel also /proc/config.gz. -EBADMSG when that is damaged. */
int kernel_read_config(int root_fd, const char *release, char **ret_text, size_t *ret_size,
                char **ret_path);
