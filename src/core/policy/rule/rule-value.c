/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule/rule-value.h"

#include "base/digest.h"
#include "base/strings.h"

#define WORD_SIZE 64
#define UUID_LENGTH 36
#define WORDS_MAX 64
#define ENDING_MIN 4

static const KernelNeed no_need;

/* Hash names that older kernels lack (crypto/hash_info.c). */
static const struct {
        HashAlgorithm algorithm;
        KernelNeed need;
} hash_needs[] = {
        {HASH_SHA3_256,  { .version = { 6, 7 } }},
        { HASH_SHA3_384, { .version = { 6, 7 } }},
        { HASH_SHA3_512, { .version = { 6, 7 } }},
};

static int digit_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* kstrtoull() of lib/kstrtox.c: an overflow counts before junk behind the digits. */
static int parse_long_long(const char *text, unsigned base, uint64_t *ret_number)
{
        uint64_t number = 0;
        const char *p = text + (*text == '+');
        const char *digits;
        bool overflow = false;

        if (base == 16 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
                p += 2;
        for (digits = p; (unsigned) digit_value(*p) < base; p++)
                overflow |= __builtin_mul_overflow(number, base, &number) ||
                            __builtin_add_overflow(number, (uint64_t) digit_value(*p), &number);
        if (overflow)
                return -ERANGE;
        if (p == digits || *p != '\0')
                return -EINVAL;
        *ret_number = number;
        return 0;
}

static unsigned word_size(const Target *target)
{
        return target ? target->word_size : WORD_SIZE;
}

/* kstrtoul() */
static int parse_kernel_number(
                const char *text, unsigned base, const Target *target, uint64_t *ret_number)
{
        uint64_t number;
        int r = parse_long_long(text, base, &number);

        if (r < 0)
                return r;
        if (word_size(target) < WORD_SIZE && number >> word_size(target) != 0)
                return -ERANGE;
        *ret_number = number;
        return 0;
}

static int parse_id(const Keyword *keyword, const char *text, const Target *target,
                uint64_t *ret_number)
{
        uint64_t number;
        int r = parse_kernel_number(text, 10, target, &number);

        if (r < 0)
                return r;
        if (number >= UINT32_MAX)
                return -EINVAL;
        if (target && !target_ids_contain(keyword->type == VALUE_TYPE_USER ? &target->uids
                                                                           : &target->gids,
                                      number))
                return -EINVAL;
        *ret_number = number;
        return 0;
}

/* kstrtoint(); the kernel has a bit of an unsigned long for each PCR. */
static int parse_pcr(const char *text, const Target *target, uint64_t *ret_number)
{
        bool negative = *text == '-';
        uint64_t number;

        if (parse_long_long(text + negative, 10, &number) < 0 || (negative && text[1] == '+') ||
                        (negative ? number > 0 : number >= word_size(target)))
                return -EINVAL;
        *ret_number = number;
        return 0;
}

static int parse_words(
                ValueType type, const char *text, uint64_t *ret_number, const char **ret_text)
{
        const ValueWord *words = value_type_get_words(type);

        for (const ValueWord *word = words; word->name; word++)
                if (string_equal(word->name, text)) {
                        const ValueWord *first = words;

                        while (first->number != word->number)
                                first++;
                        *ret_number = word->number;
                        *ret_text = first->name;
                        return 0;
                }
        return -EINVAL;
}

/* A template is found by its name or its format, the kernel command line can add one format. */
static int parse_template(
                const char *text, const Target *target, uint64_t *ret_number, const char **ret_text)
{
        if (target && string_equal(target->template_format, text)) {
                *ret_number = TEMPLATE_CUSTOM;
                return 0;
        }
        return parse_words(VALUE_TYPE_TEMPLATE, text, ret_number, ret_text);
}

static int parse_func(const char *text, uint64_t *ret_number, const char **ret_text)
{
        for (int i = RULE_FUNC_NONE + 1; i < RULE_FUNC_MAX; i++) {
                const RuleFuncInfo *info = rule_func_get_info((RuleFunc) i);

                if (string_equal(info->name, text) || string_equal(info->alias, text)) {
                        *ret_number = (uint64_t) i;
                        *ret_text = info->name;
                        return 0;
                }
        }
        return -EINVAL;
}

/* ret_number is 0 for the UUID of zeros only, which the kernel takes for none. */
static int parse_uuid(const char *text, uint64_t *ret_number)
{
        uint64_t any = 0;

        for (size_t i = 0; i < UUID_LENGTH; i++) {
                bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

                if (hyphen ? text[i] != '-' : digit_value(text[i]) >= 16)
                        return -EINVAL;
                any |= !hyphen && text[i] != '0';
        }
        *ret_number = any;
        return 0;
}

static int parse_list(const char *text, char separator)
{
        for (;;) {
                const char *end = strchrnul(text, separator);

                if (end == text)
                        return -EINVAL;
                if (*end == '\0')
                        return 0;
                text = end + 1;
        }
}

/* Bits by hash id. */
static int parse_hashes(const char *text, uint64_t *ret_number)
{
        uint64_t number = 0;

        for (;;) {
                const char *end = strchrnul(text, ',');
                char name[32];
                HashAlgorithm algorithm;

                if ((size_t) (end - text) >= sizeof(name))
                        return -EINVAL;
                memcpy(name, text, (size_t) (end - text));
                name[end - text] = '\0';
                algorithm = hash_algorithm_from_string(name);
                if (algorithm < 0)
                        return -EINVAL;
                number |= BIT(algorithm);
                if (*end == '\0')
                        break;
                text = end + 1;
        }
        *ret_number = number;
        return 0;
}

/* long: one case for each form of value, each a call. */
static int parse_by_type(const Keyword *keyword, const char *text, const Target *target,
                uint64_t *ret_number, const char **ret_text)
{
        switch (keyword->type) {
        case VALUE_TYPE_FUNC:
                return parse_func(text, ret_number, ret_text);
        case VALUE_TYPE_MAGIC:
                return parse_kernel_number(text, 16, target, ret_number);
        case VALUE_TYPE_USER:
        case VALUE_TYPE_GROUP:
                return parse_id(keyword, text, target, ret_number);
        case VALUE_TYPE_PCR:
                return parse_pcr(text, target, ret_number);
        case VALUE_TYPE_UUID:
                return parse_uuid(text, ret_number);
        case VALUE_TYPE_LIST:
                return parse_list(text, keyword->separator);
        case VALUE_TYPE_HASHES:
                return parse_hashes(text, ret_number);
        case VALUE_TYPE_TEXT:
        case VALUE_TYPE_LABEL:
        case VALUE_TYPE_APPRAISE_FLAG:
                return 0;
        case VALUE_TYPE_TEMPLATE:
                return parse_template(text, target, ret_number, ret_text);
        case VALUE_TYPE_FLAG:
                return -EINVAL;
        default:
                return parse_words(keyword->type, text, ret_number, ret_text);
        }
}

static char *format_number(const Keyword *keyword, uint64_t number, Arena *arena)
{
        bool magic = keyword->type == VALUE_TYPE_MAGIC;
        unsigned base = magic ? 16 : 10;
        char text[24];
        size_t start = sizeof(text);

        do {
                text[--start] = "0123456789abcdef"[number % base];
                number /= base;
        } while (number > 0);
        if (magic) {
                text[--start] = 'x';
                text[--start] = '0';
        }
        return arena_copy_text(arena, text + start, sizeof(text) - start);
}

static char *lower_uuid(const char *text, Arena *arena)
{
        char *copy = arena_copy_text(arena, text, UUID_LENGTH);

        for (size_t i = 0; copy && i < UUID_LENGTH; i++)
                if (copy[i] >= 'A' && copy[i] <= 'F')
                        copy[i] |= 0x20;
        return copy;
}

int rule_value_parse(KeywordId id, KeywordOperator op, const char *text, const Target *target,
                Arena *arena, RuleValue *ret_value)
{
        const Keyword *keyword = keyword_get(id);
        const char *canonical = text;
        uint64_t number = 0;
        int r;

        if (*text == '\0')
                return -EINVAL;
        r = parse_by_type(keyword, text, target, &number, &canonical);
        if (r < 0)
                return r;
        if (keyword->type == VALUE_TYPE_MAGIC || keyword->type == VALUE_TYPE_USER ||
                        keyword->type == VALUE_TYPE_GROUP || keyword->type == VALUE_TYPE_PCR)
                canonical = format_number(keyword, number, arena);
        else if (keyword->type == VALUE_TYPE_UUID)
                canonical = lower_uuid(text, arena);
        else if (canonical == text)
                canonical = arena_copy_text(arena, text, strlen(text));
        if (!canonical)
                return -ENOMEM;
        *ret_value = (RuleValue){ (uint8_t) id, (uint8_t) op, number, canonical };
        return 0;
}

int rule_value_from_number(KeywordId id, KeywordOperator op, uint64_t number, Arena *arena,
                RuleValue *ret_value)
{
        const char *text = format_number(keyword_get(id), number, arena);

        if (!text)
                return -ENOMEM;
        *ret_value = (RuleValue){ (uint8_t) id, (uint8_t) op, number, text };
        return 0;
}

const KernelNeed *rule_value_get_need(const RuleValue *value)
{
        const Keyword *keyword = keyword_get((KeywordId) value->keyword);
        const ValueWord *words = value_type_get_words(keyword->type);

        if (keyword->type == VALUE_TYPE_FUNC)
                return &rule_func_get_info((RuleFunc) value->number)->need;
        if (keyword->type == VALUE_TYPE_HASHES)
                for (size_t i = 0; i < ELEMENTSOF(hash_needs); i++)
                        if (value->number & BIT(hash_needs[i].algorithm))
                                return &hash_needs[i].need;
        for (; words && words->name; words++)
                if (words->number == value->number)
                        return &words->need;
        return &no_need;
}

char *rule_value_format_hint(KeywordId id, const char *nearest)
{
        char *hint;

        if (asprintf(&hint, "%s%s%s%s", nearest ? "did you mean " : "", nearest ?: "",
                            nearest ? "? Expected: " : "expected: ", keyword_get(id)->expected) < 0)
                return NULL;
        return hint;
}

const char *rule_value_nearest_word(KeywordId id, const char *text)
{
        const char *names[WORDS_MAX + 1] = { NULL };
        ValueType type = keyword_get(id)->type;
        const ValueWord *words = value_type_get_words(type);
        size_t n = 0;

        if (type == VALUE_TYPE_FUNC)
                for (int i = RULE_FUNC_NONE + 1; i < RULE_FUNC_MAX; i++)
                        names[n++] = rule_func_get_info((RuleFunc) i)->name;
        else if (type == VALUE_TYPE_HASHES)
                for (int i = 0; i < HASH_ALGORITHM_MAX; i++)
                        names[n++] = hash_algorithm_to_string((HashAlgorithm) i);
        for (; words && words->name && n < WORDS_MAX; words++)
                names[n++] = words->name;
        names[n] = NULL;
        /* Who writes the end of a word means the word: EXEC, modsig. */
        for (size_t i = 0; i < n && strlen(text) >= ENDING_MIN; i++)
                if (string_ends_with(names[i], text))
                        return names[i];
        return string_nearest(text, names);
}

bool rule_value_list_has(const char *list, const char *item, size_t length)
{
        for (;;) {
                const char *end = strchrnul(list, '|');

                if ((size_t) (end - list) == length && memcmp(list, item, length) == 0)
                        return true;
                if (*end == '\0')
                        return false;
                list = end + 1;
        }
}
