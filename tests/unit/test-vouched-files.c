/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "core/manifest/file-class.h"
#include "fixture-apt.h"
#include "system/package.h"
#include "system/vouched-files.h"

#define STATUS(version)                                                                            \
        "Package: hello\nStatus: install ok installed\nArchitecture: all\nVersion: " version       \
        "\n\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
#define ARCHIVE VOUCHED_ARCHIVES_DIRECTORY "/hello_1.0-1_all.deb"

static FixtureRoot make_system(const char *source, const char *version)
{
        FixtureRoot root = fixture_apt_new(source);

        fixture_root_write(&root, DPKG_STATUS, version);
        fixture_apt_copy(&root, "hello.deb", ARCHIVE);
        fixture_root_link(&root, "usr/bin", "/bin");
        return root;
}

static void load(const FixtureRoot *root, VouchedFiles *files, size_t warnings)
{
        _cleanup_apt_index_ AptIndex index = { 0 };
        _cleanup_dpkg_ Dpkg dpkg = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(dpkg_load(root->fd, &dpkg), 0);
        cr_assert_eq(apt_index_load(root->fd, FIXTURE_APT_NOW, &index, &diags), 0);
        cr_assert_eq(vouched_files_load(root->fd, &index, &dpkg, HASH_SHA256, files, &diags), 0);
        vouched_files_sort(files);
        cr_expect_eq(diags.count, warnings);
}

static void expect_file(const VouchedFiles *files, const char *path, const char *content)
{
        const ManifestEntry *entry = manifest_find(&files->files, path);
        Digest digest;

        cr_assert_not_null(entry, "%s", path);
        cr_assert_eq(digest_compute(HASH_SHA256, content, strlen(content), &digest), 0);
        cr_expect(digest_equal(&entry->digest, &digest), "%s", path);
        cr_expect_str_eq(entry->package, "hello");
}

Test(vouched_files, members_are_where_dpkg_puts_them)
{
        _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-1"));
        _cleanup_vouched_files_ VouchedFiles files = { 0 };

        load(&root, &files, 0);
        cr_assert_eq(files.packages.count, 1);
        cr_expect_str_eq(files.packages.items[0], "hello:all=1.0-1");
        expect_file(&files, "/usr/bin/hello", "#!/bin/sh\necho hello\n");
        expect_file(&files, "/usr/bin/hello-again", "#!/bin/sh\necho hello\n");
        expect_file(&files, "/usr/bin/hello-early", "\177ELF of the program");
        expect_file(&files, "/usr/lib/libhello.so.1", "\177ELF of the library");
        expect_file(&files, PACKAGE_DIRECTORY "/hello.postinst", "#!/bin/sh\necho configured\n");
        cr_expect_null(manifest_find(&files.files, "/bin/hello-early"));
        cr_expect_null(manifest_find(&files.files, "/usr/lib/libhello.so"));
        cr_expect_eq(manifest_find(&files.files, "/usr/share/hello/data")->classes, 0);
}

Test(vouched_files, a_diverted_file_is_at_its_other_place)
{
        static const char *const packages[][2] = {
                {"dash",   "/usr/bin/hello.distrib"},
                { ":",     "/usr/bin/hello.distrib"},
                { "hello", "/usr/bin/hello"        },
        };

        for (size_t i = 0; i < ELEMENTSOF(packages); i++) {
                _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-1"));
                _cleanup_vouched_files_ VouchedFiles files = { 0 };
                char text[128];

                (void) snprintf(text, sizeof(text), "/usr/bin/hello\n/usr/bin/hello.distrib\n%s\n",
                                packages[i][0]);
                fixture_root_write(&root, DPKG_DIVERSIONS, text);
                load(&root, &files, 0);
                expect_file(&files, packages[i][1], "#!/bin/sh\necho hello\n");
                cr_expect_null(manifest_find(
                                &files.files, i < 2 ? "/usr/bin/hello" : "/usr/bin/hello.distrib"));
        }
}

Test(vouched_files, the_archive_of_another_version_says_nothing)
{
        _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-2"));
        _cleanup_vouched_files_ VouchedFiles files = { 0 };

        load(&root, &files, 0);
        cr_expect_eq(files.packages.count, 0);
        cr_expect_eq(files.files.count, 0);
}

Test(vouched_files, an_archive_that_nobody_vouches_for_is_warned_of)
{
        _cleanup_root_ FixtureRoot root = make_system(
                        "deb [trusted=yes] " FIXTURE_APT_URI " stable main\n", STATUS("1.0-1"));
        _cleanup_vouched_files_ VouchedFiles files = { 0 };

        load(&root, &files, 2);
        cr_expect_eq(files.refused, 1);
        cr_expect_eq(files.files.count, 0);
}

Test(vouched_files, an_altered_archive_vouches_for_nothing)
{
        _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-1"));
        _cleanup_vouched_files_ VouchedFiles files = { 0 };
        _cleanup_close_ int fd = fs_open(root.fd, ARCHIVE, O_WRONLY | O_APPEND, 0);

        cr_assert_eq(fs_write_all(fd, "\n", 1), 0);
        load(&root, &files, 1);
        cr_expect_eq(files.refused, 1);
        cr_expect_eq(files.files.count, 0);
}

Test(vouched_files, a_damaged_archive_is_warned_of)
{
        _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-1"));
        _cleanup_vouched_files_ VouchedFiles files = { 0 };

        fixture_root_write(&root, ARCHIVE, "!<arch>\n");
        load(&root, &files, 1);
        cr_expect_eq(files.files.count, 0);
}

Test(vouched_files, md5_sums_are_for_packages_without_archive)
{
        static const char sums[] = "0123456789abcdef0123456789abcdef  bin/hello-early\nnonsense\n";

        for (int with_archive = 0; with_archive < 2; with_archive++) {
                _cleanup_root_ FixtureRoot root = make_system(FIXTURE_APT_SOURCE, STATUS("1.0-1"));
                _cleanup_vouched_files_ VouchedFiles files = { 0 };
                _cleanup_dpkg_ Dpkg dpkg = { 0 };
                const ManifestEntry *entry;

                if (!with_archive)
                        cr_assert_eq(fs_remove_tree(root.fd, ARCHIVE), 0);
                fixture_root_write(&root, PACKAGE_DIRECTORY "/hello.md5sums", sums);
                load(&root, &files, 0);
                cr_assert_eq(dpkg_load(root.fd, &dpkg), 0);
                cr_assert_eq(vouched_files_add_md5sums(&files, root.fd, &dpkg), 0);
                vouched_files_sort(&files);
                entry = manifest_find(&files.files, "/usr/bin/hello-early");
                cr_assert_not_null(entry);
                cr_expect_eq(entry->digest.algorithm, with_archive ? HASH_SHA256 : HASH_MD5);
        }
}
