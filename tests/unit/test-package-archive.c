/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "core/manifest/file-class.h"
#include "fixture-package.h"
#include "system/package-archive.h"

static const FixtureMember control[] = {
        {"./",          NULL,                      S_IFDIR | 0755, NULL},
        { "./control",  "Package: a\n",            0,              NULL},
        { "./postinst", "#!/bin/sh\necho hello\n", S_IFREG | 0755, NULL},
        { NULL,         NULL,                      0,              NULL},
};

static const FixtureMember data[] = {
        {"./",                 NULL,        S_IFDIR | 0755, NULL          },
        { "./usr/",            NULL,        S_IFDIR | 0755, NULL          },
        { "./usr/bin/a",       "\177ELFa",  S_IFREG | 0755, NULL          },
        { "./usr/bin/b",       NULL,        S_IFREG | 0755, "./usr/bin/a" },
        { "./usr/lib/liba.so", "\177ELFso", 0,              NULL          },
        { "./usr/share/a\xff", "text",      0,              NULL          },
        { "./bin/a",           NULL,        S_IFLNK | 0777, "../usr/bin/a"},
        { NULL,                NULL,        0,              NULL          },
};

typedef struct Visits {
        Buffer text; /* a line for each member */
        int error;
} Visits;

static int note(void *userdata, const PackageMember *member)
{
        Visits *visits = userdata;

        cr_assert_geq(buffer_append_format(&visits->text, "%s %o %u:%u %zu %x%s%s%s%s\n",
                                      member->path, member->mode, member->uid, member->gid,
                                      (size_t) member->size, member->classes,
                                      member->target ? " -> " : "", member->target ?: "",
                                      member->link ? " = " : "", member->link ?: ""),
                        0);
        return visits->error;
}

static int memory_file(const void *bytes, size_t size)
{
        int fd = memfd_create("archive", MFD_CLOEXEC);

        cr_assert_geq(fd, 0);
        cr_assert_eq(fs_write_all(fd, bytes, size), 0);
        cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
        return fd;
}

static int read_bytes(const void *bytes, size_t size, const PackageArchiveSettings *settings,
                Visits *visits, PackageArchive *archive, const char **reason)
{
        static const PackageArchiveSettings usual = { .hash = HASH_SHA256 };
        _cleanup_close_ int fd = memory_file(bytes, size);

        return package_archive_read(fd, settings ?: &usual, note, visits, archive, reason);
}

static void expect_refusal(const FixtureArchive *file, int error, const char *part)
{
        Visits visits = { 0 };
        PackageArchive archive;
        const char *reason = NULL;

        cr_expect_eq(read_bytes(file->bytes, file->size, NULL, &visits, &archive, &reason), error);
        cr_assert_not_null(reason);
        cr_expect_not_null(strstr(reason, part), "%s", reason);
        buffer_done(&visits.text);
}

static FixtureArchive file;

Test(package_archive, members_of_a_debian_package_in_their_order)
{
        static const char expected[] = "control:control 100644 7:8 11 0\n"
                                       "control:postinst 100755 7:8 21 22\n"
                                       "/ 40755 7:8 0 0\n"
                                       "/usr 40755 7:8 0 0\n"
                                       "/usr/bin/a 100755 7:8 5 5\n"
                                       "/usr/bin/b 100755 7:8 0 0 = /usr/bin/a\n"
                                       "/usr/lib/liba.so 100644 7:8 6 1\n"
                                       "/usr/share/a\xff 100644 7:8 4 0\n"
                                       "/bin/a 120777 7:8 0 0 -> ../usr/bin/a\n";
        static const char *const compressions[][2] = {
                {NULL,     ""     },
                { "gzip",  ".gz"  },
                { "xz",    ".xz"  },
                { "zstd",  ".zst" },
                { "bzip2", ".bz2" },
                { "lzma",  ".lzma"},
        };

        for (size_t i = 0; i < ELEMENTSOF(compressions); i++) {
                Visits visits = { 0 };
                PackageArchive archive;
                const char *reason = "";

                fixture_archive_deb(&file, compressions[i][0], compressions[i][1], control, data);
                cr_assert_eq(read_bytes(file.bytes, file.size, NULL, &visits, &archive, &reason), 0,
                                "%s %s", compressions[i][1], reason);
                cr_expect_str_eq(visits.text.data, expected);
                cr_expect_eq(archive.kind, PACKAGE_ARCHIVE_DEB);
                cr_expect_eq(archive.n_members, 10);
                buffer_done(&visits.text);
        }
}

Test(package_archive, its_digest_is_of_every_byte_of_the_file)
{
        Visits visits = { 0 };
        PackageArchive archive;
        const char *reason;
        Digest digest;

        fixture_archive_deb(&file, "xz", ".xz", control, data);
        fixture_archive_ar_add(&file, "_more", "behind what dpkg reads", 22);
        cr_assert_eq(read_bytes(file.bytes, file.size, NULL, &visits, &archive, &reason), 0);
        cr_assert_eq(digest_compute(HASH_SHA256, file.bytes, file.size, &digest), 0);
        cr_expect(digest_equal(&archive.digest, &digest));
        cr_expect_eq(archive.size, file.size);
        buffer_done(&visits.text);
}

static int check_content(void *userdata, const PackageMember *member)
{
        Digest expected;

        if (string_equal(member->path, "control:postinst")) {
                cr_expect_str_eq(member->text, control[2].text);
                cr_assert_eq(digest_compute(HASH_SHA512, control[2].text, strlen(control[2].text),
                                             &expected),
                                0);
                cr_expect(digest_equal(&member->digest, &expected));
                ++*(int *) userdata;
        }
        if (string_equal(member->path, "/usr/bin/a"))
                cr_expect_null(member->text);
        return 0;
}

Test(package_archive, members_come_with_the_digest_that_is_asked_for)
{
        static const PackageArchiveSettings settings = { .hash = HASH_SHA512 };
        _cleanup_close_ int fd = -EBADF;
        PackageArchive archive;
        const char *reason;
        int n = 0;

        fixture_archive_deb(&file, "gzip", ".gz", control, data);
        fd = memory_file(file.bytes, file.size);
        cr_assert_eq(package_archive_read(fd, &settings, check_content, &n, &archive, &reason), 0);
        cr_expect_eq(n, 1);
}

Test(package_archive, a_tar_archive_has_no_control_members)
{
        Visits visits = { 0 };
        PackageArchive archive;
        const char *reason;

        fixture_archive_tar(&file, "gzip", data + 2);
        cr_assert_eq(read_bytes(file.bytes, file.size, NULL, &visits, &archive, &reason), 0);
        cr_expect_eq(archive.kind, PACKAGE_ARCHIVE_TAR);
        cr_expect_null(strstr(visits.text.data, "control:"));
        buffer_done(&visits.text);
}

Test(package_archive, a_pacman_package_tells_its_own_members)
{
        static const FixtureMember members[] = {
                {".PKGINFO",   "pkgname = a\n",         0,              NULL},
                { ".INSTALL",  "post_install() {\n}\n", 0,              NULL},
                { "usr/bin/a", "\177ELFa",              S_IFREG | 0755, NULL},
                { NULL,        NULL,                    0,              NULL},
        };
        Visits visits = { 0 };
        PackageArchive archive;
        const char *reason;

        fixture_archive_tar(&file, "zstd", members);
        cr_assert_eq(read_bytes(file.bytes, file.size, NULL, &visits, &archive, &reason), 0);
        cr_expect_eq(archive.kind, PACKAGE_ARCHIVE_PACMAN);
        cr_expect_str_eq(visits.text.data, "control:.PKGINFO 100644 7:8 12 0\n"
                                           "control:.INSTALL 100644 7:8 19 0\n"
                                           "/usr/bin/a 100755 7:8 5 5\n");
        buffer_done(&visits.text);
}

/* The least that libarchive takes for a package of RPM: lead, two headers, payload. */
Test(package_archive, the_payload_of_an_rpm_package)
{
        _cleanup_close_ int root = fs_open_root(getenv("TEST_DATA"));
        _cleanup_free_ char *bytes = NULL;
        Visits visits = { 0 };
        PackageArchive archive;
        const char *reason;
        size_t size;

        cr_assert_eq(fs_read_file(root, "packages/payload.rpm", 1 << 20, &bytes, &size), 0);
        cr_assert_eq(read_bytes(bytes, size, NULL, &visits, &archive, &reason), 0);
        cr_expect_eq(archive.kind, PACKAGE_ARCHIVE_RPM);
        cr_expect_str_eq(visits.text.data, "/usr/bin/a 100755 0:0 7 5\n");
        buffer_done(&visits.text);
}

Test(package_archive, names_that_lead_out_of_the_root_are_refused)
{
        static const char *const names[] = { "../etc/passwd", "usr/../../etc/passwd", "/etc/passwd",
                "./usr/.." };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const FixtureMember members[] = {
                        {names[i], "x",  0, NULL},
                        { NULL,    NULL, 0, NULL},
                };

                fixture_archive_tar(&file, NULL, members);
                expect_refusal(&file, -EBADMSG, "a member whose name");
        }
}

Test(package_archive, a_hard_link_that_leads_out_of_the_root_is_refused)
{
        static const FixtureMember members[] = {
                {"usr/bin/a", NULL, S_IFREG | 0755, "../../etc/shadow"},
                { NULL,       NULL, 0,              NULL              },
        };

        fixture_archive_tar(&file, NULL, members);
        expect_refusal(&file, -EBADMSG, "a member whose name");
}

Test(package_archive, one_that_is_cut_off_is_refused)
{
        fixture_archive_deb(&file, "xz", ".xz", control, data);
        for (size_t size = file.size - 60; size > 0; size = size > 97 ? size - 97 : 0) {
                file.size = size;
                expect_refusal(&file, -EBADMSG, "");
        }
}

Test(package_archive, parts_of_a_debian_package_in_another_order_are_refused)
{
        FixtureArchive *inner = calloc(1, sizeof(*inner));

        fixture_archive_tar(inner, NULL, data);
        file.size = 0;
        fixture_archive_ar_add(&file, "debian-binary", "2.0\n", 4);
        fixture_archive_ar_add(&file, "data.tar", inner->bytes, inner->size);
        expect_refusal(&file, -EBADMSG, "no Debian package");
        free(inner);
}

Test(package_archive, what_is_no_package_is_refused)
{
        static const char *const texts[] = { "", "hello", "!<arch>\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                file.size = strlen(texts[i]);
                memcpy(file.bytes, texts[i], file.size);
                expect_refusal(&file, -EBADMSG, "");
        }
}

Test(package_archive, limits_end_the_reading)
{
        static const PackageArchiveSettings few = { .hash = HASH_SHA256, .members_max = 3 };
        static const PackageArchiveSettings small = { .hash = HASH_SHA256, .bytes_max = 31 };
        const char *reason = NULL;
        PackageArchive archive;
        Visits visits = { 0 };

        fixture_archive_deb(&file, "xz", ".xz", control, data);
        cr_expect_eq(read_bytes(file.bytes, file.size, &few, &visits, &archive, &reason), -E2BIG);
        cr_expect_str_eq(reason, "has too many members");
        cr_expect_eq(read_bytes(file.bytes, file.size, &small, &visits, &archive, &reason), -E2BIG);
        cr_expect_str_eq(reason, "has too many bytes when it is unpacked");
        buffer_done(&visits.text);
}

Test(package_archive, the_visitor_can_end_it)
{
        Visits visits = { .error = -ECANCELED };
        PackageArchive archive;
        const char *reason;

        fixture_archive_deb(&file, "xz", ".xz", control, data);
        cr_expect_eq(read_bytes(file.bytes, file.size, NULL, &visits, &archive, &reason),
                        -ECANCELED);
        cr_expect_null(reason);
        buffer_done(&visits.text);
}
