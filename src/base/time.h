/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times are microseconds since the epoch (usec_t) and, for people, RFC 3339 in UTC. */
#pragma once

#include <stdint.h>
#include <time.h>

typedef uint64_t usec_t;

#define USEC_PER_SEC ((usec_t) 1000000)
#define TIME_RFC3339_MAX sizeof("2026-01-01T00:00:00.000000Z+")

usec_t time_now(clockid_t clock);

/*
 * A span of time as systemd.time(7) writes it: "90", "10min", "1h 30min"; a number alone is
 * seconds. -EINVAL when it is none, -ERANGE above a century.
 */
int time_parse_span(const char *text, usec_t *ret_usec);

/* Writes "2026-01-01T00:00:00.000000Z"; returns buffer. */
const char *time_format_rfc3339(usec_t usec, char buffer[static TIME_RFC3339_MAX]);
