/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/limits.h"

#include "bus/names.h"

static const struct {
        unsigned per_uid;
        unsigned total;
        const char *what;
} limits[LIMIT_MAX] = {
        [LIMIT_JOBS] = {4,  16, "running jobs"                                 },
        [LIMIT_AUTHORIZATIONS] = { 8, 64, "pending authorisations"                       },
        [LIMIT_VERIFICATIONS] = { 4, 16, "pending verifications"                        },
        [LIMIT_ENTRIES] = { 2, 8,  "pages of the measurement list in preparation" },
        [LIMIT_SNAPSHOTS] = { 1, 2,  "copies of the measurement list in preparation"},
};

int limit_check(Limit limit, unsigned of_uid, unsigned total, sd_bus_error *reterr_error)
{
        if (of_uid >= limits[limit].per_uid)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_LIMIT_EXCEEDED,
                                "at most %u %s for one user; wait until one has ended",
                                limits[limit].per_uid, limits[limit].what);
        if (total >= limits[limit].total)
                return sd_bus_error_setf(reterr_error, BUS_ERROR_LIMIT_EXCEEDED,
                                "at most %u %s for all users; wait until one has ended",
                                limits[limit].total, limits[limit].what);
        return 0;
}

unsigned limit_get_per_uid(Limit limit)
{
        return limits[limit].per_uid;
}
