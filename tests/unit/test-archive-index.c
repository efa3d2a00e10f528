/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"
#include "core/provenance/archive-index.h"

#define HEX_A "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "bb112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PARAGRAPH(name, hex)                                                                       \
        "Package: " name "\nVersion: 1\nArchitecture: all\nFilename: pool/" name ".deb\n"          \
        "Size: 12\nSHA256: " hex "\n\n"

static unsigned next_list;

static int add(void *userdata, const Deb822Paragraph *paragraph)
{
        return archive_index_add(userdata, paragraph, next_list);
}

static int parse(ArchiveIndex *index, const char *text, unsigned list)
{
        next_list = list;
        return deb822_parse(text, strlen(text), add, index);
}

static Digest digest_of(uint8_t first)
{
        Digest digest = { .algorithm = HASH_SHA256, .size = 32 };
        size_t size;

        cr_assert_eq(hex_decode(HEX_A, digest.bytes, 32, &size), 0);
        digest.bytes[0] = first;
        return digest;
}

Test(archive_index, archives_are_found_by_their_digest)
{
        _cleanup_archive_index_ ArchiveIndex index = { 0 };
        const IndexedPackage *found;
        Digest digest = digest_of(0xaa), sha1;
        size_t n;

        cr_assert_eq(parse(&index, PARAGRAPH("b", HEX_B) PARAGRAPH("a", HEX_A), 7), 0);
        cr_assert_eq(parse(&index, PARAGRAPH("a", HEX_A), 3), 0);
        archive_index_sort(&index);
        found = archive_index_find(&index, &digest, &n);
        cr_assert_eq(n, 2);
        cr_expect_str_eq(found[0].name, "a");
        cr_expect_str_eq(found[0].version, "1");
        cr_expect_str_eq(found[0].architecture, "all");
        cr_expect_str_eq(found[0].filename, "pool/a.deb");
        cr_expect_eq(found[0].size, 12);
        cr_expect_eq(found[0].list, 3);
        cr_expect_eq(found[1].list, 7);
        digest = digest_of(0xab);
        cr_expect_null(archive_index_find(&index, &digest, &n));
        sha1 = digest_of(0xaa);
        sha1.algorithm = HASH_SHA1;
        cr_expect_null(archive_index_find(&index, &sha1, &n));
}

Test(archive_index, what_was_added_can_be_dropped)
{
        _cleanup_archive_index_ ArchiveIndex index = { 0 };
        Digest digest = digest_of(0xaa);
        size_t n;

        cr_assert_eq(parse(&index, PARAGRAPH("b", HEX_B) PARAGRAPH("a", HEX_A), 0), 0);
        archive_index_truncate(&index, 1);
        archive_index_sort(&index);
        cr_expect_null(archive_index_find(&index, &digest, &n));
        cr_expect_eq(n, 0);
}

Test(archive_index, paragraphs_without_sha256_are_passed_over_and_malformed_ones_refused)
{
        static const char *const bad[] = {
                "SHA256: " HEX_A "\n",
                "Package: a\nVersion: 1\nArchitecture: all\nFilename: f\nSize: 1\nSHA256: aa\n",
                "Package: a\nVersion: 1\nArchitecture: all\nFilename: f\nSize: x\nSHA256: " HEX_A
                "\n",
        };
        _cleanup_archive_index_ ArchiveIndex index = { 0 };

        cr_expect_eq(parse(&index, "Package: a\nMD5sum: 00\n", 0), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                cr_expect_eq(parse(&index, bad[i], 0), -EBADMSG, "%s", bad[i]);
        cr_expect_eq(index.count, 0);
}
