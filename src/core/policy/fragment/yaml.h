/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small model of one YAML document, built from libyaml's events. Every node knows where it begins
 * and ends; scalars stay text until the grammar of fragments gives them a type.
 *
 * The text is untrusted: size, depth and the nodes that aliases stand for are limited; tags,
 * several documents, merge keys, keys that are no plain scalars and duplicate keys are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

#define YAML_SIZE_MAX ((size_t) 1024 * 1024)
#define YAML_DEPTH_MAX 16
#define YAML_KEYS_MAX 256          /* of one mapping */
#define YAML_ALIAS_NODES_MAX 10000 /* that all aliases of a document stand for */

typedef enum YamlType {
        YAML_TYPE_SCALAR,
        YAML_TYPE_SEQUENCE,
        YAML_TYPE_MAPPING,
        YAML_TYPE_MAX,
} YamlType;

typedef struct YamlNode YamlNode;

struct YamlNode {
        YamlNode *next;  /* in the sequence or mapping around it */
        YamlNode *first; /* first item or value in it */
        YamlNode *key;   /* of a mapping's value */
        const char *text;
        uint32_t line;
        uint32_t column;
        uint32_t end_line; /* behind the last character */
        uint32_t end_column;
        uint32_t nodes; /* in it, itself included, aliases followed */
        uint8_t type;
        bool plain; /* a scalar without quotes */
};

typedef struct YamlDocument {
        Arena arena;
        YamlNode *root;
} YamlDocument;

void yaml_document_done(YamlDocument *document);

/*
 * Parses text; *ret_document has root NULL when there is no content. On -EBADMSG diags says why;
 * everything that can be said without a tree is said at once.
 */
int yaml_parse(const char *text, size_t size, const char *source, YamlDocument *ret_document,
                DiagList *diags);

/* The value of a key, or NULL. */
const YamlNode *yaml_find(const YamlNode *mapping, const char *key);

/* Where the node stands, in a document called source; NULL stands nowhere. */
static inline DiagPlace yaml_place(const YamlNode *node, const char *source)
{
        if (!node)
                return (DiagPlace){ .source = source };
        return (DiagPlace){ source, node->line, node->column, node->end_line, node->end_column };
}

/* "a list", "a mapping", "a value". */
const char *yaml_type_to_string(YamlType type);

#define yaml_foreach(item, node) for (const YamlNode *item = (node)->first; item; item = item->next)

#define _cleanup_yaml_ _cleanup_(yaml_document_done)
