/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files a package owns: {"files": [path…]}. */
#include "base/utf8.h"
#include "helpers/imad-worker/worker.h"
#include "system/package.h"

static ExitCode fail(Worker *worker, int error)
{
        const char *package = worker->words[0];

        if (error == -EINVAL)
                return worker_fail(worker, EXIT_CODE_USAGE, "as dpkg-query --list shows it",
                                "'%s' cannot be the name of a package", package);
        if (error == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "dpkg-query --list shows which packages there are",
                                "no package %s is installed", package);
        return worker_fail_errno(worker, error, PACKAGE_DIRECTORY);
}

ExitCode verb_package_files(Worker *worker)
{
        _cleanup_strings_ StringList paths = { 0 };
        json_t *files = json_array();
        int r = package_list_files(worker->root_fd, worker->words[0], &paths);

        if (worker_set(worker, "files", files) < 0)
                return worker_fail_errno(worker, -ENOMEM, PACKAGE_DIRECTORY);
        for (size_t i = 0; r >= 0 && i < paths.count; i++)
                if (utf8_is_valid(paths.items[i], strlen(paths.items[i])) &&
                                json_array_append_new(files, json_string(paths.items[i])) < 0)
                        r = -ENOMEM;
        return r < 0 ? fail(worker, r) : EXIT_CODE_OK;
}
