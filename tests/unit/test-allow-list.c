/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/strings.h"
#include "core/measurements/allow-list.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233"

static Digest make_digest(const char *hex)
{
        Digest digest = { .algorithm = HASH_SHA1 };

        cr_assert_eq(hex_decode(hex, digest.bytes, sizeof(digest.bytes), &digest.size), 0);
        return digest;
}

static AllowList parse(const char *text)
{
        _cleanup_diags_ DiagList diags = { 0 };
        AllowList list = { 0 };

        cr_assert_eq(allow_list_parse(&list, text, strlen(text), &diags, "l"), 0);
        allow_list_sort(&list);
        return list;
}

static AllowListVerdict find(const AllowList *list, const char *name, const char *hex)
{
        Digest digest = make_digest(hex);

        return allow_list_find(list, name, strlen(name), &digest);
}

Test(allow_list, names_and_digests_are_found)
{
        _cleanup_allow_list_ AllowList list =
                        parse("# comment\n\n" DIGEST "  /a\n" DIGEST " */b\nff" DIGEST
                              "aabbccddeeff0011223344  /a\n");

        cr_assert_eq(list.count, 3);
        cr_assert_eq(find(&list, "/a", DIGEST), ALLOW_LIST_LISTED);
        cr_assert_eq(find(&list, "/b", DIGEST), ALLOW_LIST_LISTED);
        cr_assert_eq(find(&list, "/a", "0000000000000000000000000000000000000000"),
                        ALLOW_LIST_OTHER);
        cr_assert_eq(find(&list, "/", DIGEST), ALLOW_LIST_UNKNOWN);
        cr_assert_eq(find(&list, "/c", DIGEST), ALLOW_LIST_UNKNOWN);
}

Test(allow_list, a_space_is_what_the_kernel_makes_of_it)
{
        _cleanup_allow_list_ AllowList list = parse(DIGEST "  /a file\n");

        cr_assert_eq(find(&list, "/a_file", DIGEST), ALLOW_LIST_LISTED);
        cr_assert_eq(find(&list, "/a file", DIGEST), ALLOW_LIST_LISTED);
}

Test(allow_list, every_malformed_line_is_named)
{
        static const char text[] = DIGEST " /one-space\n" DIGEST "\nxy  /a\n0011  /short\n" DIGEST
                                          "  \n\\" DIGEST "  /bad\\escape\n" DIGEST "  /good";
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_allow_list_ AllowList list = { 0 };

        cr_assert_eq(allow_list_parse(&list, text, strlen(text), &diags, "l"), -EBADMSG);
        cr_assert_eq(diags.count, 6);
        cr_assert_str_eq(diags.items[5].code, "E470");
        cr_assert_eq(diags.items[5].line, 6);
}

Test(allow_list, repeated_lines_count_once)
{
        _cleanup_allow_list_ AllowList list = parse(DIGEST "  /a\n" DIGEST "  /a\n");

        cr_assert_eq(list.count, 1);
}

/* As sha256sum(1) of coreutils writes such names. */
Test(allow_list, names_survive_being_written_and_read)
{
        static const char *const lines[] = { DIGEST "  /plain\n", "\\" DIGEST "  /new\\nline\n",
                "\\" DIGEST "  /back\\\\slash\n", "\\" DIGEST "  /return\\r\n",
                DIGEST "   leading space\n" };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_allow_list_ AllowList list = parse(lines[i]);
                _cleanup_buffer_ Buffer buffer = { 0 };

                cr_assert_eq(list.count, 1);
                cr_assert_eq(allow_list_format_entry(&list.items[0], &buffer), 0);
                cr_assert_str_eq(buffer.data, lines[i]);
        }
}

Test(allow_list, escapes_are_undone)
{
        _cleanup_allow_list_ AllowList list = parse("\\" DIGEST "  /a\\nb\\\\c\n");

        cr_assert_eq(find(&list, "/a\nb\\c", DIGEST), ALLOW_LIST_LISTED);
}
