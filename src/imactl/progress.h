/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line on stderr that says how far a job is; nothing where stderr is no terminal. */
#pragma once

#include "imactl/arguments.h"

typedef struct Progress {
        bool shown;   /* stderr is a terminal and wants it */
        bool visible; /* there is a line to be removed */
} Progress;

Progress progress_new(const Arguments *args);

/* fraction from 0 to 1; negative when unknown. text may be NULL. */
void progress_update(Progress *progress, double fraction, const char *text);

/* Removes the line. */
void progress_done(Progress *progress);
