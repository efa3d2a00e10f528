/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What dpkg says about installed files: /var/lib/dpkg/info/PACKAGE.list or PACKAGE:ARCH.list
 * (dpkg-query(1), --listfiles).
 */
#pragma once

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
