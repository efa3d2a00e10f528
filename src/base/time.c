/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"

#include <stdio.h>

usec_t time_now(clockid_t clock)
{
        struct timespec ts;

        if (clock_gettime(clock, &ts) < 0)
                return 0;
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

const char *time_format_rfc3339(usec_t usec, char buffer[static TIME_RFC3339_MAX])
{
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm = { 0 };
        char date[20];

        (void) gmtime_r(&seconds, &tm);
        if (strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
                date[0] = '\0';
        (void) snprintf(buffer, TIME_RFC3339_MAX, "%s.%06uZ", date,
                        (unsigned) (usec % USEC_PER_SEC));
        return buffer;
}
