/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imactl/since.h"

#include <ctype.h>
#include <errno.h>

#include "base/strings.h"

#define SECONDS_MAX (UINT64_MAX / USEC_PER_SEC)

static int parse_distance(const char *text, usec_t now, usec_t *ret_usec)
{
        static const struct {
                const char *name;
                uint64_t seconds;
        } units[] = {
                {"s",    1    },
                { "min", 60   },
                { "h",   3600 },
                { "d",   86400}
        };
        size_t digits = strspn(text, "0123456789");
        _cleanup_free_ char *number = strndup(text, digits);
        uint64_t value;

        if (!number)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                if (!string_equal(text + digits, units[i].name))
                        continue;
                if (parse_u64(number, SECONDS_MAX / units[i].seconds, &value) < 0)
                        return -EINVAL;
                value *= units[i].seconds * USEC_PER_SEC;
                *ret_usec = value < now ? now - value : 0;
                return 0;
        }
        return -EINVAL;
}

static int parse_date(const char *text, usec_t *ret_usec)
{
        static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
                "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };

        for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
                struct tm tm = { .tm_isdst = -1 };
                const char *end = strptime(text, formats[i], &tm);
                bool utc = end && string_equal(end, "Z");
                time_t seconds;

                if (!end || (*end && !utc))
                        continue;
                seconds = utc ? timegm(&tm) : mktime(&tm);
                if (seconds < 0)
                        return -EINVAL;
                *ret_usec = (usec_t) seconds * USEC_PER_SEC;
                return 0;
        }
        return -EINVAL;
}

int since_parse(const char *text, usec_t now, usec_t *ret_usec)
{
        uint64_t seconds;

        if (text[0] == '-')
                return parse_distance(text + 1, now, ret_usec);
        if (text[0] != '@')
                return isdigit((unsigned char) text[0]) ? parse_date(text, ret_usec) : -EINVAL;
        if (parse_u64(text + 1, SECONDS_MAX, &seconds) < 0)
                return -EINVAL;
        *ret_usec = seconds * USEC_PER_SEC;
        return 0;
}
