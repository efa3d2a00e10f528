/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/suggest.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/strings.h"

/* What people call the words of the kernel. */
static const struct {
        KeywordId id;
        const char *text;
        const char *word;
} synonyms[] = {
        {KEYWORD_FUNC,           "exec",      "BPRM_CHECK"        },
        { KEYWORD_FUNC,          "execve",    "BPRM_CHECK"        },
        { KEYWORD_FUNC,          "bprm",      "BPRM_CHECK"        },
        { KEYWORD_FUNC,          "mmap",      "MMAP_CHECK"        },
        { KEYWORD_FUNC,          "open",      "FILE_CHECK"        },
        { KEYWORD_FUNC,          "file",      "FILE_CHECK"        },
        { KEYWORD_FUNC,          "module",    "MODULE_CHECK"      },
        { KEYWORD_FUNC,          "firmware",  "FIRMWARE_CHECK"    },
        { KEYWORD_FUNC,          "policy",    "POLICY_CHECK"      },
        { KEYWORD_FUNC,          "kexec",     "KEXEC_KERNEL_CHECK"},
        { KEYWORD_FUNC,          "key",       "KEY_CHECK"         },
        { KEYWORD_MASK,          "x",         "MAY_EXEC"          },
        { KEYWORD_MASK,          "exec",      "MAY_EXEC"          },
        { KEYWORD_MASK,          "execute",   "MAY_EXEC"          },
        { KEYWORD_MASK,          "r",         "MAY_READ"          },
        { KEYWORD_MASK,          "read",      "MAY_READ"          },
        { KEYWORD_MASK,          "w",         "MAY_WRITE"         },
        { KEYWORD_MASK,          "write",     "MAY_WRITE"         },
        { KEYWORD_MASK,          "append",    "MAY_APPEND"        },
        { KEYWORD_ACTION,        "enforce",   "appraise"          },
        { KEYWORD_ACTION,        "verify",    "appraise"          },
        { KEYWORD_ACTION,        "log",       "audit"             },
        { KEYWORD_DIGEST_TYPE,   "fsverity",  "verity"            },
        { KEYWORD_DIGEST_TYPE,   "fs-verity", "verity"            },
        { KEYWORD_APPRAISE_TYPE, "sig",       "imasig"            },
        { KEYWORD_APPRAISE_TYPE, "sigv2",     "imasig"            },
        { KEYWORD_APPRAISE_TYPE, "digsig",    "imasig"            },
        { KEYWORD_APPRAISE_TYPE, "signature", "imasig"            },
        { KEYWORD_APPRAISE_TYPE, "modsig",    "imasig|modsig"     },
        { KEYWORD_APPRAISE_TYPE, "verity",    "sigv3"             },
};

const char *suggest_find_word(KeywordId id, const char *text)
{
        for (size_t i = 0; i < ELEMENTSOF(synonyms); i++)
                if (synonyms[i].id == id && strcasecmp(synonyms[i].text, text) == 0)
                        return synonyms[i].word;
        return rule_value_nearest_word(id, text);
}

#define BETWEEN_MAX 32

static bool is_plain_scalar(const char *text)
{
        static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_./^$|+-";

        return *text != '\0' && !strchr("-|+", *text) && strspn(text, inside) == strlen(text);
}

/* What is not plain holds no quotes and backslashes: values of the kernel have none. */
static int append_scalar(Buffer *buffer, const char *before, const char *text)
{
        bool plain = is_plain_scalar(*before ? before : text) && is_plain_scalar(text);

        return buffer_append_format(
                        buffer, "%s%s%s%s", plain ? "" : "\"", before, text, plain ? "" : "\"");
}

void suggest_scalar(DiagList *diags, DiagPlace place, const char *text)
{
        _cleanup_buffer_ Buffer buffer = { 0 };

        if (append_scalar(&buffer, "", text) >= 0)
                diag_suggest(diags, place, buffer.data);
}

void suggest_pair(DiagList *diags, DiagPlace place, const char *first, const char *second)
{
        _cleanup_buffer_ Buffer buffer = { 0 };

        if (buffer_append(&buffer, "[", 1) >= 0 && append_scalar(&buffer, "", first) >= 0 &&
                        buffer_append_string(&buffer, ", ") >= 0 &&
                        append_scalar(&buffer, "", second) >= 0 &&
                        buffer_append(&buffer, "]", 1) >= 0)
                diag_suggest(diags, place, buffer.data);
}

void suggest_range(DiagList *diags, DiagPlace place, char op, const char *text)
{
        const char before[] = { op, '\0' };
        _cleanup_buffer_ Buffer buffer = { 0 };

        if (append_scalar(&buffer, before, text) >= 0)
                diag_suggest(diags, place, buffer.data);
}

bool suggest_next_number(char op, const char *text, uint32_t *ret_number)
{
        uint64_t number;

        if (parse_u64(text, UINT32_MAX - 2, &number) < 0 || (op == '>' && number == 0))
                return false;
        *ret_number = (uint32_t) (op == '>' ? number - 1 : number + 1);
        return true;
}

void suggest_bound(DiagList *diags, DiagPlace key_place, const char *key, DiagPlace place, char op,
                const char *text)
{
        uint32_t number;
        char next[16];

        if (!suggest_next_number(op, text, &number))
                return;
        (void) snprintf(next, sizeof(next), "%" PRIu32, number);
        diag_suggest(diags, key_place, key);
        diag_suggest(diags, place, next);
}

/* A mapping in braces begins before its first key. */
static bool is_flow(const YamlNode *mapping)
{
        const YamlNode *key = mapping->first->key;

        return key->line != mapping->line || key->column != mapping->column;
}

static const YamlNode *find_before(const YamlNode *mapping, const YamlNode *value)
{
        yaml_foreach(item, mapping) if (item->next == value) return item;
        return NULL;
}

void suggest_entry(DiagList *diags, const char *source, const YamlNode *mapping,
                const YamlNode *before, const char *entry)
{
        _cleanup_free_ char *text = NULL;
        int indent = (int) mapping->column - 1;
        const YamlNode *last;
        DiagPlace place;

        if (!mapping->first)
                return;
        if (before) {
                place = diag_place_before(yaml_place(before->key, source));
                if ((is_flow(mapping) ? asprintf(&text, "%s, ", entry)
                                      : asprintf(&text, "%s\n%*s", entry, indent, "")) < 0)
                        return;
        } else {
                last = find_before(mapping, NULL);
                /* A text of several lines ends in the line below it. */
                if (!last || last->end_column == 1)
                        return;
                place = diag_place_behind(yaml_place(last, source));
                if ((is_flow(mapping) ? asprintf(&text, ", %s", entry)
                                      : asprintf(&text, "\n%*s%s", indent, "", entry)) < 0)
                        return;
        }
        diag_suggest(diags, place, text);
}

void suggest_removal(
                DiagList *diags, const char *source, const YamlNode *mapping, const YamlNode *value)
{
        const YamlNode *before = find_before(mapping, value);
        DiagPlace place = yaml_place(value, source);

        if (!before && !value->next)
                return;
        if (!before) {
                place = yaml_place(value->key, source);
                place.end_line = value->next->key->line;
                place.end_column = value->next->key->column;
        } else if (is_flow(mapping)) {
                place.line = before->end_line;
                place.column = before->end_column;
        } else {
                place = (DiagPlace){ source, value->key->line, 1, value->end_line + 1, 1 };
        }
        diag_suggest(diags, place, "");
}

bool suggest_list(DiagList *diags, DiagPlace place, const YamlNode *node,
                bool (*accept)(const void *context, const char *item), const void *context)
{
        _cleanup_buffer_ Buffer list = { 0 };
        _cleanup_free_ char *copy = strdup(node->text);
        bool is_item = !node->key;
        size_t n = 0;
        char *state = NULL;
        int r = copy && !is_item ? buffer_append(&list, "[", 1) : 0;

        for (char *item = copy ? strtok_r(copy, " \t,|", &state) : NULL; item && r >= 0;
                        item = strtok_r(NULL, " \t,|", &state)) {
                if (!accept(context, item))
                        return false;
                r = buffer_append_string(&list, n++ > 0 ? ", " : "");
                if (r >= 0)
                        r = append_scalar(&list, "", item);
        }
        if (r >= 0 && !is_item)
                r = buffer_append(&list, "]", 1);
        if (r < 0 || n < 2)
                return false;
        diag_suggest(diags, place, list.data);
        return true;
}

void suggest_make_word(const char *text, size_t max, char *ret_word)
{
        size_t n = 0;

        for (; *text && n < max; text++) {
                unsigned char c = (unsigned char) *text;

                if (c < 0x80 && isalnum(c))
                        ret_word[n++] = (char) tolower(c);
                else if (n > 0 && ret_word[n - 1] != '-')
                        ret_word[n++] = '-';
        }
        while (n > 0 && ret_word[n - 1] == '-')
                n--;
        ret_word[n] = '\0';
}

/* The operator stands at the end of the key or at the start of the value. */
static bool get_bound(const YamlNode *value, char *ret_operator, uint64_t *ret_number)
{
        const char *key = value->key->text, *text = value->text;
        size_t length = strlen(key);

        if (value->type != YAML_TYPE_SCALAR || length == 0)
                return false;
        *ret_operator = key[length - 1];
        if (!strchr("<>", *ret_operator))
                *ret_operator = *text++;
        return (*ret_operator == '<' || *ret_operator == '>') &&
               parse_u64(text, UINT32_MAX, ret_number) >= 0;
}

static int append_between(Buffer *list, const char *keyword, uint64_t low, uint64_t high)
{
        int r = buffer_append_format(list, "%s: [", keyword);

        for (uint64_t i = low + 1; r >= 0 && i < high; i++)
                r = buffer_append_format(list, "%s%" PRIu64, i > low + 1 ? ", " : "", i);
        return r < 0 ? r : buffer_append(list, "]", 1);
}

void suggest_between(DiagList *diags, const char *source, const YamlNode *mapping,
                const YamlNode *first, const YamlNode *second, const char *keyword)
{
        DiagPlace place = yaml_place(first->key, source);
        _cleanup_buffer_ Buffer list = { 0 };
        uint64_t low, high, swapped;
        char op, other;

        if (!get_bound(first, &op, &low) || !get_bound(second, &other, &high) || op == other)
                return;
        if (op == '<') {
                swapped = low;
                low = high;
                high = swapped;
        }
        if (high < low + 2 || high - low - 1 > BETWEEN_MAX ||
                        append_between(&list, keyword, low, high) < 0)
                return;
        place.end_line = first->end_line;
        place.end_column = first->end_column;
        diag_suggest(diags, place, list.data);
        suggest_removal(diags, source, mapping, second);
}
