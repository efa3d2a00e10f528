/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/diag.h"
#include "base/json.h"

static const DiagPlace place = { .source = "50-x.yaml", .line = 3, .column = 7 };

static char *print(const DiagList *list)
{
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        diag_list_print(list, file, /* color= */ false);
        (void) fclose(file);
        return text;
}

Test(diag, an_error_is_also_the_return_value)
{
        _cleanup_diags_ DiagList list = { 0 };

        cr_assert_eq(diag_error(&list, "E100", place, NULL, "wrong"), -EBADMSG);
        cr_assert_eq(diag_warning(&list, "W100", place, NULL, "odd"), 0);
        cr_assert_eq(list.count, 2);
        cr_assert_eq(list.errors, 1);
}

Test(diag, text_names_place_code_and_remedy)
{
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_free_ char *text = NULL;

        (void) diag_error(&list, "E100", place, "use fowner", "unknown key \"%s\"", "owner");
        text = print(&list);
        cr_assert_str_eq(text, "50-x.yaml:3:7: error: unknown key \"owner\" [E100]\n"
                               "  hint: use fowner\n");
}

Test(diag, text_does_not_pass_control_characters_on)
{
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_free_ char *text = NULL;

        (void) diag_error(&list, "E100", ((DiagPlace){ .source = "a\nb" }), NULL,
                        "unknown key \"%s\", C:\\", "\033[2J");
        text = print(&list);
        cr_assert_str_eq(text, "a\\x0ab: error: unknown key \"\\x1b[2J\", C:\\ [E100]\n");
}

Test(diag, memory_is_bounded_and_the_rest_is_counted)
{
        _cleanup_diags_ DiagList list = { 0 };

        for (int i = 0; i < DIAG_LIST_MAX + 5; i++)
                (void) diag_error(&list, "E100", place, NULL, "number %d", i);
        cr_assert_eq(list.count, DIAG_LIST_MAX);
        cr_assert_eq(list.errors, DIAG_LIST_MAX + 5);
        cr_assert_eq(list.dropped, 5);
}

Test(diag, json_round_trip_keeps_everything)
{
        _cleanup_diags_ DiagList list = { 0 }, copy = { 0 };
        _cleanup_json_ json_t *json = NULL;
        _cleanup_free_ char *before = NULL, *after = NULL;

        (void) diag_error(&list, "E100", place, "hint", "first");
        (void) diag_warning(&list, "W200", ((DiagPlace){ 0 }), NULL, "second");
        json = diag_list_to_json(&list);
        cr_assert_eq(diag_list_from_json(json, &copy), 0);
        before = print(&list);
        after = print(&copy);
        cr_assert_str_eq(before, after);
        cr_assert_eq(copy.errors, 1);
}

Test(diag, malformed_json_is_refused)
{
        _cleanup_json_ json_t *json = json_pack("[{s:s}]", "code", "E1");
        _cleanup_diags_ DiagList list = { 0 };

        cr_assert_eq(diag_list_from_json(json, &list), -EBADMSG);
}

Test(diag, merge_moves_all)
{
        _cleanup_diags_ DiagList list = { 0 }, more = { 0 };

        (void) diag_error(&list, "E100", place, NULL, "first");
        (void) diag_error(&more, "E101", place, NULL, "second");
        cr_assert_eq(diag_list_merge(&list, &more), 0);
        cr_assert_eq(list.count, 2);
        cr_assert_eq(list.errors, 2);
        cr_assert_eq(more.count, 0);
}

Test(diag, unique_merge_says_the_same_thing_once)
{
        _cleanup_diags_ DiagList list = { 0 }, more = { 0 };

        (void) diag_error(&list, "E100", ((DiagPlace){ "a.yaml", 3, 7 }), "hint", "first");
        (void) diag_error(&more, "E100", ((DiagPlace){ "a.yaml", 3, 7 }), "hint", "first");
        (void) diag_error(&more, "E100", ((DiagPlace){ "a.yaml", 4, 7 }), "hint", "first");
        (void) diag_error(&more, "E100", ((DiagPlace){ 0 }), NULL, "first");
        cr_assert_eq(diag_list_merge_unique(&list, &more), 0);
        cr_assert_eq(list.count, 3);
        cr_assert_eq(list.errors, 3);
        cr_assert_eq(more.count, 0);
}

Test(diag, bytes_that_are_no_utf8_do_not_cost_the_report)
{
        static const DiagPlace odd = { .source = "/etc/50-\xff.yml" };
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_json_ json_t *json = NULL;

        /* As "%.4s" cuts it: the second letter ends in the middle. */
        (void) diag_error(&list, "E100", odd, "h\xed\xa0\x80", "%.4s' is odd", "'\xc3\xa4\xc3\xa4");
        json = diag_list_to_json(&list);
        cr_assert_not_null(json);
        cr_assert_str_eq(list.items[0].source, "/etc/50-?.yml");
        cr_assert_str_eq(list.items[0].hint, "h???");
        cr_assert_str_eq(list.items[0].message, "'\xc3\xa4?' is odd");
}

/* The text of one error that stands in a source of one line. */
static char *print_in(const char *line, uint32_t column, uint32_t end_column)
{
        _cleanup_diags_ DiagList list = { 0 };

        (void) diag_error(&list, "E100", ((DiagPlace){ "x.yaml", 1, column, 1, end_column }), NULL,
                        "wrong");
        diag_list_add_excerpts(&list, 0, "x.yaml", line, strlen(line));
        return print(&list);
}

#define HEAD(column) "x.yaml:1:" column ": error: wrong [E100]\n"

Test(diag, the_line_is_shown_with_what_is_meant_underlined)
{
        _cleanup_free_ char *text = print_in("    func: BPRM_CHEK\nnext", 11, 20);

        cr_assert_str_eq(text, HEAD("11") "    1 |     func: BPRM_CHEK\n"
                                          "      |           ^~~~~~~~~\n");
}

Test(diag, the_caret_stands_under_the_right_cell)
{
        _cleanup_free_ char *wide = print_in("日本: x", 5, 6), *tab = print_in("\ta: x", 5, 6),
                            *control = print_in("\033: x", 4, 5);

        cr_assert_str_eq(wide, HEAD("5") "    1 | 日本: x\n"
                                         "      |       ^\n");
        cr_assert_str_eq(tab, HEAD("5") "    1 |         a: x\n"
                                        "      |            ^\n");
        cr_assert_str_eq(control, HEAD("4") "    1 | \\x1b: x\n"
                                            "      |       ^\n");
}

Test(diag, a_place_behind_the_line_and_one_that_goes_on_below_are_shown)
{
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_free_ char *behind = print_in("abc", 4, 4), *text = NULL;

        cr_assert_str_eq(behind, HEAD("4") "    1 | abc\n      |    ^\n");
        (void) diag_error(&list, "E100", ((DiagPlace){ "x.yaml", 1, 2, 2, 3 }), NULL, "wrong");
        diag_list_add_excerpts(&list, 0, "x.yaml", "abcd\nefgh\n", 10);
        text = print(&list);
        cr_assert_str_eq(text, HEAD("2") "    1 | abcd\n      |  ^~~\n");
}

Test(diag, a_long_line_is_cut_around_the_caret)
{
        char line[1001];
        _cleanup_free_ char *text = NULL;
        const char *caret;

        memset(line, 'x', 1000);
        line[1000] = '\0';
        line[499] = 'Y';
        text = print_in(line, 500, 501);
        caret = strstr(text, "      | ");
        cr_assert_lt(strlen(text), 400);
        cr_assert(strstr(text, "| …xxx") && strstr(text, "xxx…\n"));
        /* "…" has three bytes and one cell. */
        cr_assert_eq(strstr(text, "Y") - strstr(text, "    1 |") - 2, strstr(caret, "^") - caret);
}

Test(diag, related_places_show_their_own_lines)
{
        static const char source[] = "first\nsecond\n";
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_free_ char *text = NULL;

        (void) diag_error(&list, "E100", ((DiagPlace){ "x", 2, 1, 2, 7 }), NULL, "twice");
        diag_relate(&list, (DiagPlace){ "x", 1, 1, 1, 6 }, "first used here");
        diag_list_add_excerpts(&list, 0, "x", source, strlen(source));
        text = print(&list);
        cr_assert_str_eq(text, "x:2:1: error: twice [E100]\n"
                               "    2 | second\n      | ^~~~~~\n"
                               "  x:1:1: note: first used here\n"
                               "    1 | first\n      | ^~~~~\n");
}

Test(diag, a_fix_says_what_to_replace_insert_and_remove)
{
        static const char source[] = "uid: zero\n";
        static const DiagPlace key = { "x", 1, 1, 1, 4 }, value = { "x", 1, 6, 1, 10 };
        _cleanup_diags_ DiagList list = { 0 };
        _cleanup_free_ char *text = NULL;

        (void) diag_error(&list, "E100", value, NULL, "wrong");
        diag_suggest(&list, diag_place_before(key), "e");
        diag_suggest(&list, value, "0");
        diag_suggest(&list, diag_place_behind(value), "\n    when: {kernel: \">=6.3\"}");
        diag_list_add_excerpts(&list, 0, "x", source, strlen(source));
        text = print(&list);
        cr_assert(strstr(text, "  fix: insert e; replace zero by 0; add below line 1: "
                               "when: {kernel: \">=6.3\"}\n"),
                        "%s", text);
}

Test(diag, everything_travels_as_json)
{
        static const char source[] = "first\nsecond\n";
        _cleanup_diags_ DiagList list = { 0 }, copy = { 0 };
        _cleanup_json_ json_t *json = NULL;
        _cleanup_free_ char *before = NULL, *after = NULL;

        (void) diag_error(&list, "E100", ((DiagPlace){ "x", 2, 1, 2, 7 }), "hint", "twice");
        diag_relate(&list, (DiagPlace){ "x", 1, 1, 1, 6 }, "first used here");
        diag_suggest(&list, (DiagPlace){ "x", 2, 1, 2, 7 }, "third");
        diag_list_add_excerpts(&list, 0, "x", source, strlen(source));
        json = diag_list_to_json(&list);
        cr_assert_eq(diag_list_from_json(json, &copy), 0);
        before = print(&list);
        after = print(&copy);
        cr_assert(strstr(before, "fix: replace second by third"));
        cr_assert_str_eq(before, after);
}

Test(diag, a_fix_above_the_limit_is_taken_back_whole)
{
        _cleanup_diags_ DiagList list = { 0 };

        (void) diag_error(&list, "E100", place, NULL, "wrong");
        for (uint32_t i = 1; i <= DIAG_EDITS_MAX + 5; i++)
                diag_suggest(&list, (DiagPlace){ "x", i, 1, i, 2 }, "");
        cr_assert_eq(list.items[0].n_edits, 0);
}

Test(diag, what_belongs_to_a_dropped_diagnostic_is_dropped_with_it)
{
        _cleanup_diags_ DiagList list = { 0 };

        for (int i = 0; i < DIAG_LIST_MAX + 1; i++)
                (void) diag_error(&list, "E100", place, NULL, "number %d", i);
        diag_relate(&list, place, "here");
        cr_assert_eq(list.items[DIAG_LIST_MAX - 1].n_related, 0);
}

Test(diag, places_count_lines_and_characters)
{
        DiagPlace start = { .source = "a", .line = 3, .column = 5 }, found;

        found = diag_place_in(start, "\xc3\xa9 b", 3, 1);
        cr_expect_eq(found.line, 3);
        cr_expect_eq(found.column, 7);
        cr_expect_eq(found.end_column, 8);
        found = diag_place_in(start, "x\n yz\n", 3, 3);
        cr_expect_eq(found.line, 4);
        cr_expect_eq(found.column, 2);
        cr_expect_eq(found.end_line, 5);
        cr_expect_eq(found.end_column, 1);
}
