/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line, read as lib/cmdline.c and kernel/params.c do it. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

/*
 * Takes the next parameter off *rest, with quotes removed; both texts are malloc()ed, the value is
 * "" when there is none. 1, 0 at the end, -ENOMEM.
 */
int command_line_next(const char **rest, char **ret_name, char **ret_value);

/* '-' and '_' are the same in names. */
bool command_line_name_equal(const char *a, const char *b);
