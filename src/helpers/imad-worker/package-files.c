/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files a package owns: {"files": [path…]}. */
#include "helpers/imad-worker/package-files.h"

#include "base/utf8.h"
#include "system/package.h"

ExitCode package_find_files(Worker *worker, const char *package, StringList *files)
{
        int r = package_list_files(worker->root_fd, package, files);

        if (r == -EINVAL)
                return worker_fail(worker, EXIT_CODE_USAGE, "as dpkg-query --list shows it",
                                "'%s' cannot be the name of a package", package);
        if (r == -ENOENT)
                return worker_fail(worker, EXIT_CODE_NOT_FOUND,
                                "dpkg-query --list shows which packages there are",
                                "no package %s is installed", package);
        return r < 0 ? worker_fail_errno(worker, r, PACKAGE_DIRECTORY) : EXIT_CODE_OK;
}

ExitCode verb_package_files(Worker *worker)
{
        _cleanup_strings_ StringList paths = { 0 };
        json_t *files = json_array();
        ExitCode code = package_find_files(worker, worker->words[0], &paths);

        if (code != EXIT_CODE_OK) {
                json_decref(files);
                return code;
        }
        if (worker_set(worker, "files", files) < 0)
                return worker_fail_errno(worker, -ENOMEM, PACKAGE_DIRECTORY);
        for (size_t i = 0; i < paths.count; i++)
                if (utf8_is_valid(paths.items[i], strlen(paths.items[i])) &&
                                json_array_append_new(files, json_string(paths.items[i])) < 0)
                        return worker_fail_errno(worker, -ENOMEM, PACKAGE_DIRECTORY);
        return EXIT_CODE_OK;
}
