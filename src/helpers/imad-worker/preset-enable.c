/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "helpers/imad-worker/presets.h"
#include "system/fragments.h"

static int make_link(Worker *worker, const char *target, const char *link)
{
        _cleanup_close_ int dir_fd = -EBADF;
        const char *name;
        int r = fs_make_directories(worker->root_fd, FRAGMENT_ADMIN_DIRECTORY, 0755);

        if (r < 0)
                return r;
        dir_fd = fs_open_parent(worker->root_fd, link, &name);
        if (dir_fd < 0)
                return dir_fd;
        if (symlinkat(target, dir_fd, name) < 0)
                return -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}

ExitCode verb_preset_enable(Worker *worker)
{
        _cleanup_free_ char *name = NULL, *target = NULL, *link = NULL;
        PresetState state;
        int r = presets_find_argument(worker, &name);

        if (r >= 0)
                r = presets_get_paths(name, &target, &link);
        if (r >= 0)
                r = presets_get_state(worker, link, target, &state);
        if (r >= 0 && state == PRESET_STATE_OBSTRUCTED)
                return worker_fail(worker, EXIT_CODE_FAILURE,
                                "remove or rename it, then enable the preset again",
                                "%s exists and is no link to the preset", link);
        if (r >= 0 && state == PRESET_STATE_DISABLED)
                r = make_link(worker, target, link);
        if (r >= 0)
                r = presets_report(worker, name, target, link, state == PRESET_STATE_DISABLED);
        if (r < 0)
                return worker_fail_errno(worker, r, link ? link : FRAGMENT_ADMIN_DIRECTORY);
        return EXIT_CODE_OK;
}
