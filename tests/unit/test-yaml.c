/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/policy/code.h"
#include "core/policy/fragment/yaml.h"

static int parse(const char *text, YamlDocument *ret_document, DiagList *diags)
{
        return yaml_parse(text, strlen(text), "test.yaml", ret_document, diags);
}

Test(yaml, nodes_know_their_places_and_stay_text)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        const YamlNode *list, *item;

        cr_assert_eq(parse("a: 010\nb:\n  - 'yes'\n  - {c: ~}\n", &document, &diags), 0);
        cr_assert_str_eq(yaml_find(document.root, "a")->text, "010");
        cr_assert(yaml_find(document.root, "a")->plain);
        cr_assert_eq(yaml_find(document.root, "a")->column, 4);
        list = yaml_find(document.root, "b");
        cr_assert_eq(list->type, YAML_TYPE_SEQUENCE);
        cr_assert_eq(list->key->line, 2);
        cr_assert_eq(list->first->line, 3);
        cr_assert_eq(list->first->column, 5);
        cr_assert_not(list->first->plain);
        item = yaml_find(list->first->next, "c");
        cr_assert_str_eq(item->text, "~");
        cr_assert_null(yaml_find(document.root, "none"));
}

static void expect_end(const YamlNode *node, uint32_t line, uint32_t column)
{
        cr_expect_eq(node->end_line, line);
        cr_expect_eq(node->end_column, column);
}

/* What is written without brackets ends with its last child, not with the next token. */
Test(yaml, nodes_know_their_ends)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        const YamlNode *list;

        cr_assert_eq(parse("a: 'é'\nb:\n  - c: d\n    e: [1,\n      2]\n\n# end\nf: g\n", &document,
                                     &diags),
                        0);
        expect_end(yaml_find(document.root, "a"), 1, 7);
        list = yaml_find(document.root, "b");
        expect_end(list->key, 2, 2);
        expect_end(yaml_find(list->first, "e"), 5, 9);
        expect_end(list->first, 5, 9);
        expect_end(list, 5, 9);
        expect_end(document.root, 8, 5);
}

Test(yaml, aliases_have_their_own_place_and_share_what_they_name)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        const YamlNode *a, *b;

        cr_assert_eq(parse("a: &x [1, 2]\nb: *x\nc: 3\n", &document, &diags), 0);
        a = yaml_find(document.root, "a");
        b = yaml_find(document.root, "b");
        cr_assert_eq(b->line, 2);
        cr_assert_eq(a->first, b->first);
        cr_assert_str_eq(yaml_find(document.root, "c")->text, "3");
}

Test(yaml, a_later_anchor_of_the_same_name_counts)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("a: &x 1\nb: &x 2\nc: *x\n", &document, &diags), 0);
        cr_assert_str_eq(yaml_find(document.root, "c")->text, "2");
}

Test(yaml, text_without_content_has_no_root)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("# nothing\n", &document, &diags), 0);
        cr_assert_null(document.root);
}

Test(yaml, size_is_limited_before_anything_is_read)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size = YAML_SIZE_MAX + 1;
        char *text = malloc(size);

        memset(text, '\t', size);
        cr_assert_eq(yaml_parse(text, size, "big.yaml", &document, &diags), -EBADMSG);
        cr_assert_eq(diags.count, 1);
        cr_assert_str_eq(diags.items[0].code, POLICY_CODE_YAML_LIMIT);
        free(text);
}

Test(yaml, every_kind_of_bad_byte_is_said_in_one_run)
{
        static const char text[] = "\xef\xbb\xbf"
                                   "a: \x01\r\n\tb: \xff\n\0c";
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(yaml_parse(text, sizeof(text) - 1, "bad.yaml", &document, &diags), -EBADMSG);
        cr_assert_eq(diags.count, 6);
        cr_assert_eq(diags.items[5].line, 3);
        cr_assert_null(document.root);
}

Test(yaml, utf8_is_held_to_its_shortest_forms)
{
        static const char *const invalid[] = { "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82", "\x80" };

        for (size_t i = 0; i < ELEMENTSOF(invalid); i++) {
                _cleanup_yaml_ YamlDocument document = { 0 };
                _cleanup_diags_ DiagList diags = { 0 };
                char text[16];

                (void) snprintf(text, sizeof(text), "a: %s\n", invalid[i]);
                cr_expect_eq(parse(text, &document, &diags), -EBADMSG, "sequence %zu", i);
        }
}

Test(yaml, umlauts_and_emoji_are_text)
{
        _cleanup_yaml_ YamlDocument document = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };

        cr_assert_eq(parse("a: \xc3\xbc\xf0\x9f\x98\x80 # \xe2\x82\xac\n", &document, &diags), 0);
        cr_assert_str_eq(document.root->first->text, "\xc3\xbc\xf0\x9f\x98\x80");
}
