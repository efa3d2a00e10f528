/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What apt tells a hook of DPkg::Pre-Install-Pkgs, in version 3 of its protocol (apt.conf(5)). */
#pragma once

#include "base/strings.h"

/*
 * The archives that come, as they are named. The text is that of the whole input: "VERSION 3",
 * lines of configuration, an empty line, and for each package name, versions and architectures, and
 * last the archive, or "**CONFIGURE**", "**REMOVE**". -EBADMSG for another version, -ENOMEM.
 */
int apt_input_parse(const char *text, StringList *ret_archives);
