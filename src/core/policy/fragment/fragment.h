/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One fragment: its YAML, with the shape checked, names defined and conditions on the kernel
 * judged. What stands in a rule besides id, action and when is left to expand.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/fragment/source.h"
#include "core/policy/fragment/yaml.h"
#include "core/policy/rule/names.h"
#include "core/policy/target/target.h"

#define FRAGMENT_LANGUAGE_VERSION "1"
#define FRAGMENT_LIST_MAX 1000 /* values of one list, names followed */
#define FRAGMENT_ID_MAX 64

/* The memory is that of an arena. */
typedef struct NodeList {
        const YamlNode **items;
        size_t count;
} NodeList;

typedef struct FragmentName {
        const char *name;
        const YamlNode *node;
        NodeList values;
        bool used;
} FragmentName;

typedef struct FragmentRule {
        const char *id;
        const YamlNode *node;
        bool active;    /* the target fulfils its `when` and that of the fragment */
        bool disabled;  /* by a later fragment */
        uint64_t allow; /* bits of the warnings that it silences, see allow.h */
} FragmentRule;

typedef struct Fragment {
        const PolicySource *source; /* borrowed */
        char *name;                 /* of the file without ".yaml": rules are NAME/ID */
        YamlDocument document;
        FragmentName *names;
        size_t n_names;
        FragmentRule *rules; /* in written order */
        size_t n_rules;
        FragmentRule **ids; /* a hash table */
        size_t ids_mask;
        NodeList disable;
        bool active;
} Fragment;

void fragment_done(Fragment *fragment);

/* How much of the file name names the fragment: all but ".yaml". */
size_t fragment_get_name_length(const PolicySource *source);

/*
 * Reads a fragment; the source must outlive it. Mistakes are added to diags and left out of the
 * fragment, so that reading can go on: the caller looks at diags->errors. -ENOMEM.
 */
int fragment_parse(const PolicySource *source, const Target *target, const NameResolver *names,
                Fragment *ret_fragment, DiagList *diags);

/*
 * A value or list of values as one list in the arena, with every $name replaced by what it stands
 * for. Mistakes are added to diags and left out. -ENOMEM.
 */
int fragment_flatten(Fragment *fragment, const YamlNode *node, Arena *arena, NodeList *ret_list,
                DiagList *diags);

/* NULL when there is none. */
FragmentRule *fragment_find_rule(const Fragment *fragment, const char *id);

DiagPlace fragment_place(const Fragment *fragment, const YamlNode *node);

/* Turns "a diagnostic was added" into "go on"; other errors stay. */
static inline int fragment_go_on(int r)
{
        return r == -EBADMSG ? 0 : r;
}
