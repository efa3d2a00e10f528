/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

usec_t time_now(clockid_t clock)
{
        struct timespec ts;

        if (clock_gettime(clock, &ts) < 0)
                return 0;
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

#define SPAN_MAX (USEC_PER_SEC * 3600 * 24 * 365 * 100)

static const struct {
        const char *name;
        usec_t usec;
} units[] = {
        {"",      USEC_PER_SEC        },
        { "us",   1                   },
        { "ms",   1000                },
        { "s",    USEC_PER_SEC        },
        { "sec",  USEC_PER_SEC        },
        { "m",    60 * USEC_PER_SEC   },
        { "min",  60 * USEC_PER_SEC   },
        { "h",    3600 * USEC_PER_SEC },
        { "hour", 3600 * USEC_PER_SEC },
        { "d",    86400 * USEC_PER_SEC},
        { "day",  86400 * USEC_PER_SEC},
};

static usec_t find_unit(const char *name, size_t length)
{
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strlen(units[i].name) == length && strncmp(units[i].name, name, length) == 0)
                        return units[i].usec;
        return 0;
}

int time_parse_span(const char *text, usec_t *ret_usec)
{
        usec_t span = 0;

        text += strspn(text, " ");
        if (*text == '\0')
                return -EINVAL;
        while (*text) {
                size_t digits = strspn(text, "0123456789"), length;
                usec_t number = 0, unit;

                for (size_t i = 0; i < digits; i++)
                        number = number > SPAN_MAX ? number
                                                   : number * 10 + (usec_t) (text[i] - '0');
                text += digits;
                length = strcspn(text, " 0123456789");
                unit = find_unit(text, length);
                if (digits == 0 || unit == 0)
                        return -EINVAL;
                if (number > (SPAN_MAX - span) / unit)
                        return -ERANGE;
                span += number * unit;
                text += length;
                text += strspn(text, " ");
        }
        *ret_usec = span;
        return 0;
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
