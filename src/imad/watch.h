/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches directories, also ones that do not exist yet: of those the nearest existing parent is
 * watched for the missing name. A burst of changes is one call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#define WATCH_DIRECTORIES_MAX 8

typedef void WatchChanged(void *userdata);

typedef struct WatchEntry {
        struct Watch *watch;
        const char *directory;   /* absolute, below the root */
        sd_event_source *source; /* NULL: nothing of the path exists */
        char *missing; /* name that is waited for; NULL: the directory itself is watched */
} WatchEntry;

typedef struct Watch {
        sd_event *event;
        int root_fd;
        WatchEntry entries[WATCH_DIRECTORIES_MAX];
        size_t count;
        sd_event_source *timer;
        WatchChanged *changed;
        void *userdata;
} Watch;

/* directories is NULL-terminated, static, at most WATCH_DIRECTORIES_MAX. Borrows root_fd. */
int watch_start(Watch *watch, sd_event *event, int root_fd, const char *const *directories,
                WatchChanged *changed, void *userdata);

void watch_done(Watch *watch);
