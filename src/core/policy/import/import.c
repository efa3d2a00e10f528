/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/import/import.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/escape.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "core/policy/code.h"
#include "core/policy/fragment/fragment.h"
#include "core/policy/fragment/rule-id.h"
#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/names.h"
#include "core/policy/simulate/simulate.h"

#define LINE_WIDTH 100
#define ANY_ACTION (BIT(RULE_ACTION_MAX) - 1)

/*
 * Kernel rules that become one rule of the fragment: n_actions rules that differ by their action,
 * and these again for each of n_values values of `list`.
 */
typedef struct Group {
        size_t first;
        size_t n_actions;
        size_t n_values;
        KeywordId list; /* where n_values is above 1 */
} Group;

typedef struct Writer {
        const KernelTextRule *rules;
        size_t n_rules;
        const char *source;
        DiagList *diags;
        RuleIds ids;
        Buffer out;
} Writer;

static void writer_done(Writer *w)
{
        rule_ids_done(&w->ids);
        buffer_done(&w->out);
}

#define write_text(w, text) buffer_append_string(&(w)->out, text)
#define write_format(w, ...) buffer_append_format(&(w)->out, __VA_ARGS__)

/* appraise_flag stands with every action for kernels that ignore it; a fragment has it with one. */
static bool is_carried(const RuleValue *value, RuleAction action)
{
        return keyword_get((KeywordId) value->keyword)->actions & BIT(action);
}

static const RuleValue *find_carried(const Rule *rule, KeywordId id)
{
        const RuleValue *value = rule_find(rule, id);

        return value && is_carried(value, rule_get_action(rule)) ? value : NULL;
}

static bool is_same_value(const RuleValue *a, const RuleValue *b)
{
        return a->operator_ == b->operator_ && strcmp(a->text, b->text) == 0;
}

/* Keywords of which a list makes one rule for each value, whatever the action. */
static bool is_listable(KeywordId id)
{
        const Keyword *keyword = keyword_get(id);

        return id != KEYWORD_ACTION && id < KEYWORD_KEYRINGS && keyword->actions == ANY_ACTION &&
               !keyword->separator;
}

/*
 * How two rules differ besides their action: 0 not at all, 1 in one value of *ret_list with the
 * same operator, -1 otherwise. What only one of the actions can carry makes no difference.
 */
static int compare_rules(const Rule *a, const Rule *b, KeywordId *ret_list)
{
        RuleAction action_a = rule_get_action(a), action_b = rule_get_action(b);
        int differences = 0;

        for (int i = KEYWORD_FUNC; i < KEYWORD_MAX; i++) {
                unsigned carrying = keyword_get((KeywordId) i)->actions;
                const RuleValue *x = rule_find(a, (KeywordId) i), *y = rule_find(b, (KeywordId) i);

                if (!(carrying & BIT(action_a)) || !(carrying & BIT(action_b)))
                        continue;
                if (!x && !y)
                        continue;
                if (!x || !y || x->operator_ != y->operator_)
                        return -1;
                if (is_same_value(x, y))
                        continue;
                if (!is_listable((KeywordId) i) || ++differences > 1)
                        return -1;
                *ret_list = (KeywordId) i;
        }
        return differences;
}

/* An option that several of the actions carry must be the same in all that carry it. */
static size_t count_actions(const Writer *w, size_t first)
{
        unsigned classes = 0;
        size_t n = 0;

        for (size_t i = first; i < w->n_rules; i++, n++) {
                unsigned class = BIT(simulate_class_of(rule_get_action(&w->rules[i].rule)));
                KeywordId list;

                if ((classes & class) || (n > 0 && w->rules[i].comment))
                        break;
                for (size_t j = first; j < i; j++)
                        if (compare_rules(&w->rules[j].rule, &w->rules[i].rule, &list) != 0)
                                return n;
                classes |= class;
        }
        return n;
}

/* Whether the rules from `next` on are those of the group with another value of its list. */
static bool repeats_group(const Writer *w, const Group *group, size_t next, KeywordId *list)
{
        if (next + group->n_actions > w->n_rules)
                return false;
        for (size_t i = 0; i < group->n_actions; i++) {
                const KernelTextRule *rule = &w->rules[next + i];
                const Rule *model = &w->rules[group->first + i].rule;
                KeywordId found = KEYWORD_INVALID;

                if (rule_get_action(&rule->rule) != rule_get_action(model) ||
                                (i > 0 && rule->comment) ||
                                compare_rules(model, &rule->rule, &found) != 1 ||
                                (*list >= 0 && found != *list))
                        return false;
                *list = found;
                /* All actions must have moved on to the same value. */
                if (!is_same_value(rule_find(&rule->rule, found),
                                    rule_find(&w->rules[next].rule, found)))
                        return false;
        }
        return true;
}

static Group find_group(const Writer *w, size_t first)
{
        Group group = {
                .first = first,
                .n_actions = count_actions(w, first),
                .n_values = 1,
                .list = KEYWORD_INVALID,
        };

        while (group.n_values < FRAGMENT_LIST_MAX &&
                        repeats_group(w, &group, first + group.n_values * group.n_actions,
                                        &group.list))
                group.n_values++;
        if (group.n_values == 1)
                group.list = KEYWORD_INVALID;
        return group;
}

/* Text that YAML reads as it stands, in lists as well. */
static bool is_plain(const char *text)
{
        static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "._^/";
        static const char others[] = "-+@|";

        if (*text == '\0' || !strchr(first, *text))
                return false;
        for (; *text; text++)
                if (!strchr(first, *text) && !strchr(others, *text))
                        return false;
        return true;
}

/* In quotes; what is not ASCII is escaped, as YAML takes some of it for the end of a line. */
static int write_quoted(Writer *w, const char *text)
{
        int r = write_text(w, "\"");

        while (r >= 0 && *text) {
                uint32_t c = 0;
                size_t length = utf8_decode(text, strlen(text), &c);

                if (length == 0)
                        return -EBADMSG;
                if (c >= 0x7f)
                        r = write_format(w, "\\U%08" PRIX32, c);
                else
                        r = write_format(w, "%s%c", c == '"' || c == '\\' ? "\\" : "", (char) c);
                text += length;
        }
        return r < 0 ? r : write_text(w, "\"");
}

/* A value as a fragment has it; "$" opens the name of a definition there. */
static int write_value(Writer *w, const RuleValue *value)
{
        const FilesystemName *filesystem = value->keyword == KEYWORD_FSMAGIC
                                                           ? filesystem_find_magic(value->number)
                                                           : NULL;
        const char *text = filesystem ? filesystem->name : value->text;
        _cleanup_free_ char *full = NULL;
        char prefix[2] = { 0 };

        if (value->operator_ == KEYWORD_OPERATOR_GREATER ||
                        value->operator_ == KEYWORD_OPERATOR_LESS)
                prefix[0] = (char) value->operator_;
        else if (text[0] == '$')
                prefix[0] = '$';
        if (asprintf(&full, "%s%s", prefix, text) < 0)
                return -ENOMEM;
        return is_plain(full) ? write_text(w, full) : write_quoted(w, full);
}

/* The number that a name stands for, for whoever compares with the kernel's text. */
static int write_number(Writer *w, const RuleValue *value)
{
        if (value->keyword != KEYWORD_FSMAGIC || !filesystem_find_magic(value->number))
                return 0;
        return write_format(w, " # %s", value->text);
}

/* Comment lines, each behind this indentation. */
static int write_comment(Writer *w, const char *comment, size_t size, const char *indentation)
{
        int r = 0;

        while (r >= 0 && size > 0) {
                const char *newline = memchr(comment, '\n', size);
                size_t length = newline ? (size_t) (newline - comment) : size;

                if (length > 0)
                        r = write_format(w, "%s%.*s", indentation, (int) length, comment);
                if (r >= 0)
                        r = write_text(w, "\n");
                comment += length + (newline != NULL);
                size -= length + (newline != NULL);
        }
        return r;
}

/* Where the last paragraph of a comment begins. */
static size_t last_paragraph(const char *comment)
{
        size_t begin = 0;

        for (const char *p = comment; (p = strstr(p, "\n\n")); p += 2)
                begin = (size_t) (p + 2 - comment);
        return begin;
}

static bool has_inner_comment(const Writer *w, const Group *group)
{
        for (size_t i = 1; i < group->n_values; i++)
                if (w->rules[group->first + i * group->n_actions].comment)
                        return true;
        return false;
}

static const RuleValue *list_value(const Writer *w, const Group *group, size_t i)
{
        return rule_find(&w->rules[group->first + i * group->n_actions].rule, group->list);
}

/* "key: [a, b]", broken into lines. */
static int write_flow_list(Writer *w, const Group *group)
{
        size_t line = w->out.size;
        int r = write_format(w, "    %s: [", keyword_get(group->list)->name);

        for (size_t i = 0; r >= 0 && i < group->n_values; i++) {
                const RuleValue *value = list_value(w, group, i);

                if (i > 0 && w->out.size - line + strlen(value->text) + 4 > LINE_WIDTH) {
                        r = write_text(w, ",\n      ");
                        line = w->out.size - 6;
                } else if (i > 0) {
                        r = write_text(w, ", ");
                }
                if (r >= 0)
                        r = write_value(w, value);
        }
        return r < 0 ? r : write_text(w, "]\n");
}

/* One value on a line, with its comments. */
static int write_block_list(Writer *w, const Group *group)
{
        int r = write_format(w, "    %s:\n", keyword_get(group->list)->name);

        for (size_t i = 0; r >= 0 && i < group->n_values; i++) {
                const RuleValue *value = list_value(w, group, i);
                const char *comment = w->rules[group->first + i * group->n_actions].comment;

                if (comment && i == 0)
                        comment += last_paragraph(comment);
                if (comment)
                        r = write_comment(w, comment, strlen(comment), "      ");
                if (r >= 0)
                        r = write_text(w, "      - ");
                if (r >= 0)
                        r = write_value(w, value);
                if (r >= 0)
                        r = write_number(w, value);
                if (r >= 0)
                        r = write_text(w, "\n");
        }
        return r;
}

/* Lists that the kernel takes as one value are written as lists, unless they are too long. */
static int write_joined(Writer *w, const RuleValue *value, char separator)
{
        const char *item = value->text;
        size_t n = 1;
        int r;

        for (const char *p = item; *p; p++)
                n += *p == separator;
        if (n == 1 || n > FRAGMENT_LIST_MAX)
                return write_value(w, value);
        r = write_text(w, "[");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                size_t length = strcspn(item, (char[]){ separator, '\0' });
                _cleanup_free_ char *text = strndup(item, length);
                RuleValue part = { value->keyword, value->operator_, 0, text };

                if (!text)
                        return -ENOMEM;
                r = i > 0 ? write_text(w, ", ") : 0;
                if (r >= 0)
                        r = write_value(w, &part);
                item += length + 1;
        }
        return r < 0 ? r : write_text(w, "]");
}

static int write_key(Writer *w, const RuleValue *value)
{
        const Keyword *keyword = keyword_get((KeywordId) value->keyword);
        int r = write_format(w, "    %s: ", keyword->name);

        if (r >= 0)
                r = keyword->separator ? write_joined(w, value, keyword->separator)
                                       : write_value(w, value);
        if (r >= 0)
                r = write_number(w, value);
        return r < 0 ? r : write_text(w, "\n");
}

static int write_actions(Writer *w, const Group *group)
{
        int r = write_text(w, group->n_actions > 1 ? "    action: [" : "    action: ");

        for (size_t i = 0; r >= 0 && i < group->n_actions; i++)
                r = write_format(w, "%s%s", i > 0 ? ", " : "",
                                rule_action_to_string(
                                                rule_get_action(&w->rules[group->first + i].rule)));
        return r < 0 ? r : write_text(w, group->n_actions > 1 ? "]\n" : "\n");
}

static int write_id(Writer *w, const Group *group)
{
        const Rule *rules[RULE_ACTION_MAX];
        const char *id;

        for (size_t i = 0; i < group->n_actions; i++)
                rules[i] = &w->rules[group->first + i].rule;
        id = rule_ids_make(&w->ids, rules, group->n_actions, group->list, group->n_values);
        return id ? write_format(w, "  - id: %s\n", id) : -ENOMEM;
}

static int write_keys(Writer *w, const Group *group, bool block)
{
        int r = 0;

        for (int i = KEYWORD_FUNC; r >= 0 && i < KEYWORD_MAX; i++) {
                const RuleValue *value = NULL;

                for (size_t j = 0; !value && j < group->n_actions; j++)
                        value = find_carried(&w->rules[group->first + j].rule, (KeywordId) i);
                if (!value)
                        continue;
                if (i != (int) group->list)
                        r = write_key(w, value);
                else
                        r = block ? write_block_list(w, group) : write_flow_list(w, group);
        }
        return r;
}

static int write_group(Writer *w, const Group *group)
{
        const char *comment = w->rules[group->first].comment;
        bool block = has_inner_comment(w, group);
        int r = 0;

        if (comment)
                r = write_comment(w, comment, block ? last_paragraph(comment) : strlen(comment),
                                "  ");
        if (r >= 0)
                r = write_id(w, group);
        if (r >= 0)
                r = write_actions(w, group);
        return r < 0 ? r : write_keys(w, group, block);
}

static bool is_writable(const char *text)
{
        for (const char *p = text; *p; p++)
                if ((*p > 0 && *p <= ' ') || *p == 0x7f)
                        return false;
        return utf8_is_valid(text, strlen(text));
}

static int check_value(const Writer *w, const Rule *rule, const RuleValue *value)
{
        const char *name = keyword_get((KeywordId) value->keyword)->name;
        DiagPlace place = { .source = w->source, .line = rule->line, .column = rule->column };

        if (!is_carried(value, rule_get_action(rule)))
                return diag_add(w->diags, DIAG_NOTE, POLICY_CODE_TEXT_OPTION_DROPPED, place,
                                "it belongs to the action appraise",
                                "%s has no effect here and was left out", name);
        if (!is_writable(value->text))
                return diag_error(w->diags, POLICY_CODE_UNREADABLE_VALUE, place,
                                "remove the rule, or name the object otherwise",
                                "%s: a fragment cannot hold control characters and what is not "
                                "UTF-8",
                                name);
        return 0;
}

static int check_values(const Writer *w)
{
        size_t errors = w->diags->errors;

        for (size_t i = 0; i < w->n_rules; i++)
                for (size_t j = 0; j < w->rules[i].rule.n_values; j++)
                        if (check_value(w, &w->rules[i].rule, &w->rules[i].rule.values[j]) ==
                                        -ENOMEM)
                                return -ENOMEM;
        return w->diags->errors > errors ? -EBADMSG : 0;
}

static int write_head(Writer *w)
{
        _cleanup_free_ char *source = escape_text(w->source, strlen(w->source), ESCAPE_ASCII),
                            *text = NULL;
        int r;

        if (!source || asprintf(&text, "Imported from %s", source) < 0)
                return -ENOMEM;
        r = write_text(w, "policy: 1\ndescription: ");
        if (r >= 0)
                r = write_quoted(w, text);
        return r < 0 ? r : write_text(w, w->n_rules > 0 ? "\nrules:\n" : "\nrules: []\n");
}

static int write_fragment(Writer *w, const KernelText *text)
{
        int r = write_head(w);

        for (size_t i = 0; r >= 0 && i < w->n_rules;) {
                Group group = find_group(w, i);

                r = write_group(w, &group);
                i += group.n_actions * group.n_values;
        }
        if (r >= 0 && text->comment)
                r = write_comment(w, text->comment, strlen(text->comment), "");
        return r;
}

int import_format_fragment(const KernelText *text, const char *source, char **ret_fragment,
                size_t *ret_size, DiagList *diags)
{
        _cleanup_(writer_done) Writer w = {
                .rules = text->rules, .n_rules = text->n_rules, .source = source, .diags = diags
        };
        DiagPlace place = { .source = source };
        int r = check_values(&w);

        if (r < 0)
                return r;
        if (text->n_rules == 0 && diag_warning(diags, POLICY_CODE_TEXT_WITHOUT_RULES, place,
                                                  "the kernel refuses such a policy",
                                                  "the text has no rule") < 0)
                return -ENOMEM;
        r = write_fragment(&w, text);
        if (r < 0)
                return r;
        if (w.out.size > YAML_SIZE_MAX)
                return diag_error(diags, POLICY_CODE_YAML_LIMIT, place,
                                "split the text into several files",
                                "the fragment would have %zu bytes, at most %zu are read",
                                w.out.size, YAML_SIZE_MAX);
        return buffer_take(&w.out, ret_fragment, ret_size);
}
