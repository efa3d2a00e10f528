/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON schema of fragments has the keywords and words of the compiler's tables, no more, no
 * less. */
#include <jansson.h>

#include "base/digest.h"
#include "base/json.h"
#include "core/policy/rule/keyword.h"
#include "core/policy/rule/names.h"
#include "fixture-policy.h"

static json_t *load_schema(void)
{
        _cleanup_free_ char *path = fixture_path("%s/../../schema/policy-1.schema.json",
                                            getenv("TEST_DATA")),
                            *text = NULL;
        json_t *schema;
        size_t size;

        text = fixture_read(path, &size);
        schema = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        cr_assert_not_null(schema);
        return schema;
}

static const json_t *get(const json_t *object, const char *first, const char *second)
{
        const json_t *value = json_object_get(json_object_get(object, first), second);

        cr_assert_not_null(value, "%s/%s", first, second);
        return value;
}

/* All words of a definition: its enumerations and constants. Borrowed from the schema. */
static void add_words(const json_t *node, const char **words, size_t *n_words)
{
        const json_t *item;
        const char *constant = json_string_value(json_object_get(node, "const"));
        size_t i;

        if (constant) {
                words[(*n_words)++] = constant;
                cr_expect_not_null(json_object_get(node, "description"), "%s", constant);
        }
        json_array_foreach (json_object_get(node, "enum"), i, item)
                words[(*n_words)++] = json_string_value(item);
        json_array_foreach (json_object_get(node, "anyOf"), i, item)
                add_words(item, words, n_words);
}

#define WORDS_MAX 128

static bool has_word(const char *const *words, const char *word)
{
        for (; *words; words++)
                if (strcmp(*words, word) == 0)
                        return true;
        return false;
}

/* The definition consists of exactly these words. */
static void expect_words(const json_t *schema, const char *definition, const char *const *expected)
{
        const char *words[WORDS_MAX] = { NULL };
        size_t n_words = 0, n_expected = 0;

        add_words(get(schema, "definitions", definition), words, &n_words);
        for (; expected[n_expected]; n_expected++)
                cr_expect(has_word(words, expected[n_expected]), "%s lacks %s", definition,
                                expected[n_expected]);
        for (size_t i = 0; i < n_words; i++)
                cr_expect(has_word(expected, words[i]), "%s: the compiler does not know %s",
                                definition, words[i]);
        cr_expect_eq(n_words, n_expected, "%s", definition);
}

static void expect_value_words(const json_t *schema, const char *definition, ValueType type)
{
        const char *expected[WORDS_MAX] = { NULL };
        size_t n = 0;

        for (const ValueWord *word = value_type_get_words(type); word->name; word++)
                expected[n++] = word->name;
        expect_words(schema, definition, expected);
}

Test(schema, values_are_those_of_the_tables)
{
        _cleanup_json_ json_t *schema = load_schema();

        expect_value_words(schema, "action", VALUE_TYPE_ACTION);
        expect_value_words(schema, "mask", VALUE_TYPE_MASK);
        expect_value_words(schema, "digest_type", VALUE_TYPE_DIGEST_TYPE);
        expect_value_words(schema, "appraise_type", VALUE_TYPE_APPRAISE_TYPE);
        expect_value_words(schema, "template", VALUE_TYPE_TEMPLATE);
}

Test(schema, funcs_are_those_of_the_table)
{
        _cleanup_json_ json_t *schema = load_schema();
        const char *expected[WORDS_MAX] = { NULL };
        size_t n = 0;

        for (int i = RULE_FUNC_NONE + 1; i < RULE_FUNC_MAX; i++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) i);

                expected[n++] = info->name;
                if (info->alias)
                        expected[n++] = info->alias;
        }
        expect_words(schema, "func", expected);
}

Test(schema, hashes_are_those_of_the_table)
{
        _cleanup_json_ json_t *schema = load_schema();
        const char *expected[WORDS_MAX] = { NULL };

        for (int i = 0; i < HASH_ALGORITHM_MAX; i++)
                expected[i] = hash_algorithm_to_string((HashAlgorithm) i);
        expect_words(schema, "hash", expected);
}

Test(schema, file_systems_are_those_of_the_table)
{
        _cleanup_json_ json_t *schema = load_schema();
        const char *expected[WORDS_MAX] = { NULL };
        size_t count;
        const FilesystemName *names = filesystem_list(&count);

        cr_assert_lt(count, WORDS_MAX);
        for (size_t i = 0; i < count; i++)
                expected[i] = names[i].name;
        expect_words(schema, "filesystem", expected);
}

/* "uid>" is the keyword uid with the operator >. */
static KeywordId find_key(const char *key)
{
        size_t length = strcspn(key, "<>");
        KeywordId id = strcmp(key, "action") == 0 ? KEYWORD_ACTION : keyword_find(key, length);

        if (id >= 0 && key[length] && !strchr(keyword_get(id)->operators, key[length]))
                return KEYWORD_INVALID;
        return id;
}

Test(schema, keys_of_rules_are_the_keywords)
{
        _cleanup_json_ json_t *schema = load_schema();
        const json_t *keys = json_object_get(get(schema, "definitions", "rule"), "properties");
        static const char *const others[] = { "id", "when", "allow", NULL };
        json_t *value;
        const char *key;

        json_object_foreach ((json_t *) keys, key, value)
                if (!has_word(others, key)) {
                        cr_expect_geq((int) find_key(key), 0, "%s is no keyword", key);
                        cr_expect_not_null(json_object_get(value, "description"), "%s", key);
                }
        for (int i = KEYWORD_ACTION; i < KEYWORD_MAX; i++) {
                const Keyword *keyword = keyword_get((KeywordId) i);

                cr_expect_not_null(json_object_get(keys, keyword->name), "%s is missing",
                                keyword->name);
                for (const char *op = keyword->operators; *op; op++) {
                        _cleanup_free_ char *with = fixture_path("%s%c", keyword->name, *op);

                        if (*op != '=')
                                cr_expect_not_null(
                                                json_object_get(keys, with), "%s is missing", with);
                }
        }
}
