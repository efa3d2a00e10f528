/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/fragment-value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/suggest.h"

#define UUID_LENGTH 36
#define VALUE_SHOWN_MAX 80

typedef struct Scalar {
        const FragmentValueContext *context;
        const YamlNode *node;
        const Keyword *keyword;
        KeywordId id;
        KeywordOperator op;
        const char *text;
} Scalar;

static DiagPlace place_of(const Scalar *s)
{
        return yaml_place(s->node, s->context->source);
}

#define refuse(s, code, hint, ...)                                                                 \
        diag_error((s)->context->diags, code, place_of(s), hint, __VA_ARGS__)

/* One of several values that somebody has written into one. */
static bool is_value(const void *context, const char *item)
{
        const Scalar *s = context;
        RuleValue value;

        if (s->keyword->type == VALUE_TYPE_MAGIC && filesystem_find_name(item))
                return true;
        return rule_value_parse(s->id, s->op, item, s->context->target, s->context->arena,
                               &value) >= 0;
}

/* With the operator that stands in the value. */
static void suggest_value(const Scalar *s, const char *text)
{
        if (s->op != KEYWORD_OPERATOR_EQUAL && s->node->text[0] == (char) s->op)
                suggest_range(s->context->diags, place_of(s), (char) s->op, text);
        else
                suggest_scalar(s->context->diags, place_of(s), text);
}

/* "did you mean X?" where there is an X, else what a value looks like. */
static int refuse_unknown(const Scalar *s, const char *code, const char *nearest, const char *what)
{
        _cleanup_free_ char *hint = rule_value_format_hint(s->id, nearest);
        int r;

        if (!hint)
                return -ENOMEM;
        r = refuse(s, code, hint, "%s: '%.*s' %s", s->keyword->name, VALUE_SHOWN_MAX, s->text,
                        what);
        if (!suggest_list(s->context->diags, place_of(s), s->node, is_value, s) && nearest)
                suggest_value(s, nearest);
        return r;
}

static int refuse_second_operator(const Scalar *s)
{
        int r = refuse(s, POLICY_CODE_OPERATOR, "write the operator once",
                        "%s has an operator in its key and in its value", s->keyword->name);

        if (s->text[0] == (char) s->op)
                suggest_scalar(s->context->diags, place_of(s), s->text + 1);
        return r;
}

static int refuse_or_equal(const Scalar *s)
{
        int r = refuse(s, POLICY_CODE_OPERATOR,
                        "the kernel has > and < only: instead of >=1000 write >999, instead of "
                        "<=999 <1000",
                        "%s has no operator %c=", s->keyword->name, s->op);
        uint32_t number;
        char text[16];

        if (suggest_next_number((char) s->op, s->text + 1, &number)) {
                (void) snprintf(text, sizeof(text), "%" PRIu32, number);
                suggest_range(s->context->diags, place_of(s), (char) s->op, text);
        }
        return r;
}

/* uid: ">999" is the same as uid>: 999. */
static int split_operator(Scalar *s)
{
        if (s->text[0] != '>' && s->text[0] != '<')
                return 0;
        if (s->keyword->type == VALUE_TYPE_LABEL || s->keyword->type == VALUE_TYPE_TEXT ||
                        s->keyword->type == VALUE_TYPE_LIST ||
                        s->keyword->type == VALUE_TYPE_APPRAISE_FLAG)
                return 0;
        if (!strchr(s->keyword->operators, s->text[0]))
                return refuse(s, POLICY_CODE_OPERATOR,
                                "ranges exist for uid, euid, gid, egid, fowner and fgroup",
                                "%s has no operator %c", s->keyword->name, s->text[0]);
        if (s->op != KEYWORD_OPERATOR_EQUAL)
                return refuse_second_operator(s);
        s->op = (KeywordOperator) s->text[0];
        s->text++;
        s->text += strspn(s->text, " ");
        return s->text[0] == '=' ? refuse_or_equal(s) : 0;
}

static int refuse_blanks(const Scalar *s)
{
        int r = refuse(s, POLICY_CODE_UNREADABLE_VALUE,
                        "the kernel splits a rule at blanks and has no quoting; a list of values "
                        "is written [a, b]",
                        "%s: a value cannot contain blanks or control characters",
                        s->keyword->name);

        (void) suggest_list(s->context->diags, place_of(s), s->node, is_value, s);
        return r;
}

static int check_characters(const Scalar *s)
{
        if (s->text[0] == '\0') {
                _cleanup_free_ char *hint = rule_value_format_hint(s->id, NULL);

                return refuse(s, POLICY_CODE_EMPTY_VALUE, hint, "%s has no value",
                                s->keyword->name);
        }
        for (const unsigned char *p = (const unsigned char *) s->text; *p; p++)
                if (*p <= ' ' || *p == 0x7f)
                        return refuse_blanks(s);
        return 0;
}

static int parse_exactly(const Scalar *s, const char *code, const char *what, RuleValue *ret_value)
{
        int r = rule_value_parse(
                        s->id, s->op, s->text, s->context->target, s->context->arena, ret_value);

        if (r == -ERANGE)
                return refuse_unknown(s, code, NULL, "is too large");
        if (r == -EINVAL)
                return refuse_unknown(s, code, suggest_find_word(s->id, s->text), what);
        return r < 0 ? r : 1;
}

/* Where no number is known, the kernel still knows the name. */
static int refuse_filesystem(const Scalar *s)
{
        const char *nearest = filesystem_nearest_name(s->text);
        const YamlNode *key = s->node->key;
        int r = refuse_unknown(
                        s, POLICY_CODE_UNKNOWN_FILESYSTEM, nearest, "is not a known file system");

        if (!nearest && key && string_equal(key->text, "fsmagic") &&
                        strspn(s->text, "abcdefghijklmnopqrstuvwxyz") == strlen(s->text))
                diag_suggest(s->context->diags, yaml_place(key, s->context->source), "fsname");
        return r;
}

/* Who writes digits only may have meant the decimal number that statfs(2) prints. */
static int warn_of_hexadecimal(const Scalar *s)
{
        uint64_t decimal = strtoull(s->text, NULL, 10), hexadecimal = strtoull(s->text, NULL, 16);
        const FilesystemName *name =
                        filesystem_find_magic(hexadecimal) ?: filesystem_find_magic(decimal);
        _cleanup_free_ char *prefixed = NULL;
        int r = diag_warning(s->context->diags, POLICY_CODE_HEX_WITHOUT_PREFIX, place_of(s),
                        "write it with 0x before it, or the file system's name",
                        "%s: %s is read as hexadecimal, as the kernel does", s->keyword->name,
                        s->text);

        if (asprintf(&prefixed, "0x%s", s->text) < 0)
                prefixed = NULL;
        if (name || prefixed)
                suggest_scalar(s->context->diags, place_of(s), name ? name->name : prefixed);
        return r;
}

static int parse_magic(const Scalar *s, RuleValue *ret_value)
{
        const FilesystemName *name = filesystem_find_name(s->text);
        int r;

        if (name) {
                r = rule_value_from_number(s->id, s->op, name->magic, s->context->arena, ret_value);
                return r < 0 ? r : 1;
        }
        r = rule_value_parse(
                        s->id, s->op, s->text, s->context->target, s->context->arena, ret_value);
        if (r == -EINVAL)
                return refuse_filesystem(s);
        if (r == -ERANGE)
                return refuse_unknown(s, POLICY_CODE_INVALID_NUMBER, NULL, "is too large");
        if (r >= 0 && strspn(s->text, "0123456789") == strlen(s->text))
                r = warn_of_hexadecimal(s);
        return r < 0 ? r : 1;
}

/* 0x10 is 16: the kernel reads ids and PCRs in decimal only. */
static int parse_decimal(const Scalar *s, const char *what, RuleValue *ret_value)
{
        const char *digits = string_after(s->text, "0x");
        char decimal[16] = "";

        if (digits && *digits && strlen(digits) <= 8 &&
                        strspn(digits, "0123456789abcdefABCDEF") == strlen(digits))
                (void) snprintf(decimal, sizeof(decimal), "%lu", strtoul(digits, NULL, 16));
        if (*decimal && rule_value_parse(s->id, s->op, decimal, s->context->target,
                                        s->context->arena, ret_value) >= 0)
                return refuse_unknown(s, POLICY_CODE_INVALID_NUMBER, decimal, what);
        return parse_exactly(s, POLICY_CODE_INVALID_NUMBER, what, ret_value);
}

/* Names are lower case nearly everywhere. */
static int refuse_owner(const Scalar *s, int (*resolve)(void *, const char *, uint32_t *))
{
        bool user = s->keyword->type == VALUE_TYPE_USER;
        char lower[32] = "";
        uint32_t id;
        int r = refuse(s, POLICY_CODE_UNKNOWN_OWNER,
                        user ? "create the user first (getent passwd NAME), write its number, or "
                               "add when: {user: NAME} to the rule"
                             : "create the group first (getent group NAME), write its number, or "
                               "add when: {group: NAME} to the rule",
                        "%s: there is no %s '%.*s'", s->keyword->name, user ? "user" : "group",
                        VALUE_SHOWN_MAX, s->text);

        for (size_t i = 0; s->text[i] && i + 1 < sizeof(lower); i++)
                lower[i] = (char) tolower((unsigned char) s->text[i]);
        if (resolve && strcasecmp(lower, s->text) == 0 &&
                        resolve(s->context->names->userdata, lower, &id) >= 0)
                suggest_value(s, lower);
        return r;
}

static int parse_owner(const Scalar *s, RuleValue *ret_value)
{
        const NameResolver *names = s->context->names;
        bool user = s->keyword->type == VALUE_TYPE_USER;
        int (*resolve)(void *, const char *, uint32_t *) = !names ? NULL
                                                           : user ? names->user
                                                                  : names->group;
        uint32_t id;
        int r;

        if (strchr("+-0123456789", s->text[0]))
                return parse_decimal(s, "is not an id that the kernel takes", ret_value);
        r = resolve ? resolve(names->userdata, s->text, &id) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        if (r < 0 || id == UINT32_MAX)
                return refuse_owner(s, resolve);
        r = rule_value_from_number(s->id, s->op, id, s->context->arena, ret_value);
        return r < 0 ? r : 1;
}

static int parse_flag(const Scalar *s, RuleValue *ret_value)
{
        bool set;

        if (parse_bool(s->text, &set) < 0)
                return refuse_unknown(s, POLICY_CODE_UNKNOWN_VALUE, NULL, "is not a yes or no");
        *ret_value = (RuleValue){ (uint8_t) s->id, KEYWORD_OPERATOR_NONE, 1, "true" };
        return set;
}

/* The digits are there, in braces or without hyphens. */
static bool make_uuid(const char *text, char ret_uuid[static UUID_LENGTH + 1])
{
        const char *start = string_after(text, "UUID=") ?: text;
        size_t n = 0;

        for (const char *p = start; *p; p++) {
                if (strchr("{}-", *p))
                        continue;
                if (!strchr("0123456789abcdefABCDEF", *p) || n >= UUID_LENGTH)
                        return false;
                ret_uuid[n++] = *p;
                if (n == 8 || n == 13 || n == 18 || n == 23)
                        ret_uuid[n++] = '-';
        }
        ret_uuid[n] = '\0';
        return n == UUID_LENGTH;
}

/* The kernel reads 36 characters and ignores what follows; that can only be a mistake. */
static int parse_uuid(const Scalar *s, RuleValue *ret_value)
{
        char uuid[UUID_LENGTH + 1];

        if (strlen(s->text) != UUID_LENGTH)
                return refuse_unknown(s, POLICY_CODE_INVALID_UUID,
                                make_uuid(s->text, uuid) ? uuid : NULL, "is not a UUID");
        return parse_exactly(s, POLICY_CODE_INVALID_UUID, "is not a UUID", ret_value);
}

int fragment_value_parse(const FragmentValueContext *context, KeywordId id, KeywordOperator op,
                const YamlNode *node, RuleValue *ret_value)
{
        Scalar s = {
                .context = context,
                .node = node,
                .keyword = keyword_get(id),
                .id = id,
                .op = op,
                .text = node->text[0] == '$' ? node->text + 1 : node->text,
        };
        int r;

        r = split_operator(&s);
        if (r >= 0)
                r = check_characters(&s);
        if (r < 0)
                return r;
        switch (s.keyword->type) {
        case VALUE_TYPE_MAGIC:
                return parse_magic(&s, ret_value);
        case VALUE_TYPE_USER:
        case VALUE_TYPE_GROUP:
                return parse_owner(&s, ret_value);
        case VALUE_TYPE_UUID:
                return parse_uuid(&s, ret_value);
        case VALUE_TYPE_FLAG:
                return parse_flag(&s, ret_value);
        case VALUE_TYPE_PCR:
                return parse_decimal(&s, "is not a PCR", ret_value);
        default:
                return parse_exactly(&s, POLICY_CODE_UNKNOWN_VALUE,
                                "is not a value that the kernel knows", ret_value);
        }
}

int fragment_value_join(const FragmentValueContext *context, KeywordId id, const NodeList *nodes,
                RuleValue *ret_value)
{
        char separator = keyword_get(id)->separator;
        _cleanup_buffer_ Buffer joined = { 0 };
        bool failed = false;
        int r;

        for (size_t i = 0; i < nodes->count; i++) {
                RuleValue value = { 0 };

                r = fragment_value_parse(
                                context, id, KEYWORD_OPERATOR_EQUAL, nodes->items[i], &value);
                if (r == -EBADMSG)
                        failed = true;
                if (r > 0 && joined.size > 0)
                        r = buffer_append(&joined, &separator, 1);
                if (r >= 0 && value.text)
                        r = buffer_append_string(&joined, value.text);
                if (fragment_go_on(r) < 0)
                        return r;
        }
        if (failed || !joined.data)
                return -EBADMSG;
        r = rule_value_parse(id, KEYWORD_OPERATOR_EQUAL, joined.data, context->target,
                        context->arena, ret_value);
        return r < 0 ? r : 1;
}
