/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "helpers/imad-worker/presets.h"
#include "system/fragments.h"

static int remove_link(Worker *worker, const char *link)
{
        const char *name;
        _cleanup_close_ int dir_fd = fs_open_parent(worker->root_fd, link, &name);

        if (dir_fd < 0)
                return dir_fd;
        if (unlinkat(dir_fd, name, 0) < 0)
                return -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}

ExitCode verb_preset_disable(Worker *worker)
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
                                "remove it by hand if it is not wanted",
                                "%s is no link to the preset and is left alone", link);
        if (r >= 0 && state == PRESET_STATE_ENABLED)
                r = remove_link(worker, link);
        if (r >= 0)
                r = presets_report(worker, name, target, link, state == PRESET_STATE_ENABLED);
        if (r < 0)
                return worker_fail_errno(worker, r, link ? link : FRAGMENT_ADMIN_DIRECTORY);
        return EXIT_CODE_OK;
}
