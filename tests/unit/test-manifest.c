/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/manifest/manifest.h"

static int add(Manifest *manifest, const char *path, const char *package, uint64_t size)
{
        return manifest_add(manifest,
                        &(ManifestEntry){ .path = path, .package = package, .size = size });
}

Test(manifest, paths_are_normalised_below_the_root)
{
        static const char *const cases[][2] = {
                {"./usr//bin/x", "/usr/bin/x"},
                { "usr/./x/",    "/usr/x"    },
                { ".",           "/"         },
                { "./",          "/"         },
                { "...",         "/..."      },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *path = NULL;

                cr_assert_eq(manifest_path_normalise(cases[i][0], &path), 0);
                cr_expect_str_eq(path, cases[i][1]);
        }
}

Test(manifest, paths_that_lead_elsewhere_are_refused)
{
        static const char *const cases[] = { "", "/", "/usr", "..", "usr/..", "usr/../x" };
        char *path;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(manifest_path_normalise(cases[i], &path), -EBADMSG, "%s", cases[i]);
}

Test(manifest, only_normal_paths_are_added)
{
        static const char *const cases[] = { "usr", "/", "/usr/", "//usr", "/a/../b",
                "control:", "control:a/b" };
        _cleanup_manifest_ Manifest manifest = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                cr_expect_eq(add(&manifest, cases[i], NULL, 0), -EINVAL, "%s", cases[i]);
        cr_expect_eq(manifest.count, 0);
}

Test(manifest, the_last_of_entries_with_one_path_stays)
{
        _cleanup_manifest_ Manifest manifest = { 0 };

        cr_assert_eq(add(&manifest, "/b", "p", 1), 0);
        cr_assert_eq(add(&manifest, "/a", "p", 2), 0);
        cr_assert_eq(add(&manifest, "/b", "q", 3), 0);
        manifest_sort(&manifest);
        cr_assert_eq(manifest.count, 2);
        cr_expect_str_eq(manifest.entries[0].path, "/a");
        cr_expect_eq(manifest_find(&manifest, "/b")->size, 3);
        cr_expect_null(manifest_find(&manifest, "/c"));
}

Test(manifest, each_package_has_its_own_control_members)
{
        _cleanup_manifest_ Manifest manifest = { 0 };

        cr_assert_eq(add(&manifest, "control:postinst", "b", 1), 0);
        cr_assert_eq(add(&manifest, "control:postinst", "a", 2), 0);
        manifest_sort(&manifest);
        cr_assert_eq(manifest.count, 2);
        cr_expect_str_eq(manifest.entries[0].package, "a");
}
