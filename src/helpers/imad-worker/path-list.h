/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of paths in a file or on standard input: each ends with a NUL when there is one in the
 * first 64 KiB, else with a newline. Read as they come, so that they may be of any length.
 */
#pragma once

#include "helpers/imad-worker/worker.h"

/* A negative result ends the reading. */
typedef int PathListVisitor(void *userdata, const char *path);

/*
 * Calls visit with each path of the file, "-" being standard input; empty ones are left out. The
 * visitor's result, -EBADMSG for a path above 64 KiB, or that of reading.
 */
int path_list_read(const Worker *worker, const char *name, PathListVisitor *visit, void *userdata);
