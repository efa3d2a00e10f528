/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/usr-merge.h"

#include <errno.h>
#include <stdio.h>

#include "base/fs.h"

void usr_merge_done(UsrMerge *merge)
{
        string_list_done(&merge->names);
        string_list_done(&merge->targets);
}

int usr_merge_load(int root_fd, UsrMerge *ret_merge)
{
        static const char *const names[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64",
                "/libx32" };
        _cleanup_usr_merge_ UsrMerge merge = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *target = NULL, *path = NULL;

                if (fs_read_link(root_fd, names[i], &target) < 0)
                        continue;
                if (asprintf(&path, "%s%s", target[0] == '/' ? "" : "/", target) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (string_list_add(&merge.names, names[i]) < 0 ||
                                string_list_add(&merge.targets, path) < 0)
                        return -ENOMEM;
        }
        *ret_merge = TAKE_STRUCT(merge);
        return 0;
}

char *usr_merge_resolve(const UsrMerge *merge, const char *path)
{
        for (size_t i = 0; i < merge->names.count; i++) {
                const char *rest = string_after(path, merge->names.items[i]);
                char *real;

                if (!rest || *rest != '/')
                        continue;
                return asprintf(&real, "%s%s", merge->targets.items[i], rest) < 0 ? NULL : real;
        }
        return strdup(path);
}
