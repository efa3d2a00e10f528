/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "fixture-package.h"
#include "system/package-files.h"

static int read_archive(const FixtureArchive *archive, PackageFiles *files, const char **reason)
{
        const PackageArchiveSettings settings = { .hash = HASH_SHA256 };
        _cleanup_close_ int fd = memfd_create("archive", MFD_CLOEXEC);

        cr_assert_geq(fd, 0);
        cr_assert_eq(fs_write_all(fd, archive->bytes, archive->size), 0);
        cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
        return package_files_read(fd, &settings, files, reason);
}

static int read_tar(const FixtureMember *members, PackageFiles *files, const char **reason)
{
        _cleanup_free_ FixtureArchive *archive = calloc(1, sizeof(*archive));

        fixture_archive_tar(archive, NULL, members);
        return read_archive(archive, files, reason);
}

static int read_deb(const char *text, PackageFiles *files, const char **reason)
{
        const FixtureMember control[] = {
                {"./control",   text,          0,              NULL},
                { "./md5sums",  "x",           0,              NULL},
                { "./postinst", "#!/bin/sh\n", S_IFREG | 0755, NULL},
                { NULL,         NULL,          0,              NULL},
        };
        static const FixtureMember data[] = {
                {"./",          NULL,          S_IFDIR | 0755, NULL        },
                { "./usr/b",    "#!/bin/sh\n", S_IFREG | 0755, NULL        },
                { "./usr/a",    NULL,          S_IFREG | 0755, "./usr/b"   },
                { "./usr/link", NULL,          S_IFLNK | 0777, "b"         },
                { "./usr/more", NULL,          S_IFREG | 0777, "./usr/link"},
                { NULL,         NULL,          0,              NULL        },
        };
        _cleanup_free_ FixtureArchive *archive = calloc(1, sizeof(*archive));

        fixture_archive_deb(archive, NULL, "", control, data);
        return read_archive(archive, files, reason);
}

Test(package_files, a_hard_link_is_the_file_that_it_leads_to)
{
        _cleanup_package_files_ PackageFiles files = { 0 };
        const char *reason = NULL;

        cr_assert_eq(read_deb("Package: p\nVersion: 1:2~3\nArchitecture: all\n", &files, &reason),
                        0, "%s", reason);
        cr_assert_eq(files.files.count, 3);
        cr_expect_str_eq(files.files.entries[0].path, "/usr/a");
        cr_expect_str_eq(files.files.entries[1].path, "/usr/b");
        cr_expect(digest_equal(&files.files.entries[0].digest, &files.files.entries[1].digest));
        cr_expect_eq(files.files.entries[0].classes, files.files.entries[1].classes);
}

Test(package_files, of_control_members_those_count_that_are_executed)
{
        _cleanup_package_files_ PackageFiles files = { 0 };
        const char *reason = NULL;

        cr_assert_eq(read_deb("Package: p\nVersion: 1\nArchitecture: all\n", &files, &reason), 0);
        cr_expect_not_null(manifest_find(&files.files, MANIFEST_CONTROL_PREFIX "postinst"));
        cr_expect_null(manifest_find(&files.files, MANIFEST_CONTROL_PREFIX "md5sums"));
        cr_expect_str_eq(files.name, "p");
        cr_expect_str_eq(files.version, "1");
        cr_expect_str_eq(files.architecture, "all");
}

Test(package_files, a_name_that_could_lead_elsewhere_is_refused)
{
        static const char *const cases[] = {
                "Package: ../p\nVersion: 1\nArchitecture: all\n",
                "Package: .p\nVersion: 1\nArchitecture: all\n",
                "Package: p\nVersion: 1\nArchitecture: a/b\n",
                "Package: p\nVersion: 1\nArchitecture: \xff\n",
                "Package: p\nArchitecture: all\n",
                "Package: p\nVersion: 1\nArchitecture: all\n\nPackage: q\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_package_files_ PackageFiles files = { 0 };
                const char *reason = NULL;

                cr_expect_eq(read_deb(cases[i], &files, &reason), -EBADMSG, "%zu", i);
                cr_expect(string_after(reason, "has a control file without"), "%zu", i);
        }
}

Test(package_files, an_archive_that_leaves_open_what_a_name_stands_for_is_refused)
{
        static const struct {
                FixtureMember members[4];
                const char *reason;
        } cases[] = {
                {{ { "a", "1", 0, NULL }, { "b", NULL, 0, "a" }, { "b", "2", 0, NULL } },
                 "names a member twice"                    },
                { { { "a", "1", 0, NULL }, { "a", NULL, S_IFLNK | 0777, "b" } },
                 "names a member twice"                    },
                { { { "a", "1", 0, NULL }, { "a/", NULL, S_IFDIR | 0755, NULL } },
                 "names a member twice"                    },
                { { { "a", "1", 0, NULL }, { "b", NULL, 0, "c" } },
                 "has a hard link to what is no file in it"},
                { { { "a", NULL, S_IFDIR | 0755, NULL }, { "b", NULL, 0, "a" } },
                 "has a hard link to what is no file in it"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_package_files_ PackageFiles files = { 0 };
                const char *reason = NULL;

                cr_expect_eq(read_tar(cases[i].members, &files, &reason), -EBADMSG, "%zu", i);
                cr_expect_str_eq(reason, cases[i].reason, "%zu", i);
        }
}

Test(package_files, of_files_alone_the_last_one_counts)
{
        static const FixtureMember members[] = {
                {"a",   "1",  0, NULL},
                { "a",  "22", 0, NULL},
                { NULL, NULL, 0, NULL},
        };
        _cleanup_package_files_ PackageFiles files = { 0 };
        const char *reason = NULL;

        cr_assert_eq(read_tar(members, &files, &reason), 0);
        cr_assert_eq(files.files.count, 1);
        cr_expect_eq(files.files.entries[0].size, 2);
}
