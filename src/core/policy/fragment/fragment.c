/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/fragment.h"

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/allow.h"
#include "core/policy/fragment/condition.h"
#include "core/policy/fragment/fragment-fix.h"
#include "core/policy/fragment/suggest.h"

#define FRAGMENT_ENDING ".yaml"

typedef struct Reader {
        Fragment *fragment;
        const Target *target;
        const NameResolver *names;
        DiagList *diags;
} Reader;

typedef struct Flattener {
        Fragment *fragment;
        Arena *arena;
        NodeList list;
        DiagList *diags;
} Flattener;

/* The value stands at `at`, or is named there. */
static int add_node(Flattener *f, const YamlNode *node, const YamlNode *at)
{
        NodeList *list = &f->list;

        if (list->count >= FRAGMENT_LIST_MAX)
                return diag_error(f->diags, POLICY_CODE_YAML_LIMIT, fragment_place(f->fragment, at),
                                "split the rule", "a list has more than %d values",
                                FRAGMENT_LIST_MAX);
        if ((list->count & (list->count - 1)) == 0) {
                size_t allocated = list->count == 0 ? 1 : list->count * 2;
                const YamlNode **items = arena_new(f->arena, const YamlNode *, allocated);

                if (!items)
                        return -ENOMEM;
                if (list->count > 0)
                        memcpy(items, list->items, list->count * sizeof(const YamlNode *));
                list->items = items;
        }
        list->items[list->count++] = node;
        return 0;
}

void fragment_done(Fragment *fragment)
{
        free(fragment->names);
        free(fragment->rules);
        free(fragment->ids);
        free(fragment->name);
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
        size_t length = 0;

        for (char c; (c = text[length]) != '\0'; length++)
                if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
                        return false;
        return length > 0 && length <= FRAGMENT_ID_MAX && text[0] != '-';
}

static FragmentName *find_name(const Fragment *fragment, const char *name)
{
        for (size_t i = 0; i < fragment->n_names; i++)
                if (strcmp(fragment->names[i].name, name) == 0)
                        return &fragment->names[i];
        return NULL;
}

static int refuse_name(const Flattener *f, const YamlNode *node)
{
        const Fragment *fragment = f->fragment;
        const char **known = arena_new(f->arena, const char *, fragment->n_names + 1);
        _cleanup_free_ char *hint = NULL;
        const char *nearest;
        int r;

        if (!known)
                return -ENOMEM;
        for (size_t i = 0; i < fragment->n_names; i++)
                known[i] = fragment->names[i].name;
        nearest = string_nearest(node->text + 1, known);
        if (nearest && asprintf(&hint, "did you mean $%s?", nearest) < 0)
                return -ENOMEM;
        r = diag_error(f->diags, POLICY_CODE_UNDEFINED_NAME, fragment_place(fragment, node),
                        hint
                                        ?: "names are local to a fragment and come under define, "
                                           "before "
                                           "their use; a value that begins with $ is written $$",
                        "%s is not defined in this fragment", node->text);
        if (nearest) {
                suggest_range(f->diags, fragment_place(fragment, node), '$', nearest);
                find_name(fragment, nearest)->used = true;
        }
        return r;
}

static int flatten_name(Flattener *f, const YamlNode *node)
{
        FragmentName *name = find_name(f->fragment, node->text + 1);
        int r = 0;

        if (!name)
                return refuse_name(f, node);
        name->used = true;
        for (size_t i = 0; r >= 0 && i < name->values.count; i++)
                r = add_node(f, name->values.items[i], node);
        return r;
}

static int flatten_item(Flattener *f, const YamlNode *node)
{
        if (node->type != YAML_TYPE_SCALAR)
                return diag_error(f->diags, POLICY_CODE_WRONG_SHAPE,
                                fragment_place(f->fragment, node),
                                "write values, or a list of values: [a, b]", "%s cannot stand here",
                                yaml_type_to_string((YamlType) node->type));
        if (node->text[0] == '$' && node->text[1] != '$')
                return flatten_name(f, node);
        return add_node(f, node, node);
}

int fragment_flatten(Fragment *fragment, const YamlNode *node, Arena *arena, NodeList *ret_list,
                DiagList *diags)
{
        Flattener f = { .fragment = fragment, .arena = arena, .diags = diags };
        int r = 0;

        if (node->type != YAML_TYPE_SEQUENCE)
                r = flatten_item(&f, node);
        else if (!node->first)
                r = diag_error(diags, POLICY_CODE_EMPTY_VALUE, fragment_place(fragment, node),
                                "leave the key out or give it a value", "the list is empty");
        else
                yaml_foreach(item, node)
                {
                        r = flatten_item(&f, item);
                        /* What follows in a list that is too long would only be said again. */
                        if (r == -ENOMEM || (r < 0 && f.list.count >= FRAGMENT_LIST_MAX))
                                break;
                }
        if (r == -ENOMEM)
                return r;
        *ret_list = f.list;
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

                /* A malformed name is known all the same, so that its uses are not refused, too. */
                if (!is_word(value->key->text)) {
                        r = fragment_go_on(diag_error(reader->diags, POLICY_CODE_INVALID_NAME,
                                        fragment_place(f, value->key),
                                        "names consist of a-z, 0-9 and -, at most 64 of them",
                                        "'%.*s' cannot be a defined name", FRAGMENT_ID_MAX,
                                        value->key->text));
                        if (r < 0)
                                return r;
                        fragment_fix_name(f, value->key, reader->diags);
                        name->used = true;
                }
                /* Only names above this one are known yet, so that none can contain itself. */
                r = fragment_flatten(f, value, &f->document.arena, &name->values, reader->diags);
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
                        "write - id: NAME and below it action: and conditions; imactl policy "
                        "import turns "
                        "rules in the kernel's own language into a fragment");

        if (r == 0)
                fragment_fix_rule_text(reader->fragment, node, reader->target, reader->diags);
        if (r <= 0)
                return r;
        rule->node = node;
        rule->active = reader->fragment->active;
        r = evaluate_when(reader, node, &rule->active);
        if (r < 0)
                return r;
        if (yaml_find(node, "allow")) {
                r = allow_parse(reader->fragment, yaml_find(node, "allow"), &rule->allow,
                                reader->diags);
                if (r < 0)
                        return r;
        }
        id = yaml_find(node, "id");
        if (!id) {
                r = say(reader, POLICY_CODE_MISSING_KEY, node,
                                "add id: NAME; messages and disable name the rule by it",
                                "the rule has no id");
                fragment_fix_missing_id(reader->fragment, node, reader->diags);
                rule->id = "";
                return r < 0 ? r : 1;
        }
        if (id->type != YAML_TYPE_SCALAR || !is_word(id->text)) {
                rule->id = "";
                r = fragment_go_on(diag_error(reader->diags, POLICY_CODE_INVALID_ID,
                                fragment_place(reader->fragment, id),
                                "ids consist of a-z, 0-9 and -, at most 64 of them, as disable and "
                                "messages name rules FRAGMENT/ID",
                                "'%.*s' is not the id of a rule", FRAGMENT_ID_MAX,
                                id->text ?: "a list or mapping"));
                fragment_fix_id(reader->fragment, id, reader->diags);
                return r < 0 ? r : 1;
        }
        rule->id = id->text;
        return 1;
}

static int refuse_id(const Reader *reader, const FragmentRule *rule, const FragmentRule *first)
{
        const YamlNode *id = yaml_find(rule->node, "id"), *used = yaml_find(first->node, "id");
        int r = diag_error(reader->diags, POLICY_CODE_DUPLICATE_ID,
                        fragment_place(reader->fragment, id),
                        "give each rule of a fragment an id of its own",
                        "the id %s is already used on line %u", rule->id, used->line);

        diag_relate(reader->diags, fragment_place(reader->fragment, used), "first used here");
        fragment_fix_id(reader->fragment, id, reader->diags);
        return r;
}

/* The place of an id in the table of ids: the rule that has it, or a free one. */
static FragmentRule **find_slot(const Fragment *fragment, const char *id)
{
        uint32_t hash = 2166136261U; /* FNV-1a */
        size_t i;

        for (const char *p = id; *p; p++)
                hash = (hash ^ (unsigned char) *p) * 16777619U;
        i = hash & fragment->ids_mask;
        while (fragment->ids[i] && !string_equal(fragment->ids[i]->id, id))
                i = (i + 1) & fragment->ids_mask;
        return &fragment->ids[i];
}

/* Enters the ids of all rules; the first rule of two keeps it. */
static int read_ids(Reader *reader)
{
        Fragment *f = reader->fragment;
        size_t size = 2;

        while (size < f->n_rules * 2)
                size *= 2;
        f->ids_mask = size - 1;
        f->ids = calloc(size, sizeof(FragmentRule *));
        if (!f->ids)
                return -ENOMEM;
        for (size_t i = 0; i < f->n_rules; i++) {
                FragmentRule *rule = &f->rules[i];
                FragmentRule **slot = find_slot(f, rule->id);

                if (!*slot)
                        *slot = rule;
                else if (rule->id[0] != '\0' && fragment_go_on(refuse_id(reader, rule, *slot)) < 0)
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

        if (r == 0 && rules->type == YAML_TYPE_MAPPING)
                fragment_fix_rules(f, rules, reader->diags);
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
        return read_ids(reader);
}

FragmentRule *fragment_find_rule(const Fragment *fragment, const char *id)
{
        return fragment->ids ? *find_slot(fragment, id) : NULL;
}

static int read_version(Reader *reader, const YamlNode *value)
{
        int r;

        if (value->type == YAML_TYPE_SCALAR && strcmp(value->text, FRAGMENT_LANGUAGE_VERSION) == 0)
                return 0;
        r = say(reader, POLICY_CODE_VERSION, value, "write policy: 1",
                        "this is not version 1 of the policy language");
        /* Another version is not rewritten into this one by writing 1. */
        if (value->type == YAML_TYPE_SCALAR &&
                        (string_equal(value->text, "1.0") || string_equal(value->text, "v1")))
                suggest_scalar(reader->diags, fragment_place(reader->fragment, value),
                                FRAGMENT_LANGUAGE_VERSION);
        return r;
}

static int read_description(Reader *reader, const YamlNode *value)
{
        int r = expect(reader, value, YAML_TYPE_SCALAR, "description", "put the text into quotes");

        return r < 0 ? r : 0;
}

static int read_disable(Reader *reader, const YamlNode *value)
{
        Fragment *f = reader->fragment;

        return fragment_flatten(f, value, &f->document.arena, &f->disable, reader->diags);
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

static const char *nearest_section(const char *word)
{
        const char *names[ELEMENTSOF(sections) + 1] = { NULL };

        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                names[i] = sections[i].key;
        return string_nearest(word, names);
}

static int check_section(Reader *reader, const YamlNode *key)
{
        const char *nearest;
        _cleanup_free_ char *hint = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (strcmp(key->text, sections[i].key) == 0)
                        return 0;
        nearest = nearest_section(key->text);
        if (nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        r = fragment_go_on(diag_error(reader->diags, POLICY_CODE_UNKNOWN_KEY,
                        fragment_place(reader->fragment, key),
                        hint
                                        ?: "a fragment has policy, description, when, define, "
                                           "rules and "
                                           "disable",
                        "'%s' is not a part of a fragment", key->text));
        if (nearest)
                suggest_scalar(reader->diags, fragment_place(reader->fragment, key), nearest);
        return r;
}

/* Misspelled, it is refused as a key already. */
static bool has_version(const YamlNode *root)
{
        yaml_foreach(value, root) if (string_equal(nearest_section(value->key->text),
                                                      "policy")) return true;
        return false;
}

static int refuse_no_version(Reader *reader, const YamlNode *root)
{
        int r = say(reader, POLICY_CODE_MISSING_KEY, root, "begin the file with policy: 1",
                        "the fragment does not say its language version");

        suggest_entry(reader->diags, reader->fragment->source->path, root, root->first,
                        "policy: " FRAGMENT_LANGUAGE_VERSION);
        return r;
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
        if (!yaml_find(root, "policy") && !has_version(root)) {
                r = refuse_no_version(reader, root);
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

size_t fragment_get_name_length(const PolicySource *source)
{
        size_t length = strlen(source->name);

        return string_ends_with(source->name, FRAGMENT_ENDING) ? length - strlen(FRAGMENT_ENDING)
                                                               : length;
}

/* Rules are named NAME/ID, therefore the name must be plain. */
static int read_name(Reader *reader)
{
        Fragment *f = reader->fragment;
        const PolicySource *source = f->source;
        size_t length = fragment_get_name_length(source);

        f->name = strndup(source->name, length);
        if (!f->name)
                return -ENOMEM;
        if (length == 0 || source->name[length] == '\0' || strpbrk(f->name, "/ \t\n"))
                return say(reader, POLICY_CODE_FRAGMENT_NAME, NULL,
                                "fragments are called NN-NAME.yaml, as 50-programs.yaml",
                                "the file name is malformed");
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
