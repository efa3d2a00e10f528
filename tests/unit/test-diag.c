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
