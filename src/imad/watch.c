/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/watch.h"

#include <errno.h>
#include <sys/inotify.h>

#include "base/fs.h"
#include "base/strings.h"
#include "base/time.h"

#define SETTLE_USEC (300 * (USEC_PER_SEC / 1000))

#define CONTENT_EVENTS                                                                             \
        (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |        \
                        IN_DELETE_SELF | IN_MOVE_SELF)
#define ARRIVAL_EVENTS (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

static void entry_clear(WatchEntry *entry)
{
        entry->source = sd_event_source_disable_unref(entry->source);
        free(entry->missing);
        entry->missing = NULL;
}

static int on_event(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
        WatchEntry *entry = userdata;
        const Watch *watch = entry->watch;
        int r;

        /* In a parent only the name that is waited for counts; "/etc" changes for many reasons. */
        if (entry->missing && event->len > 0 && !string_equal(event->name, entry->missing))
                return 0;
        r = sd_event_source_set_time_relative(watch->timer, SETTLE_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

/* Opens the directory or its nearest parent; *ret_missing is the first name that does not exist. */
static int open_nearest(int root_fd, const char *directory, char **ret_missing)
{
        _cleanup_free_ char *path = strdup(directory), *missing = NULL;

        if (!path)
                return -ENOMEM;
        for (;;) {
                int fd = fs_open(root_fd, *path ? path : "/", O_PATH | O_DIRECTORY, 0);
                char *slash;

                if (fd >= 0) {
                        *ret_missing = TAKE_PTR(missing);
                        return fd;
                }
                slash = strrchr(path, '/');
                if ((fd != -ENOENT && fd != -ENOTDIR) || !slash)
                        return fd;
                free(missing);
                missing = strdup(slash + 1);
                if (!missing)
                        return -ENOMEM;
                *slash = '\0';
        }
}

static int entry_renew(WatchEntry *entry)
{
        const Watch *watch = entry->watch;
        _cleanup_close_ int fd = -EBADF;

        entry_clear(entry);
        fd = open_nearest(watch->root_fd, entry->directory, &entry->missing);
        if (fd < 0)
                return fd;
        return sd_event_add_inotify_fd(watch->event, &entry->source, fd,
                        entry->missing ? ARRIVAL_EVENTS : CONTENT_EVENTS, on_event, entry);
}

/* Watches are renewed each time: a directory may have come, gone or been replaced. */
static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
        Watch *watch = userdata;

        for (size_t i = 0; i < watch->count; i++)
                (void) entry_renew(&watch->entries[i]);
        watch->changed(watch->userdata);
        return 0;
}

int watch_start(Watch *watch, sd_event *event, int root_fd, const char *const *directories,
                WatchChanged *changed, void *userdata)
{
        int r;

        watch->event = event;
        watch->root_fd = root_fd;
        watch->changed = changed;
        watch->userdata = userdata;
        r = sd_event_add_time_relative(
                        event, &watch->timer, CLOCK_MONOTONIC, 0, 0, on_settled, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        for (size_t i = 0; r >= 0 && directories[i]; i++) {
                watch->entries[i] = (WatchEntry){ .watch = watch, .directory = directories[i] };
                watch->count++;
                r = entry_renew(&watch->entries[i]);
        }
        return r;
}

void watch_done(Watch *watch)
{
        for (size_t i = 0; i < watch->count; i++)
                entry_clear(&watch->entries[i]);
        watch->timer = sd_event_source_disable_unref(watch->timer);
        watch->count = 0;
}
