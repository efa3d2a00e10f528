/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices packages that were installed behind imad's back: when dpkg's database was left alone for
 * a while after a change, and every hour.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/strings.h"
#include "imad/watch.h"

typedef struct Manager Manager;

typedef struct Unrecorded {
        Watch watch;
        sd_event_source *timer;
        StringList packages; /* as of the last look */
} Unrecorded;

/* Looks once, and goes on looking. */
int unrecorded_start(Manager *manager);
void unrecorded_done(Unrecorded *unrecorded);
