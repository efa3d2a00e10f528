/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package-place.h"

#include <errno.h>
#include <stdio.h>

#include "base/fs.h"
#include "core/manifest/manifest.h"
#include "system/package.h"

int package_place_load(int root_fd, const Dpkg *dpkg, PackagePlace *ret_place)
{
        *ret_place = (PackagePlace){ .root_fd = root_fd, .dpkg = dpkg };
        return usr_merge_load(root_fd, &ret_place->merge);
}

void package_place_done(PackagePlace *place)
{
        usr_merge_done(&place->merge);
}

int package_place_find_control(int root_fd, const char *directory, const char *package,
                const char *architecture, const char *member, char **ret_path)
{
        _cleanup_free_ char *qualified = NULL;
        char *plain;

        if (asprintf(&qualified, "%s" PACKAGE_DIRECTORY "/%s:%s.%s", directory, package,
                            architecture, member) < 0) {
                qualified = NULL;
                return -ENOMEM;
        }
        if (fs_exists(root_fd, qualified)) {
                *ret_path = TAKE_PTR(qualified);
                return 0;
        }
        if (asprintf(&plain, "%s" PACKAGE_DIRECTORY "/%s.%s", directory, package, member) < 0)
                return -ENOMEM;
        *ret_path = plain;
        return 0;
}

int package_place_find(const PackagePlace *place, const char *package, const char *architecture,
                const char *path, char **ret_path)
{
        const char *control = string_after(path, MANIFEST_CONTROL_PREFIX);

        if (control)
                return package_place_find_control(
                                place->root_fd, "", package, architecture, control, ret_path);
        *ret_path = usr_merge_resolve(&place->merge, dpkg_divert(place->dpkg, package, path));
        return *ret_path ? 0 : -ENOMEM;
}
