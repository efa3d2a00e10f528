/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points in time as people write them. */
#pragma once

#include "base/time.h"

/*
 * "YYYY-MM-DD", "YYYY-MM-DD HH:MM" and "YYYY-MM-DD HH:MM:SS" in local time, with T for the blank
 * and Z at the end in UTC; "-N" with s, min, h or d: so long before now; "@SECONDS" since the
 * epoch. -EINVAL for anything else.
 */
int since_parse(const char *text, usec_t now, usec_t *ret_usec);
