/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "base/utf8.h"
#include "helpers/imad-worker/presets.h"
#include "system/fragments.h"

ExitCode verb_preset_cat(Worker *worker)
{
        _cleanup_free_ char *name = NULL, *path = NULL, *link = NULL, *text = NULL;
        size_t size;
        int r = presets_find_argument(worker, &name);

        if (r >= 0)
                r = presets_get_paths(name, &path, &link);
        if (r >= 0)
                r = fs_read_file(worker->root_fd, path, FRAGMENT_SIZE_MAX, &text, &size);
        if (r >= 0 && (strlen(text) < size || !utf8_is_valid(text, size)))
                return worker_fail(worker, EXIT_CODE_INVALID_INPUT, "install imad's package again",
                                "%s is not UTF-8 text", path);
        if (r >= 0)
                r = worker_set(worker, "name", json_string(name));
        if (r >= 0)
                r = worker_set(worker, "path", json_string(path));
        if (r >= 0)
                r = worker_set(worker, "text", json_string(text));
        if (r < 0)
                return worker_fail_errno(worker, r, path ? path : "cannot show the preset");
        return EXIT_CODE_OK;
}
