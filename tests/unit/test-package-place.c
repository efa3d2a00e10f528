/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/manifest/manifest.h"
#include "fixture-root.h"
#include "system/package-place.h"
#include "system/package.h"

static void expect_place(const FixtureRoot *root, const char *path, const char *expected)
{
        _cleanup_package_place_ PackagePlace place = { 0 };
        _cleanup_dpkg_ Dpkg dpkg = { 0 };
        _cleanup_free_ char *found = NULL;

        fixture_root_write(root, DPKG_STATUS, "");
        cr_assert_eq(dpkg_load(root->fd, &dpkg), 0);
        cr_assert_eq(package_place_load(root->fd, &dpkg, &place), 0);
        cr_assert_eq(package_place_find(&place, "hello", "amd64", path, &found), 0);
        cr_expect_str_eq(found, expected);
}

Test(package_place, a_link_in_the_root_is_followed)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_link(&root, "usr/bin", "/bin");
        expect_place(&root, "/bin/hello", "/usr/bin/hello");
        expect_place(&root, "/etc/hello", "/etc/hello");
}

Test(package_place, a_diversion_is_for_other_packages)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, DPKG_DIVERSIONS,
                        "/usr/a\n/usr/a.other\ndash\n"
                        "/usr/b\n/usr/b.other\nhello\n");
        expect_place(&root, "/usr/a", "/usr/a.other");
        expect_place(&root, "/usr/b", "/usr/b");
}

Test(package_place, a_script_has_its_architecture_in_the_name_where_dpkg_put_it_there)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, PACKAGE_DIRECTORY "/hello:amd64.postinst", "");
        expect_place(&root, MANIFEST_CONTROL_PREFIX "postinst",
                        PACKAGE_DIRECTORY "/hello:amd64.postinst");
        expect_place(&root, MANIFEST_CONTROL_PREFIX "prerm", PACKAGE_DIRECTORY "/hello.prerm");
}

Test(package_place, a_script_may_be_below_a_directory)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_free_ char *found = NULL;

        fixture_root_write(&root, "/image" PACKAGE_DIRECTORY "/hello:all.postinst", "");
        cr_assert_eq(package_place_find_control(
                                     root.fd, "/image", "hello", "all", "postinst", &found),
                        0);
        cr_expect_str_eq(found, "/image" PACKAGE_DIRECTORY "/hello:all.postinst");
}
