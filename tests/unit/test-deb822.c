/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/buffer.h"
#include "core/provenance/deb822.h"

static int note(void *userdata, const Deb822Paragraph *paragraph)
{
        Buffer *seen = userdata;

        cr_assert_eq(buffer_append_format(seen, "@%u", paragraph->line), 0);
        for (size_t i = 0; i < paragraph->n_fields; i++)
                cr_assert_eq(buffer_append_format(seen, " %s=[%s]", paragraph->fields[i].name,
                                             paragraph->fields[i].value),
                                0);
        return 0;
}

static void expect(const char *text, const char *expected)
{
        for (size_t step = 1; step <= strlen(text) + 1; step++) {
                _cleanup_deb822_ Deb822Reader *reader = NULL;
                _cleanup_buffer_ Buffer seen = { 0 };

                cr_assert_eq(deb822_reader_new(note, &seen, &reader), 0);
                for (size_t at = 0; at < strlen(text); at += step)
                        cr_assert_eq(deb822_reader_feed(
                                                     reader, text + at, strnlen(text + at, step)),
                                        0, "%s", text);
                cr_assert_eq(deb822_reader_end(reader), 0);
                cr_expect_str_eq(seen.data ?: "", expected, "in pieces of %zu", step);
        }
}

static void expect_error(const void *text, size_t size, int error)
{
        _cleanup_buffer_ Buffer seen = { 0 };

        cr_expect_eq(deb822_parse(text, size, note, &seen), error);
}

Test(deb822, paragraphs_are_parted_by_empty_lines)
{
        expect("A: 1\nB:  2 \n\n \t\nA: 3\n", "@1 A=[1] B=[2]@5 A=[3]");
        expect("A: 1", "@1 A=[1]");
        expect("\n\n", "");
}

Test(deb822, a_value_goes_on_in_lines_that_begin_with_a_blank)
{
        expect("A:\n x\n y\nB: 1\n 2\n", "@1 A=[\n x\n y] B=[1\n 2]");
        expect("A: 1\r\nB: 2\r\n", "@1 A=[1] B=[2]");
}

Test(deb822, comments_are_no_fields)
{
        expect("# one\n\nA: 1\n# two\nB: 2\n", "@3 A=[1] B=[2]");
}

Test(deb822, what_is_no_field_is_refused)
{
        static const char *const texts[] = { "A\n", ": x\n", "A B: x\n", " x\nA: 1\n",
                "A: 1\na: 2\n", "\xc3\xa4: 1\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                expect_error(texts[i], strlen(texts[i]), -EBADMSG);
        expect_error("A: 1\0\n", 6, -EBADMSG);
}

Test(deb822, too_many_fields_are_refused)
{
        _cleanup_buffer_ Buffer text = { 0 };

        for (unsigned i = 0; i <= DEB822_FIELDS_MAX; i++)
                cr_assert_eq(buffer_append_format(&text, "F%u: x\n", i), 0);
        expect_error(text.data, text.size, -E2BIG);
}

static int count_cases(void *userdata, const Deb822Paragraph *paragraph)
{
        cr_expect_str_eq(deb822_get(paragraph, "package"), "x");
        cr_expect_null(deb822_get(paragraph, "Packag"));
        *(int *) userdata += 1;
        return -ECANCELED;
}

Test(deb822, names_do_not_depend_on_case_and_the_visitor_can_end_it)
{
        static const char text[] = "PACKAGE: x\n\nPackage: x\n";
        int n = 0;

        cr_expect_eq(deb822_parse(text, strlen(text), count_cases, &n), -ECANCELED);
        cr_expect_eq(n, 1);
}

Test(deb822, a_word_is_what_packages_are_called)
{
        static const char *const good[] = { "libstdc++6", "1:2.0~rc1-3+b1", "0ad", "any-i386" },
                                 *const bad[] = { NULL, "", ".", "..", "-a", "a/b", "a b", "a\n",
                                         "\xc3\xa4" };
        char longest[DEB822_WORD_MAX + 2];

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                cr_expect(deb822_is_word(good[i]), "%s", good[i]);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                cr_expect_not(deb822_is_word(bad[i]), "%zu", i);
        memset(longest, 'a', sizeof(longest));
        longest[DEB822_WORD_MAX + 1] = '\0';
        cr_expect_not(deb822_is_word(longest));
        longest[DEB822_WORD_MAX] = '\0';
        cr_expect(deb822_is_word(longest));
}
