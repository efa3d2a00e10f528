/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/fragment-fix.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/strings.h"
#include "core/policy/fragment/suggest.h"
#include "core/policy/import/import.h"

/* Room for the number that makes an id unique. */
#define NUMBER_SIZE 12

/* A fix is a comfort: what a hostile fragment can make of the search for one is bounded. */
#define RULES_SEARCHED_MAX 1000
#define ID_TRIES_MAX 10

/* True also when there are too many rules to look at. */
static bool is_used(const Fragment *fragment, const char *id)
{
        const YamlNode *rules = yaml_find(fragment->document.root, "rules");
        size_t n = 0;

        if (!rules || rules->type != YAML_TYPE_SEQUENCE)
                return false;
        yaml_foreach(rule, rules)
        {
                const YamlNode *other = yaml_find(rule, "id");

                if (++n > RULES_SEARCHED_MAX || (other && string_equal(other->text, id)))
                        return true;
        }
        return false;
}

/* A free id that begins with the word; false when none was found. */
static bool make_id(const Fragment *fragment, const char *text,
                char ret_id[static FRAGMENT_ID_MAX + NUMBER_SIZE])
{
        size_t length;

        suggest_make_word(text, FRAGMENT_ID_MAX - NUMBER_SIZE, ret_id);
        if (*ret_id == '\0')
                (void) snprintf(ret_id, FRAGMENT_ID_MAX, "rule");
        length = strlen(ret_id);
        for (unsigned i = 2; is_used(fragment, ret_id); i++) {
                if (i > ID_TRIES_MAX)
                        return false;
                (void) snprintf(ret_id + length, NUMBER_SIZE, "-%u", i);
        }
        return true;
}

static const char *get_scalar(const YamlNode *rule, const char *key)
{
        const YamlNode *value = yaml_find(rule, key);

        return value && value->type == YAML_TYPE_SCALAR ? value->text : "";
}

void fragment_fix_missing_id(const Fragment *fragment, const YamlNode *rule, DiagList *diags)
{
        char id[FRAGMENT_ID_MAX + NUMBER_SIZE], entry[FRAGMENT_ID_MAX + NUMBER_SIZE + 8];
        char text[2 * FRAGMENT_ID_MAX];

        (void) snprintf(text, sizeof(text), "%.30s %.30s", get_scalar(rule, "action"),
                        get_scalar(rule, "func"));
        if (diags->dropped > 0 || !make_id(fragment, text, id))
                return;
        (void) snprintf(entry, sizeof(entry), "id: %s", id);
        suggest_entry(diags, fragment->source->path, rule, rule->first, entry);
}

void fragment_fix_id(const Fragment *fragment, const YamlNode *id, DiagList *diags)
{
        char word[FRAGMENT_ID_MAX + NUMBER_SIZE];

        if (id->type != YAML_TYPE_SCALAR || diags->dropped > 0 ||
                        !make_id(fragment, id->text, word))
                return;
        suggest_scalar(diags, fragment_place(fragment, id), word);
}

/* Renames what uses the name, in the order of the text. */
static void rename_uses(const Fragment *fragment, const YamlNode *node, const char *name,
                const char *word, DiagList *diags)
{
        if (node->type == YAML_TYPE_SCALAR && node->text[0] == '$' &&
                        string_equal(node->text + 1, name))
                suggest_range(diags, fragment_place(fragment, node), '$', word);
        /* What an alias stands for is renamed where it is written, above. */
        yaml_foreach(child, node) if (child->line >= node->line)
                        rename_uses(fragment, child, name, word, diags);
}

void fragment_fix_name(const Fragment *fragment, const YamlNode *name, DiagList *diags)
{
        char word[FRAGMENT_ID_MAX + 1];

        suggest_make_word(name->text, FRAGMENT_ID_MAX, word);
        if (*word == '\0' || diags->dropped > 0)
                return;
        suggest_scalar(diags, fragment_place(fragment, name), word);
        rename_uses(fragment, fragment->document.root, name->text, word, diags);
}

void fragment_fix_rules(const Fragment *fragment, const YamlNode *rule, DiagList *diags)
{
        bool first = true;

        if (!yaml_find(rule, "action") || rule->line == rule->end_line)
                return;
        yaml_foreach(value, rule) if (value->key->line != value->end_line) return;
        yaml_foreach(value, rule)
        {
                diag_suggest(diags, diag_place_before(fragment_place(fragment, value->key)),
                                first ? "- " : "  ");
                first = false;
        }
}

/* The rule in the text of a fragment, its lines moved to where the item begins. */
static int append_item(Buffer *buffer, const char *text, uint32_t column)
{
        static const char start[] = "\nrules:\n  - ";
        const char *line = strstr(text, start);
        int r = 0;

        if (!line)
                return -ENOENT;
        line += strlen(start);
        while (*line && r >= 0) {
                size_t length = strcspn(line, "\n");

                if (buffer->size > 0)
                        r = buffer_append_format(buffer, "\n%*s", (int) column - 1, "");
                if (r >= 0)
                        r = buffer_append(buffer, line, length);
                line += length + (line[length] == '\n');
                line += strspn(line, " ");
        }
        return r;
}

void fragment_fix_rule_text(const Fragment *fragment, const YamlNode *rule, const Target *target,
                DiagList *diags)
{
        _cleanup_(kernel_text_done) KernelText text = { 0 };
        _cleanup_diags_ DiagList ignored = { 0 };
        _cleanup_free_ char *imported = NULL;
        _cleanup_buffer_ Buffer item = { 0 };
        size_t size;

        if (rule->type != YAML_TYPE_SCALAR || diags->dropped > 0 || strchr(rule->text, '\n') ||
                        kernel_text_parse(rule->text, strlen(rule->text), "", target, &text,
                                        &ignored) < 0 ||
                        import_format_fragment(&text, "", &imported, &size, &ignored) < 0)
                return;
        if (append_item(&item, imported, rule->column) >= 0 && item.size > 0)
                diag_suggest(diags, fragment_place(fragment, rule), item.data);
}
