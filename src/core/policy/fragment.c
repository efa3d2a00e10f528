/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment.h"

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/condition.h"

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

typedef struct Reader {
        Fragment *fragment;
        const Target *target;
        const NameResolver *names;
        DiagList *diags;
} Reader;

void node_list_done(NodeList *list)
{
        free(list->items);
        *list = (NodeList){ 0 };
}

static int node_list_add(NodeList *list, const YamlNode *node)
{
        if ((list->count & (list->count - 1)) == 0) {
                size_t allocated = list->count == 0 ? 1 : list->count * 2;
                const YamlNode **items = reallocarray(list->items, allocated, sizeof(YamlNode *));

                if (!items)
                        return -ENOMEM;
                list->items = items;
        }
        list->items[list->count++] = node;
        return 0;
}

void fragment_done(Fragment *fragment)
{
        for (size_t i = 0; i < fragment->n_names; i++)
                node_list_done(&fragment->names[i].values);
        free(fragment->names);
        free(fragment->rules);
        free(fragment->rules_by_id);
        free(fragment->name);
        node_list_done(&fragment->disable);
        yaml_document_done(&fragment->document);
        *fragment = (Fragment){ 0 };
}

DiagPlace fragment_place(const Fragment *fragment, const YamlNode *node)
{
        return yaml_place(node, fragment->source->path);
}

static int say(const Reader *reader, const char *code, const YamlNode *node, const char *hint,
                const char *message)
{
        return fragment_go_on(diag_error(reader->diags, code,
                        fragment_place(reader->fragment, node), hint, "%s", message));
}

static int expect(const Reader *reader, const YamlNode *node, YamlType type, const char *what,
                const char *hint)
{
        if (node->type == type)
                return 1;
        return fragment_go_on(diag_error(reader->diags, POLICY_CODE_WRONG_SHAPE,
                        fragment_place(reader->fragment, node), hint, "%s is %s, %s is expected",
                        what, yaml_type_to_string((YamlType) node->type),
                        yaml_type_to_string(type)));
}

static bool is_word(const char *text)
{
        size_t length = strlen(text);

        return length > 0 && length <= FRAGMENT_ID_MAX && text[0] != '-' &&
               strspn(text, ID_CHARACTERS) == length;
}

static FragmentName *find_name(const Fragment *fragment, const char *name)
{
        for (size_t i = 0; i < fragment->n_names; i++)
                if (strcmp(fragment->names[i].name, name) == 0)
                        return &fragment->names[i];
        return NULL;
}

static int flatten_name(Fragment *fragment, const YamlNode *node, NodeList *list, DiagList *diags)
{
        FragmentName *name = find_name(fragment, node->text + 1);
        const char *nearest;
        _cleanup_free_ char *hint = NULL;
        _cleanup_free_ const char **known = NULL;

        if (name) {
                name->used = true;
                for (size_t i = 0; i < name->values.count; i++)
                        if (list->count >= FRAGMENT_LIST_MAX)
                                return diag_error(diags, POLICY_CODE_YAML_LIMIT,
                                                fragment_place(fragment, node), "split the rule",
                                                "a list has more than %d values",
                                                FRAGMENT_LIST_MAX);
                        else if (node_list_add(list, name->values.items[i]) < 0)
                                return -ENOMEM;
                return 0;
        }
        known = calloc(fragment->n_names + 1, sizeof(char *));
        if (!known)
                return -ENOMEM;
        for (size_t i = 0; i < fragment->n_names; i++)
                known[i] = fragment->names[i].name;
        nearest = string_nearest(node->text + 1, known);
        if (nearest && asprintf(&hint, "did you mean $%s?", nearest) < 0)
                return -ENOMEM;
        return diag_error(diags, POLICY_CODE_UNDEFINED_NAME, fragment_place(fragment, node),
                        hint
                                        ?: "names are local to a fragment and come under define, "
                                           "before "
                                           "their use; a value that begins with $ is written $$",
                        "%s is not defined in this fragment", node->text);
}

static int flatten_item(Fragment *fragment, const YamlNode *node, NodeList *list, DiagList *diags)
{
        if (node->type != YAML_TYPE_SCALAR)
                return diag_error(diags, POLICY_CODE_WRONG_SHAPE, fragment_place(fragment, node),
                                "write values, or a list of values: [a, b]", "%s cannot stand here",
                                yaml_type_to_string((YamlType) node->type));
        if (node->text[0] == '$' && node->text[1] != '$')
                return flatten_name(fragment, node, list, diags);
        if (list->count >= FRAGMENT_LIST_MAX)
                return diag_error(diags, POLICY_CODE_YAML_LIMIT, fragment_place(fragment, node),
                                "split the rule", "a list has more than %d values",
                                FRAGMENT_LIST_MAX);
        return node_list_add(list, node);
}

int fragment_flatten(Fragment *fragment, const YamlNode *node, NodeList *ret_list, DiagList *diags)
{
        _cleanup_(node_list_done) NodeList list = { 0 };
        int r = 0;

        if (node->type != YAML_TYPE_SEQUENCE)
                r = fragment_go_on(flatten_item(fragment, node, &list, diags));
        else if (!node->first)
                r = fragment_go_on(diag_error(diags, POLICY_CODE_EMPTY_VALUE,
                                fragment_place(fragment, node),
                                "leave the key out or give it a value", "the list is empty"));
        else
                yaml_foreach(item, node)
                {
                        r = flatten_item(fragment, item, &list, diags);
                        if (r == -EBADMSG && list.count >= FRAGMENT_LIST_MAX)
                                r = 0;
                        else if (fragment_go_on(r) == 0)
                                continue;
                        break;
                }
        r = fragment_go_on(r);
        if (r < 0)
                return r;
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

static int read_define(Reader *reader, const YamlNode *define)
{
        Fragment *f = reader->fragment;
        int r = expect(reader, define, YAML_TYPE_MAPPING, "define", "write define: {name: [a, b]}");

        if (r <= 0 || !define->first)
                return r;
        f->names = calloc(YAML_KEYS_MAX, sizeof(FragmentName));
        if (!f->names)
                return -ENOMEM;
        yaml_foreach(value, define)
        {
                FragmentName *name = &f->names[f->n_names];

                if (!is_word(value->key->text)) {
                        r = say(reader, POLICY_CODE_INVALID_NAME, value->key,
                                        "names consist of a-z, 0-9 and -, at most 64 of them",
                                        "the name is malformed");
                        if (r < 0)
                                return r;
                        continue;
                }
                /* Only names above this one are known yet, so that none can contain itself. */
                r = fragment_flatten(f, value, &name->values, reader->diags);
                if (r < 0)
                        return r;
                name->name = value->key->text;
                name->node = value->key;
                f->n_names++;
        }
        return 0;
}

static int evaluate_when(const Reader *reader, const YamlNode *mapping, bool *ret_active)
{
        const YamlNode *when = yaml_find(mapping, "when");
        int r;

        if (!when)
                return 0;
        r = condition_evaluate(when, reader->target, reader->names, reader->fragment->source->path,
                        reader->diags);
        if (r < 0)
                return r;
        *ret_active = *ret_active && r > 0;
        return 0;
}

/* Returns 1 and fills in the rule, or 0 when it is too malformed to look at. */
static int read_rule(Reader *reader, const YamlNode *node, FragmentRule *rule)
{
        const YamlNode *id;
        int r = expect(reader, node, YAML_TYPE_MAPPING, "a rule",
                        "write - id: NAME and below it action: and conditions");

        if (r <= 0)
                return r;
        rule->node = node;
        rule->active = reader->fragment->active;
        r = evaluate_when(reader, node, &rule->active);
        if (r < 0)
                return r;
        id = yaml_find(node, "id");
        if (!id) {
                r = say(reader, POLICY_CODE_MISSING_KEY, node,
                                "add id: NAME; messages and disable name the rule by it",
                                "the rule has no id");
                rule->id = "";
                return r < 0 ? r : 1;
        }
        if (id->type != YAML_TYPE_SCALAR || !is_word(id->text)) {
                rule->id = "";
                r = say(reader, POLICY_CODE_INVALID_ID, id,
                                "ids consist of a-z, 0-9 and -, at most 64 of them",
                                "the rule's id is malformed");
                return r < 0 ? r : 1;
        }
        rule->id = id->text;
        return 1;
}

static int compare_rules(const void *a, const void *b)
{
        const FragmentRule *x = *(FragmentRule *const *) a, *y = *(FragmentRule *const *) b;
        int order = strcmp(x->id, y->id);

        return order != 0 ? order : (x > y) - (x < y);
}

static int check_ids(Reader *reader)
{
        Fragment *f = reader->fragment;

        f->rules_by_id = calloc(f->n_rules, sizeof(FragmentRule *));
        if (!f->rules_by_id)
                return -ENOMEM;
        for (size_t i = 0; i < f->n_rules; i++)
                f->rules_by_id[i] = &f->rules[i];
        qsort(f->rules_by_id, f->n_rules, sizeof(FragmentRule *), compare_rules);
        for (size_t i = 1; i < f->n_rules; i++) {
                const FragmentRule *before = f->rules_by_id[i - 1], *rule = f->rules_by_id[i];

                if (rule->id[0] == '\0' || strcmp(before->id, rule->id) != 0)
                        continue;
                if (fragment_go_on(diag_error(reader->diags, POLICY_CODE_DUPLICATE_ID,
                                    fragment_place(f, yaml_find(rule->node, "id")),
                                    "give each rule of a fragment an id of its own",
                                    "the id %s is already used on line %u", rule->id,
                                    yaml_find(before->node, "id")->line)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int read_rules(Reader *reader, const YamlNode *rules)
{
        Fragment *f = reader->fragment;
        size_t count = 0;
        int r = expect(reader, rules, YAML_TYPE_SEQUENCE, "rules",
                        "write rules: and below it a list of rules, each with - id: NAME");

        if (r <= 0 || !rules->first)
                return r;
        yaml_foreach(node, rules) count++;
        f->rules = calloc(count, sizeof(FragmentRule));
        if (!f->rules)
                return -ENOMEM;
        yaml_foreach(node, rules)
        {
                r = read_rule(reader, node, &f->rules[f->n_rules]);
                if (r < 0)
                        return r;
                f->n_rules += (size_t) r;
        }
        return f->n_rules > 0 ? check_ids(reader) : 0;
}

FragmentRule *fragment_find_rule(const Fragment *fragment, const char *id)
{
        FragmentRule key = { .id = id };
        size_t low = 0, high = fragment->n_rules;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(key.id, fragment->rules_by_id[middle]->id);

                if (order == 0)
                        return fragment->rules_by_id[middle];
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

static int read_version(Reader *reader, const YamlNode *value)
{
        if (value->type == YAML_TYPE_SCALAR && strcmp(value->text, FRAGMENT_LANGUAGE_VERSION) == 0)
                return 0;
        return say(reader, POLICY_CODE_VERSION, value, "write policy: 1",
                        "this is not version 1 of the policy language");
}

static int read_description(Reader *reader, const YamlNode *value)
{
        int r = expect(reader, value, YAML_TYPE_SCALAR, "description", "put the text into quotes");

        return r < 0 ? r : 0;
}

static int read_disable(Reader *reader, const YamlNode *value)
{
        return fragment_flatten(reader->fragment, value, &reader->fragment->disable, reader->diags);
}

static int read_nothing(Reader *reader, const YamlNode *value)
{
        return 0;
}

/* In the order of reading: names are known before rules. */
static const struct {
        const char *key;
        int (*read)(Reader *reader, const YamlNode *value);
} sections[] = {
        {"policy",       read_version    },
        { "description", read_description},
        { "when",        read_nothing    },
        { "define",      read_define     },
        { "disable",     read_disable    },
        { "rules",       read_rules      },
};

static int check_section(Reader *reader, const YamlNode *key)
{
        const char *names[ELEMENTSOF(sections) + 1] = { NULL };
        const char *nearest;
        _cleanup_free_ char *hint = NULL;

        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                names[i] = sections[i].key;
                if (strcmp(key->text, names[i]) == 0)
                        return 0;
        }
        nearest = string_nearest(key->text, names);
        if (nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        return fragment_go_on(diag_error(reader->diags, POLICY_CODE_UNKNOWN_KEY,
                        fragment_place(reader->fragment, key),
                        hint
                                        ?: "a fragment has policy, description, when, define, "
                                           "rules and "
                                           "disable",
                        "'%s' is not a part of a fragment", key->text));
}

static int read_sections(Reader *reader)
{
        const YamlNode *root = reader->fragment->document.root;
        int r;

        if (!root || (root->type == YAML_TYPE_SCALAR && root->text[0] == '\0'))
                return say(reader, POLICY_CODE_MISSING_KEY, NULL,
                                "begin it with policy: 1, or remove the file",
                                "the fragment is empty");
        r = expect(reader, root, YAML_TYPE_MAPPING, "the fragment", "begin it with policy: 1");
        if (r <= 0)
                return r;
        yaml_foreach(value, root)
        {
                r = check_section(reader, value->key);
                if (r < 0)
                        return r;
        }
        if (!yaml_find(root, "policy")) {
                r = say(reader, POLICY_CODE_MISSING_KEY, root, "begin the file with policy: 1",
                                "the fragment does not say its language version");
                if (r < 0)
                        return r;
        }
        r = evaluate_when(reader, root, &reader->fragment->active);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sections); i++) {
                const YamlNode *value = yaml_find(root, sections[i].key);

                if (value)
                        r = sections[i].read(reader, value);
        }
        return r;
}

/* Rules are named NAME/ID, therefore the name must be plain. */
static int read_name(Reader *reader)
{
        Fragment *f = reader->fragment;

        f->name = strdup(f->source->name);
        if (!f->name)
                return -ENOMEM;
        if (!string_ends_with(f->name, ".yaml") || strlen(f->name) == strlen(".yaml") ||
                        strpbrk(f->name, "/ \t\n"))
                return say(reader, POLICY_CODE_FRAGMENT_NAME, NULL,
                                "fragments are called NN-NAME.yaml, as 50-programs.yaml",
                                "the file name is malformed");
        f->name[strlen(f->name) - strlen(".yaml")] = '\0';
        return 0;
}

int fragment_parse(const PolicySource *source, const Target *target, const NameResolver *names,
                Fragment *ret_fragment, DiagList *diags)
{
        _cleanup_(fragment_done) Fragment fragment = { .source = source, .active = true };
        Reader reader = {
                .fragment = &fragment,
                .target = target,
                .names = names,
                .diags = diags,
        };
        int r;

        r = read_name(&reader);
        if (r < 0)
                return r;
        r = yaml_parse(source->text, source->size, source->path, &fragment.document, diags);
        if (r == -ENOMEM)
                return r;
        if (r >= 0) {
                r = read_sections(&reader);
                if (r < 0)
                        return r;
        }
        *ret_fragment = TAKE_STRUCT(fragment);
        return 0;
}
