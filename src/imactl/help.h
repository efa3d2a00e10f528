/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --help, help and version, all made of the tables. */
#pragma once

#include "base/exit-code.h"
#include "imactl/arguments.h"

/* Help for args->verb when it was named, for the group in args->words, else for everything. */
ExitCode help_show(const Arguments *args);
