/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that reboots the machine when a boot is not blessed in time. It is forked before the
 * policy file is opened, holds no descriptor, is locked in memory, and needs neither exec nor a new
 * mapping, so that no policy can keep it from its work. systemd spares processes whose argv[0]
 * begins with '@' when it kills what is left of a boot.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/time.h"

#define GUARDIAN_PATH "/run/imad/guardian.json"

typedef struct GuardianPlan {
        uint64_t generation;
        usec_t boot_usec;     /* from now on; then it reboots */
        usec_t confirm_usec;  /* from guardian_extend() on */
        char *argv0;          /* of this process; overwritten in the guardian. NULL: left alone */
        void (*expire)(void); /* NULL: sync and reboot */
} GuardianPlan;

typedef struct Guardian {
        pid_t pid;
        uint64_t start_ticks; /* tells it from another process with its number */
        usec_t deadline_usec; /* CLOCK_REALTIME */
        usec_t confirm_usec;
        bool panic; /* kernel.panic was 0 and was set */
} Guardian;

/*
 * Starts it, waits until it is ready, records it in GUARDIAN_PATH and lets a panic reboot. One that
 * runs already is left alone. Negative errno when there is none then.
 */
int guardian_start(int root_fd, const GuardianPlan *plan);

/* -ENOENT when this boot has none. */
int guardian_load(int root_fd, Guardian *ret_guardian);

/* The time for a confirmation begins; it reboots at its end. -ESRCH when it is gone. */
int guardian_extend(int root_fd);

/* It ends without a reboot. -ESRCH when it is gone. */
int guardian_stop(int root_fd);

/* Its time is over at once. -ESRCH when it is gone. */
int guardian_expire(int root_fd);

/* kernel.panic is again as it was found; nothing to do is fine. */
int guardian_restore_panic(int root_fd);
