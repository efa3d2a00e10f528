/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/yaml.h"

#include <yaml.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/suggest.h"
#include "core/policy/fragment/yaml-syntax.h"
#include "core/policy/fragment/yaml-text.h"

/* Anchors of one document, looked up one by one: more than a person needs. */
#define ANCHORS_MAX 256

typedef yaml_parser_t YamlParser;
typedef yaml_event_t YamlEvent;

typedef struct Anchor {
        const char *name;
        const YamlNode *node; /* NULL while it is open: an alias in it would be endless */
} Anchor;

typedef struct Level {
        YamlNode *node;
        YamlNode *last;            /* child */
        YamlNode *key;             /* read, its value still missing */
        const YamlNode *duplicate; /* value of the same key before */
        size_t keys;
        size_t anchor; /* index + 1, or 0 */
} Level;

typedef struct Builder {
        const char *source;
        const char *text;
        size_t size;
        DiagList *diags;
        YamlDocument document;
        Level levels[YAML_DEPTH_MAX];
        size_t depth;
        Anchor anchors[ANCHORS_MAX];
        size_t n_anchors;
        size_t alias_nodes;
        bool document_seen;
        bool failed; /* something was refused, reading goes on */
} Builder;

void yaml_document_done(YamlDocument *document)
{
        arena_done(&document->arena);
        document->root = NULL;
}

const char *yaml_type_to_string(YamlType type)
{
        static const char *const names[YAML_TYPE_MAX] = {
                [YAML_TYPE_SCALAR] = "a value",
                [YAML_TYPE_SEQUENCE] = "a list",
                [YAML_TYPE_MAPPING] = "a mapping",
        };

        return names[type];
}

const YamlNode *yaml_find(const YamlNode *mapping, const char *key)
{
        if (mapping->type != YAML_TYPE_MAPPING)
                return NULL;
        yaml_foreach(value, mapping) if (string_equal(value->key->text, key)) return value;
        return NULL;
}

static DiagPlace mark_place(const Builder *b, const yaml_mark_t *mark)
{
        return (DiagPlace){ b->source, (uint32_t) mark->line + 1, (uint32_t) mark->column + 1 };
}

#define refuse(b, code, mark, hint, ...)                                                           \
        ((b)->failed = true, diag_error((b)->diags, code, mark_place(b, mark), hint, __VA_ARGS__))

/* An error that leaves the tree usable is reported and reading goes on. */
#define refuse_and_go_on(b, ...) (refuse(b, __VA_ARGS__) == -ENOMEM ? -ENOMEM : 0)

static void set_end(YamlNode *node, const yaml_mark_t *mark)
{
        node->end_line = (uint32_t) mark->line + 1;
        node->end_column = (uint32_t) mark->column + 1;
}

/* The node and, behind it, room for its text. */
static YamlNode *node_new(Builder *b, YamlType type, const YamlEvent *event, size_t text_size)
{
        YamlNode *node = arena_allocate(&b->document.arena, sizeof(YamlNode) + text_size);

        if (node) {
                node->type = (uint8_t) type;
                node->line = (uint32_t) event->start_mark.line + 1;
                node->column = (uint32_t) event->start_mark.column + 1;
                node->nodes = 1;
                set_end(node, &event->end_mark);
        }
        return node;
}

static int take_key(Builder *b, Level *level, YamlNode *node, const yaml_mark_t *mark)
{
        int r = 0;

        if (node->type != YAML_TYPE_SCALAR)
                return refuse(b, POLICY_CODE_YAML_FEATURE, mark,
                                "a value with { or [ in it needs quotes", "%s cannot be a key",
                                yaml_type_to_string(node->type));
        if (++level->keys > YAML_KEYS_MAX)
                return refuse(b, POLICY_CODE_YAML_LIMIT, mark, "split it into several fragments",
                                "a mapping has more than %d keys", YAML_KEYS_MAX);
        if (string_equal(node->text, "<<"))
                r = refuse_and_go_on(b, POLICY_CODE_YAML_FEATURE, mark,
                                "name the values under define and use them as $name",
                                "merge keys (<<) are not supported");
        yaml_foreach(other, level->node) if (string_equal(other->key->text, node->text))
        {
                level->duplicate = other;
                break;
        }
        level->key = node;
        return r;
}

/* Several values of a keyword are a list; what else stands twice is for people to decide. */
static int refuse_duplicate(
                Builder *b, const YamlNode *mapping, const YamlNode *first, const YamlNode *second)
{
        const char *key = second->key->text;
        int r = diag_error(b->diags, POLICY_CODE_DUPLICATE_KEY, yaml_place(second->key, b->source),
                        "several values of one keyword are written as a list: [a, b]",
                        "%s is already set on line %u", key, first->key->line);

        b->failed = true;
        diag_relate(b->diags, yaml_place(first->key, b->source), "first set here");
        if (keyword_find(key, strlen(key)) < 0 || first->type != YAML_TYPE_SCALAR ||
                        second->type != YAML_TYPE_SCALAR)
                return r == -ENOMEM ? r : 0;
        if (!string_equal(first->text, second->text))
                suggest_pair(b->diags, yaml_place(first, b->source), first->text, second->text);
        suggest_removal(b->diags, b->source, mapping, second);
        return r == -ENOMEM ? r : 0;
}

/* Hangs a node into the tree where the reader stands. */
static int attach(Builder *b, YamlNode *node, const yaml_mark_t *mark)
{
        Level *level;

        if (b->depth == 0) {
                b->document.root = node;
                return 0;
        }
        level = &b->levels[b->depth - 1];
        if (level->node->type == YAML_TYPE_MAPPING && !level->key)
                return take_key(b, level, node, mark);
        node->key = TAKE_PTR(level->key);
        *(level->last ? &level->last->next : &level->node->first) = node;
        level->last = node;
        if (!level->duplicate)
                return 0;
        return refuse_duplicate(b, level->node, TAKE_PTR(level->duplicate), node);
}

static int add_anchor(Builder *b, const char *name, const YamlNode *node, const yaml_mark_t *mark,
                size_t *ret_index)
{
        *ret_index = 0;
        if (!name)
                return 0;
        if (b->n_anchors >= ANCHORS_MAX)
                return refuse(b, POLICY_CODE_YAML_LIMIT, mark,
                                "name the values under define and use them as $name",
                                "there are more than %d anchors", ANCHORS_MAX);
        name = arena_copy_text(&b->document.arena, name, strlen(name));
        if (!name)
                return -ENOMEM;
        b->anchors[b->n_anchors++] = (Anchor){ name, node };
        *ret_index = b->n_anchors;
        return 0;
}

static int on_alias(Builder *b, const YamlEvent *event)
{
        const char *name = (const char *) event->data.alias.anchor;
        const Anchor *anchor = NULL;
        YamlNode *node;

        for (size_t i = b->n_anchors; i-- > 0 && !anchor;)
                if (string_equal(b->anchors[i].name, name))
                        anchor = &b->anchors[i];
        if (!anchor || !anchor->node)
                return refuse(b, POLICY_CODE_YAML_SYNTAX, &event->start_mark,
                                "a value that begins with * needs quotes",
                                anchor ? "*%s stands inside of what it names"
                                       : "*%s is not defined before",
                                name);
        b->alias_nodes += anchor->node->nodes;
        if (b->alias_nodes > YAML_ALIAS_NODES_MAX)
                return refuse(b, POLICY_CODE_YAML_LIMIT, &event->start_mark,
                                "write the values out, or name them under define",
                                "aliases stand for more than %d values", YAML_ALIAS_NODES_MAX);
        node = node_new(b, (YamlType) anchor->node->type, event, 0);
        if (!node)
                return -ENOMEM;
        /* What it names is never changed any more, so that the children are shared. */
        node->first = anchor->node->first;
        node->text = anchor->node->text;
        node->plain = anchor->node->plain;
        node->nodes = anchor->node->nodes;
        if (b->depth > 0)
                b->levels[b->depth - 1].node->nodes += node->nodes;
        return attach(b, node, &event->start_mark);
}

static int refuse_tag(Builder *b, const yaml_char_t *tag, const yaml_mark_t *mark, bool has_value)
{
        int r = refuse_and_go_on(b, POLICY_CODE_YAML_FEATURE, mark,
                        "remove it; a value that begins with ! needs quotes",
                        "tags (%s) are not supported", (const char *) tag);

        if (has_value)
                yaml_syntax_suggest_untagged(b->diags, b->text, b->size, mark);
        return r;
}

static int on_scalar(Builder *b, const YamlEvent *event)
{
        const char *text = (const char *) event->data.scalar.value;
        size_t length = event->data.scalar.length, index;
        YamlNode *node = node_new(b, YAML_TYPE_SCALAR, event, length + 1);
        int r;

        if (!node)
                return -ENOMEM;
        node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        node->text = memcpy(node + 1, text, length + 1);
        if (event->data.scalar.tag)
                r = refuse_tag(b, event->data.scalar.tag, &event->start_mark, length > 0);
        else if (memchr(text, '\0', length))
                r = refuse_and_go_on(b, POLICY_CODE_ENCODING, &event->start_mark,
                                "remove the escape \\0", "a value contains a NUL byte");
        else
                r = 0;
        if (r < 0)
                return r;
        r = add_anchor(b, (const char *) event->data.scalar.anchor, node, &event->start_mark,
                        &index);
        if (r < 0)
                return r;
        if (b->depth > 0)
                b->levels[b->depth - 1].node->nodes++;
        return attach(b, node, &event->start_mark);
}

static int on_open(Builder *b, YamlType type, const yaml_char_t *anchor, const yaml_char_t *tag,
                const YamlEvent *event)
{
        const yaml_mark_t *mark = &event->start_mark;
        YamlNode *node;
        size_t index;
        int r;

        if (b->depth >= YAML_DEPTH_MAX)
                return refuse(b, POLICY_CODE_YAML_LIMIT, mark,
                                "fragments need no more than five levels",
                                "lists and mappings are nested more than %d deep", YAML_DEPTH_MAX);
        if (tag) {
                r = refuse_tag(b, tag, mark, true);
                if (r < 0)
                        return r;
        }
        node = node_new(b, type, event, 0);
        if (!node)
                return -ENOMEM;
        r = add_anchor(b, (const char *) anchor, NULL, mark, &index);
        if (r < 0)
                return r;
        r = attach(b, node, mark);
        if (r < 0)
                return r;
        b->levels[b->depth++] = (Level){ .node = node, .anchor = index };
        return 0;
}

/* The end of what is written without brackets comes with the next token, so the last child counts.
 */
static int on_close(Builder *b, const YamlEvent *event)
{
        Level *level;

        if (b->depth == 0)
                return -EINVAL;
        level = &b->levels[--b->depth];
        if (event->end_mark.index > event->start_mark.index) {
                set_end(level->node, &event->end_mark);
        } else if (level->last) {
                level->node->end_line = level->last->end_line;
                level->node->end_column = level->last->end_column;
        }
        if (level->anchor > 0)
                b->anchors[level->anchor - 1].node = level->node;
        if (b->depth > 0)
                level[-1].node->nodes += level->node->nodes;
        return 0;
}

static int on_document(Builder *b, const YamlEvent *event)
{
        if (b->document_seen)
                return refuse(b, POLICY_CODE_YAML_FEATURE, &event->start_mark,
                                "make a file of each document", "a second document begins here");
        b->document_seen = true;
        return 0;
}

static int on_event(Builder *b, const YamlEvent *event)
{
        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                return on_document(b, event);
        case YAML_ALIAS_EVENT:
                return on_alias(b, event);
        case YAML_SCALAR_EVENT:
                return on_scalar(b, event);
        case YAML_SEQUENCE_START_EVENT:
                return on_open(b, YAML_TYPE_SEQUENCE, event->data.sequence_start.anchor,
                                event->data.sequence_start.tag, event);
        case YAML_MAPPING_START_EVENT:
                return on_open(b, YAML_TYPE_MAPPING, event->data.mapping_start.anchor,
                                event->data.mapping_start.tag, event);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return on_close(b, event);
        default:
                return 0;
        }
}

static int read_events(Builder *b, YamlParser *parser)
{
        int r = 0;

        while (r == 0) {
                YamlEvent event;

                if (!yaml_parser_parse(parser, &event))
                        return yaml_syntax_report(parser, b->text, b->size, b->source, b->diags);
                r = event.type == YAML_STREAM_END_EVENT ? 1 : on_event(b, &event);
                yaml_event_delete(&event);
        }
        return r < 0 ? r : b->failed ? -EBADMSG : 0;
}

static void builder_done(Builder *b)
{
        yaml_document_done(&b->document);
}

int yaml_parse(const char *text, size_t size, const char *source, YamlDocument *ret_document,
                DiagList *diags)
{
        _cleanup_(yaml_parser_delete) YamlParser parser = { 0 };
        _cleanup_(builder_done) Builder b = {
                .source = source,
                .text = text,
                .size = size,
                .diags = diags,
        };
        int r;

        r = yaml_text_check(text, size, source, diags);
        if (r < 0)
                return r;
        if (!yaml_parser_initialize(&parser))
                return -ENOMEM;
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *) text, size);
        r = read_events(&b, &parser);
        if (r < 0)
                return r;
        *ret_document = TAKE_STRUCT(b.document);
        return 0;
}
