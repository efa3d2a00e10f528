/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/pace.h"

void pace_look(Pace *pace, bool moved)
{
        if (moved || pace->usec == 0)
                *pace = (Pace){ .usec = PACE_MIN_USEC };
        else
                pace->usec = pace->usec * 2 < PACE_MAX_USEC ? pace->usec * 2 : PACE_MAX_USEC;
}

usec_t pace_get_wait(Pace *pace, bool settled)
{
        if (settled)
                pace->unsettled = 0;
        else if (pace->unsettled < PACE_UNSETTLED_MAX) {
                pace->unsettled++;
                return PACE_UNSETTLED_USEC;
        }
        return pace->usec > 0 ? pace->usec : PACE_MIN_USEC;
}
