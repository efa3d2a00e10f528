/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fs.h"
#include "system/kernel.h"

int kernel_read_config_file(int root_fd, const char *release, char **ret_text, size_t *ret_size,
                char **ret_path)
{
        static const struct {
                const char *before;
                const char *after;
        } places[] = {
                {"/boot/config-",      ""       },
                { "/lib/modules/",     "/config"},
                { "/usr/lib/modules/", "/config"},
        };

        if (!kernel_release_is_valid(release))
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s%s%s", places[i].before, release, places[i].after) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = fs_read_file(root_fd, path, KERNEL_CONFIG_MAX, ret_text, ret_size);
                if (r >= 0) {
                        *ret_path = TAKE_PTR(path);
                        return 0;
                }
        }
        return -ENOENT;
}
