/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "fixture-apt.h"
#include "system/apt-index.h"
#include "system/package-archive.h"

static int ignore(void *userdata, const PackageMember *member)
{
        (void) userdata;
        (void) member;
        return 0;
}

/* The digest of the archive as its reader tells it. */
static Digest archive_digest(const FixtureRoot *root, const char *path)
{
        static const PackageArchiveSettings settings = { .hash = HASH_SHA256 };
        _cleanup_close_ int fd = fs_open(root->fd, path, O_RDONLY, 0);
        PackageArchive archive;
        const char *reason;

        cr_assert_eq(package_archive_read(fd, &settings, ignore, NULL, &archive, &reason), 0);
        return archive.digest;
}

static AptVerdict judge_at(const FixtureRoot *root, usec_t now, char *fingerprint)
{
        _cleanup_apt_index_ AptIndex index = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        AptVoucher voucher;
        Digest digest;

        fixture_apt_copy(root, "hello.deb", "/hello.deb");
        digest = archive_digest(root, "/hello.deb");
        cr_assert_eq(apt_index_load(root->fd, now, &index, &diags), 0);
        voucher = apt_index_check(&index, &digest);
        if (voucher.package) {
                cr_expect_str_eq(voucher.package->name, "hello");
                cr_expect_str_eq(voucher.package->version, "1.0-1");
        }
        cr_expect_eq(diags.count > 0, voucher.verdict != APT_VOUCHED);
        if (fingerprint && voucher.release)
                strcpy(fingerprint, voucher.release->fingerprint);
        return voucher.verdict;
}

static AptVerdict judge(const FixtureRoot *root)
{
        return judge_at(root, FIXTURE_APT_NOW, NULL);
}

static void expect_verdict(const char *source, AptVerdict expected)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(source);
        AptVerdict verdict = judge(&root);

        cr_expect_eq(verdict, expected, "%s: %s", source, apt_verdict_to_string(verdict));
}

Test(apt_index, an_archive_in_a_signed_index_is_vouched_for)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);
        char fingerprint[GPGV_FINGERPRINT_MAX + 1];
        _cleanup_free_ char *expected = NULL;

        fixture_apt_copy(&root, "fingerprint", "/fingerprint");
        cr_assert_eq(fs_read_file(root.fd, "/fingerprint", 100, &expected, NULL), 0);
        cr_assert_eq(judge_at(&root, FIXTURE_APT_NOW, fingerprint), APT_VOUCHED);
        cr_expect_str_eq(fingerprint, string_strip(expected));
}

Test(apt_index, an_altered_archive_is_not_listed)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);
        _cleanup_apt_index_ AptIndex index = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_close_ int fd = -EBADF;
        Digest digest;

        fixture_apt_copy(&root, "hello.deb", "/hello.deb");
        fd = fs_open(root.fd, "/hello.deb", O_WRONLY | O_APPEND, 0);
        cr_assert_eq(fs_write_all(fd, "\n", 1), 0);
        digest = archive_digest(&root, "/hello.deb");
        cr_assert_eq(apt_index_load(root.fd, FIXTURE_APT_NOW, &index, &diags), 0);
        cr_expect_eq(apt_index_check(&index, &digest).verdict, APT_NOT_LISTED);
        cr_expect_null(apt_index_check(&index, &digest).release);
}

static void replace_list(
                const FixtureRoot *root, const char *name, const char *from, const char *to)
{
        _cleanup_free_ char *text = NULL, *path = NULL;

        cr_assert_geq(asprintf(&path, "%s%s", FIXTURE_APT_LIST, name), 0);
        cr_assert_eq(fs_read_file(root->fd, path, 1 << 20, &text, NULL), 0);
        cr_assert_not_null(strstr(text, from));
        memcpy(strstr(text, from), to, strlen(to));
        fixture_root_write(root, path, text);
}

Test(apt_index, an_altered_index_vouches_for_nothing)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);

        replace_list(&root, "main_binary-all_Packages", "Version: 1", "Version: 2");
        cr_expect_eq(judge(&root), APT_NOT_LISTED);
}

Test(apt_index, an_altered_release_file_has_a_bad_signature)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);

        replace_list(&root, "InRelease", "01 Jan 2100", "01 Jan 2101");
        cr_expect_eq(judge(&root), APT_BAD_SIGNATURE);
}

Test(apt_index, valid_until_ends_it_unless_the_source_says_otherwise)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);
        usec_t end = (usec_t) 4102444800 * USEC_PER_SEC;

        cr_expect_eq(judge_at(&root, end, NULL), APT_VOUCHED);
        cr_expect_eq(judge_at(&root, end + 1, NULL), APT_EXPIRED);
        fixture_root_write(&root, "/etc/apt/sources.list",
                        "deb [signed-by=/keys/archive.asc check-valid-until=no] " FIXTURE_APT_URI
                        " stable main\n");
        cr_expect_eq(judge_at(&root, end + 1, NULL), APT_VOUCHED);
}

Test(apt_index, keys_are_those_of_the_source)
{
        expect_verdict("deb [signed-by=/keys/other.asc] " FIXTURE_APT_URI " stable main\n",
                        APT_UNKNOWN_KEY);
        expect_verdict("deb [signed-by=/keys/missing.asc] " FIXTURE_APT_URI " stable main\n",
                        APT_UNKNOWN_KEY);
        expect_verdict("deb [signed-by=/keys/other.asc,/keys/archive.asc] " FIXTURE_APT_URI
                       " stable main\n",
                        APT_VOUCHED);
        expect_verdict("deb " FIXTURE_APT_URI " stable main\n", APT_UNKNOWN_KEY);
}

Test(apt_index, a_source_without_keys_has_the_trusted_ones)
{
        static const char *const names[] = { "archive.asc", "archive.gpg" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_root_ FixtureRoot root =
                                fixture_apt_new("deb " FIXTURE_APT_URI "/ stable main\n");
                char path[64];

                (void) snprintf(path, sizeof(path), "/etc/apt/trusted.gpg.d/%s", names[i]);
                fixture_apt_copy(&root, names[i], path);
                cr_expect_eq(judge(&root), APT_VOUCHED, "%s", names[i]);
        }
}

Test(apt_index, a_fingerprint_narrows_the_trusted_keys)
{
        static const struct {
                const char *fingerprint;
                AptVerdict verdict;
        } cases[] = {
                {NULL,                                        APT_VOUCHED    },
                { "0000000000000000000000000000000000000000", APT_UNKNOWN_KEY},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = fixture_apt_new("");
                _cleanup_free_ char *text = NULL, *source = NULL;

                fixture_apt_copy(&root, "archive.asc", "/etc/apt/trusted.gpg.d/archive.asc");
                fixture_apt_copy(&root, "fingerprint", "/fingerprint");
                cr_assert_eq(fs_read_file(root.fd, "/fingerprint", 100, &text, NULL), 0);
                cr_assert_geq(asprintf(&source,
                                              "deb [signed-by=%s] " FIXTURE_APT_URI
                                              " stable main\n",
                                              cases[i].fingerprint ?: string_strip(text)),
                                0);
                fixture_root_write(&root, "/etc/apt/sources.list", source);
                cr_expect_eq(judge(&root), cases[i].verdict);
        }
}

Test(apt_index, a_source_in_deb822_style_can_hold_its_key)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new("");
        _cleanup_free_ char *key = NULL;
        Buffer text = { 0 };

        cr_assert_eq(fs_read_file(root.fd, "/keys/archive.asc", 1 << 20, &key, NULL), 0);
        cr_assert_eq(buffer_append_string(&text, "Types: deb deb-src\nURIs: " FIXTURE_APT_URI
                                                 "\nSuites: stable\nComponents: main\n"
                                                 "Signed-By:\n"),
                        0);
        for (char *line = key, *next; line && *line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                cr_assert_eq(buffer_append_format(&text, " %s\n", *line ? line : "."), 0);
        }
        fixture_root_write(&root, "/etc/apt/sources.list.d/a.sources", text.data);
        buffer_done(&text);
        cr_expect_eq(judge(&root), APT_VOUCHED);
}

Test(apt_index, a_trusted_source_vouches_for_nothing)
{
        expect_verdict("deb [trusted=yes] " FIXTURE_APT_URI " stable main\n", APT_UNAUTHENTICATED);
        expect_verdict("deb [trusted=yes signed-by=/keys/archive.asc] " FIXTURE_APT_URI
                       " stable main\n",
                        APT_UNAUTHENTICATED);
}

Test(apt_index, entries_that_disagree_vouch_for_nothing)
{
        expect_verdict(FIXTURE_APT_SOURCE "deb [signed-by=/keys/other.asc] " FIXTURE_APT_URI
                                          " stable contrib\n",
                        APT_CONFLICT);
        expect_verdict(FIXTURE_APT_SOURCE FIXTURE_APT_SOURCE, APT_VOUCHED);
}

Test(apt_index, a_release_file_with_a_signature_beside_it)
{
        _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);

        cr_assert_eq(fs_remove_tree(root.fd, FIXTURE_APT_LIST "InRelease"), 0);
        cr_expect_eq(judge(&root), APT_NO_RELEASE);
        fixture_apt_copy(&root, "Release", FIXTURE_APT_LIST "Release");
        cr_expect_eq(judge(&root), APT_NO_SIGNATURE);
        fixture_apt_copy(&root, "Release.gpg", FIXTURE_APT_LIST "Release.gpg");
        cr_expect_eq(judge(&root), APT_VOUCHED);
}

Test(apt_index, signatures_that_are_worth_nothing)
{
        static const struct {
                const char *name, *key;
                AptVerdict verdict;
        } cases[] = {
                {"InRelease.sha1", "archive.asc", APT_WEAK_SIGNATURE},
                { "InRelease.old", "old.asc",     APT_EXPIRED_KEY   },
                { "InRelease.two", "archive.asc", APT_VOUCHED       },
                { "InRelease.two", "other.asc",   APT_VOUCHED       },
                { "InRelease.two", "old.asc",     APT_UNKNOWN_KEY   },
                { "Release",       "archive.asc", APT_MALFORMED     },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);
                AptVerdict verdict;

                fixture_apt_copy(&root, cases[i].name, FIXTURE_APT_LIST "InRelease");
                fixture_apt_copy(&root, cases[i].key, "/keys/archive.asc");
                verdict = judge(&root);
                /* Nothing is read of what does not parse. */
                if (cases[i].verdict == APT_MALFORMED)
                        cr_expect_eq(verdict, APT_NOT_LISTED);
                else
                        cr_expect_eq(verdict, cases[i].verdict, "%s %s: %s", cases[i].name,
                                        cases[i].key, apt_verdict_to_string(verdict));
        }
}

/* As apt keeps them with Acquire::GzipIndexes. */
Test(apt_index, indexes_may_be_compressed)
{
        static const char *const compressions[][2] = {
                {"lz4",   ".lz4"},
                { "xz",   ".xz" },
                { "gzip", ".gz" },
                { "zstd", ".zst"},
        };

        for (size_t i = 0; i < ELEMENTSOF(compressions); i++) {
                _cleanup_root_ FixtureRoot root = fixture_apt_new(FIXTURE_APT_SOURCE);
                _cleanup_free_ char *text = NULL;
                struct archive *writer = archive_write_new();
                struct archive_entry *entry = archive_entry_new();
                char bytes[4096], path[256];
                size_t size, packed = 0;
                _cleanup_close_ int fd = -EBADF;

                cr_assert_eq(fs_read_file(root.fd, FIXTURE_APT_LIST "main_binary-all_Packages",
                                             4096, &text, &size),
                                0);
                cr_assert_eq(fs_remove_tree(root.fd, FIXTURE_APT_LIST "main_binary-all_Packages"),
                                0);
                archive_write_set_format_raw(writer);
                archive_write_add_filter_by_name(writer, compressions[i][0]);
                archive_write_open_memory(writer, bytes, sizeof(bytes), &packed);
                archive_entry_set_filetype(entry, AE_IFREG);
                archive_write_header(writer, entry);
                cr_assert_eq(archive_write_data(writer, text, size), (la_ssize_t) size);
                archive_entry_free(entry);
                archive_write_free(writer);
                (void) snprintf(path, sizeof(path), "%s%s",
                                FIXTURE_APT_LIST "main_binary-all_Packages", compressions[i][1]);
                fixture_root_write(&root, path, "");
                fd = fs_open(root.fd, path, O_WRONLY, 0);
                cr_assert_eq(fs_write_all(fd, bytes, packed), 0);
                cr_expect_eq(judge(&root), APT_VOUCHED, "%s", compressions[i][0]);
        }
}

Test(apt_index, a_root_without_apt_has_no_sources)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_apt_index_ AptIndex index = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_expect_eq(apt_index_load(root.fd, FIXTURE_APT_NOW, &index, &diags), 0);
        cr_expect_eq(index.n_releases, 0);
        cr_expect_eq(diags.count, 0);
}
