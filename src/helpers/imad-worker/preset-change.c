/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preset-enable and preset-disable */
#include "base/fs.h"
#include "helpers/imad-worker/presets.h"
#include "system/fragments.h"

/* What a verb finds, and how it changes that. */
typedef struct PresetChange {
        PresetState from;
        int (*change)(int dir_fd, const char *target, const char *name);
        const char *obstructed; /* said of the link */
        const char *hint;
} PresetChange;

static int make_link(int dir_fd, const char *target, const char *name)
{
        return symlinkat(target, dir_fd, name) < 0 ? -errno : 0;
}

static int remove_link(int dir_fd, const char *target, const char *name)
{
        return unlinkat(dir_fd, name, 0) < 0 ? -errno : 0;
}

static int change_link(
                Worker *worker, const PresetChange *change, const char *target, const char *link)
{
        _cleanup_close_ int dir_fd = -EBADF;
        const char *name;
        int r = fs_make_directories(worker->root_fd, FRAGMENT_ADMIN_DIRECTORY, 0755);

        if (r < 0)
                return r;
        dir_fd = fs_open_parent(worker->root_fd, link, &name);
        if (dir_fd < 0)
                return dir_fd;
        r = change->change(dir_fd, target, name);
        if (r < 0)
                return r;
        return fsync(dir_fd) < 0 ? -errno : 0;
}

static ExitCode run_change(Worker *worker, const PresetChange *change)
{
        _cleanup_free_ char *name = NULL, *target = NULL, *link = NULL;
        PresetState state;
        int r = presets_find_argument(worker, &name);

        if (r >= 0)
                r = presets_get_paths(name, &target, &link);
        if (r >= 0)
                r = presets_get_state(worker, link, target, &state);
        if (r >= 0 && state == PRESET_STATE_OBSTRUCTED)
                return worker_fail(worker, EXIT_CODE_FAILURE, change->hint, "%s %s", link,
                                change->obstructed);
        if (r >= 0 && state == change->from)
                r = change_link(worker, change, target, link);
        if (r >= 0)
                r = presets_report(worker, name, target, link, state == change->from);
        if (r < 0)
                return worker_fail_errno(worker, r, link ? link : FRAGMENT_ADMIN_DIRECTORY);
        return EXIT_CODE_OK;
}

ExitCode verb_preset_enable(Worker *worker)
{
        static const PresetChange enable = {
                .from = PRESET_STATE_DISABLED,
                .change = make_link,
                .obstructed = "exists and is no link to the preset",
                .hint = "remove or rename it, then enable the preset again",
        };

        return run_change(worker, &enable);
}

ExitCode verb_preset_disable(Worker *worker)
{
        static const PresetChange disable = {
                .from = PRESET_STATE_ENABLED,
                .change = remove_link,
                .obstructed = "is no link to the preset and is left alone",
                .hint = "remove it by hand if it is not wanted",
        };

        return run_change(worker, &disable);
}
