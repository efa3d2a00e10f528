/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels said to lines of policy, kept as tables with C escapes (tests/data/kernel-verdicts).
 */
#pragma once

#include "fixture-escape.h"
#include "fixture-policy.h"

/* Calls back for each row that is no comment; the row may be changed. */
static inline void fixture_for_each_row(
                const char *name, void (*call)(char *row, void *userdata), void *userdata)
{
        _cleanup_free_ char *path = fixture_path(
                                            "%s/kernel-verdicts/%s", getenv("TEST_DATA"), name),
                            *text = NULL;
        size_t size;
        char *state;

        text = fixture_read(path, &size);
        for (char *row = strtok_r(text, "\n", &state); row; row = strtok_r(NULL, "\n", &state))
                if (row[0] != '#')
                        call(row, userdata);
}
