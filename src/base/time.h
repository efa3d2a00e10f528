/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times are microseconds since the epoch (usec_t) and, for people, RFC 3339 in UTC. */
#pragma once

#include <stdint.h>
#include <time.h>

typedef uint64_t usec_t;

#define USEC_PER_SEC ((usec_t) 1000000)
#define TIME_RFC3339_MAX sizeof("2026-01-01T00:00:00.000000Z+")

usec_t time_now(clockid_t clock);

/* Writes "2026-01-01T00:00:00.000000Z"; returns buffer. */
const char *time_format_rfc3339(usec_t usec, char buffer[static TIME_RFC3339_MAX]);
