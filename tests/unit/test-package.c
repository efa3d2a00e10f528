/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "fixture-root.h"
#include "system/package.h"

static FixtureRoot make_database(void)
{
        FixtureRoot root = fixture_root_new();

        fixture_root_write(&root, PACKAGE_DIRECTORY "/bash.list",
                        "/.\n/bin\n/bin/bash\n/usr/share/bin/x\n/binary\n");
        fixture_root_write(&root, PACKAGE_DIRECTORY "/libc6:amd64.list", "/lib64/libc.so.6\n");
        fixture_root_write(&root, PACKAGE_DIRECTORY "/libc6:i386.list", "/lib/libc.so.6\n");
        fixture_root_write(&root, PACKAGE_DIRECTORY "/libc6-dev:amd64.list", "/usr/include/a.h\n");
        fixture_root_write(&root, PACKAGE_DIRECTORY "/bash.md5sums", "");
        cr_assert_eq(symlinkat("usr/bin", root.fd, "bin"), 0);
        cr_assert_eq(symlinkat("/usr/lib64", root.fd, "lib64"), 0);
        return root;
}

static void expect_files(const FixtureRoot *root, const char *package, const char *expected)
{
        _cleanup_strings_ StringList files = { 0 };
        char text[256] = "";

        cr_assert_eq(package_list_files(root->fd, package, &files), 0, "%s", package);
        for (size_t i = 0; i < files.count; i++) {
                strcat(text, files.items[i]);
                strcat(text, " ");
        }
        cr_expect_str_eq(text, expected);
}

Test(package, files_are_named_through_merged_directories)
{
        _cleanup_root_ FixtureRoot root = make_database();

        expect_files(&root, "bash", "/. /bin /usr/bin/bash /usr/share/bin/x /binary ");
}

Test(package, a_name_without_architecture_means_all)
{
        _cleanup_root_ FixtureRoot root = make_database();

        expect_files(&root, "libc6", "/usr/lib64/libc.so.6 /lib/libc.so.6 ");
        expect_files(&root, "libc6:i386", "/lib/libc.so.6 ");
}

Test(package, names_that_are_none_and_packages_that_are_not_there)
{
        _cleanup_root_ FixtureRoot root = make_database();
        static const char *const wrong[] = { "", "-x", "../info/bash", "a/b", "a b", ".." };
        _cleanup_strings_ StringList files = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_expect_eq(package_list_files(root.fd, wrong[i], &files), -EINVAL);
        cr_expect_eq(package_list_files(root.fd, "libc", &files), -ENOENT);
        cr_expect_eq(package_list_files(root.fd, "bash.md5sums", &files), -ENOENT);
        cr_expect_eq(files.count, 0);
}

Test(package, the_index_knows_the_owner_of_each_file)
{
        _cleanup_root_ FixtureRoot root = make_database();
        _cleanup_package_index_ PackageIndex index = { 0 };
        static const struct {
                const char *path, *package;
        } cases[] = {
                {"/usr/bin/bash",         "bash"     },
                { "/usr/lib64/libc.so.6", "libc6"    },
                { "/lib/libc.so.6",       "libc6"    },
                { "/usr/include/a.h",     "libc6-dev"},
                { "/usr/bin/bas",         NULL       },
                { "/bin/bash",            NULL       },
                { "",                     NULL       },
        };

        cr_assert_eq(package_index_load(root.fd, &index), 0);
        cr_expect_eq(index.names.count, 3);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                size_t package = package_index_find(&index, cases[i].path);

                cr_expect(package == PACKAGE_NONE ? !cases[i].package
                                                  : string_equal(index.names.items[package],
                                                                    cases[i].package),
                                "%s", cases[i].path);
        }
}

Test(package, without_a_database_there_is_no_index)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_package_index_ PackageIndex index = { 0 };

        cr_expect_eq(package_index_load(root.fd, &index), -ENOENT);
        cr_expect_eq(package_index_find(&index, "/usr/bin/bash"), PACKAGE_NONE);
}
