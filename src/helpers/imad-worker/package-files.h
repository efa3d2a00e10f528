/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a package, for the verbs that are about them. */
#pragma once

#include "helpers/imad-worker/worker.h"

/* Appends the paths of package_list_files() to *files; fails the run when there are none. */
ExitCode package_find_files(Worker *worker, const char *package, StringList *files);
