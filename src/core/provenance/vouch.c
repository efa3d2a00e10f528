/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/provenance/vouch.h"

#include "base/diag-code.h"
#include "core/policy/code.h"
#include "core/policy/fragment/yaml.h"

#define ENDING ".yaml"
#define WORD_MAX 64

typedef struct Reader {
        const char *name; /* of the fragment, less its ending */
        const char *path;
        VouchRules *rules;
        DiagList *diags;
} Reader;

static void rule_done(VouchRule *rule)
{
        free(rule->id);
        free(rule->package);
        string_list_done(&rule->paths);
        *rule = (VouchRule){ 0 };
}

void vouch_rules_done(VouchRules *rules)
{
        for (size_t i = 0; i < rules->count; i++)
                rule_done(&rules->items[i]);
        free(rules->items);
        *rules = (VouchRules){ 0 };
}

bool vouch_is_wild(const char *pattern, size_t length)
{
        return memchr(pattern, '*', length) || memchr(pattern, '?', length);
}

bool vouch_match(const char *pattern, size_t length, const char *name)
{
        const char *end = pattern + length, *star = NULL, *retry = NULL;

        if (*name == '.' && (length == 0 || *pattern != '.'))
                return false;
        while (*name) {
                if (pattern < end && *pattern == '*') {
                        star = pattern++;
                        retry = name;
                } else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
                        pattern++;
                        name++;
                } else if (star) { /* the last star takes one more */
                        pattern = star + 1;
                        name = ++retry;
                } else {
                        return false;
                }
        }
        while (pattern < end && *pattern == '*')
                pattern++;
        return pattern == end;
}

/* Reading goes on behind a mistake, so that all are told. */
static int go_on(int r)
{
        return r == -EBADMSG ? 0 : r;
}

static int say(const Reader *reader, const char *code, const YamlNode *node, const char *hint,
                const char *message)
{
        return go_on(diag_error(
                        reader->diags, code, yaml_place(node, reader->path), hint, "%s", message));
}

/* 1 when it is of that type. */
static int expect(const Reader *reader, const YamlNode *node, YamlType type, const char *what,
                const char *hint)
{
        if (node->type == type)
                return 1;
        return go_on(diag_error(reader->diags, POLICY_CODE_WRONG_SHAPE,
                        yaml_place(node, reader->path), hint, "%s is %s, %s is expected", what,
                        yaml_type_to_string((YamlType) node->type), yaml_type_to_string(type)));
}

typedef int KeyReader(const Reader *reader, const YamlNode *value, VouchRule *rule);

typedef struct Key {
        const char *name;
        KeyReader *read;
        bool required;
        const char *example; /* for who has left it out */
} Key;

static const char *nearest_key(const Key *keys, size_t n_keys, const char *word)
{
        const char *names[8] = { NULL };

        for (size_t i = 0; i < n_keys; i++)
                names[i] = keys[i].name;
        return string_nearest(word, names);
}

static int refuse_key(
                const Reader *reader, const YamlNode *key, const char *nearest, const char *what)
{
        _cleanup_free_ char *hint = NULL;

        if (nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        return go_on(diag_error(reader->diags, POLICY_CODE_UNKNOWN_KEY,
                        yaml_place(key, reader->path), hint ?: "imad.vouch(5) says which there are",
                        "'%s' is not a part of %s", key->text, what));
}

static const Key *find_key(const Key *keys, size_t n_keys, const char *name)
{
        for (size_t i = 0; i < n_keys; i++)
                if (string_equal(keys[i].name, name))
                        return &keys[i];
        return NULL;
}

/* A key that is misspelled is not missed, too. */
static bool is_meant(const Key *keys, size_t n_keys, const YamlNode *mapping, const char *name)
{
        yaml_foreach(value, mapping) if (string_equal(nearest_key(keys, n_keys, value->key->text),
                                                         name)) return true;
        return false;
}

static int read_mapping(const Reader *reader, const YamlNode *mapping, const Key *keys,
                size_t n_keys, const char *what, VouchRule *rule)
{
        int r = 0;

        yaml_foreach(value, mapping)
        {
                const Key *key = find_key(keys, n_keys, value->key->text);

                r = key ? key->read(reader, value, rule)
                        : refuse_key(reader, value->key,
                                          nearest_key(keys, n_keys, value->key->text), what);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n_keys; i++) {
                if (!keys[i].required || yaml_find(mapping, keys[i].name) ||
                                is_meant(keys, n_keys, mapping, keys[i].name))
                        continue;
                r = go_on(diag_error(reader->diags, POLICY_CODE_MISSING_KEY,
                                yaml_place(mapping, reader->path), keys[i].example, "%s has no %s",
                                what, keys[i].name));
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_made_of(const char *text, const char *characters, size_t max)
{
        size_t length = strspn(text, characters);

        return length > 0 && length <= max && text[length] == '\0';
}

static int read_id(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        if (value->type != YAML_TYPE_SCALAR || value->text[0] == '-' ||
                        !is_made_of(value->text, "abcdefghijklmnopqrstuvwxyz0123456789-", WORD_MAX))
                return say(reader, POLICY_CODE_INVALID_ID, value,
                                "ids consist of a-z, 0-9 and -, at most 64 of them",
                                "this is not the id of a rule");
        free(rule->id);
        return asprintf(&rule->id, "%s/%s", reader->name, value->text) < 0 ? -ENOMEM : 0;
}

/* Names of packages as deb-control(5) has them. */
static int read_package(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        if (value->type != YAML_TYPE_SCALAR ||
                        !is_made_of(value->text, "abcdefghijklmnopqrstuvwxyz0123456789+-.", 128))
                return say(reader, DIAG_CODE_VOUCH_PACKAGE, value,
                                "write the name of one package, without version and architecture",
                                "this is not the name of a package");
        free(rule->package);
        rule->package = strdup(value->text);
        return rule->package ? 0 : -ENOMEM;
}

/* Why a pattern is none, or NULL. */
static const char *find_fault(const char *pattern)
{
        const char *component = pattern + 1;
        size_t length = strcspn(component, "/");

        if (pattern[0] != '/')
                return "a path begins with /";
        if (strlen(pattern) > VOUCH_PATTERN_MAX)
                return "the path is longer than 1024 bytes";
        if (component[length] == '\0' || vouch_is_wild(component, length))
                return "a path begins with a directory that is written out";
        if (strpbrk(pattern, "[]{}\\"))
                return "only * and ? stand for other characters";
        for (;; component += length + 1) {
                length = strcspn(component, "/");
                if (length == 0 || (length == 1 && component[0] == '.') ||
                                (length == 2 && memcmp(component, "..", 2) == 0))
                        return "a component of the path is empty, . or ..";
                if (length == 2 && memcmp(component, "**", 2) == 0)
                        return "** does not stand for several directories";
                if (component[length] == '\0')
                        return NULL;
        }
}

static int read_pattern(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        const char *fault;
        int r = expect(reader, value, YAML_TYPE_SCALAR, "a path", "write path: /usr/lib/x/*.so");

        if (r <= 0)
                return r;
        fault = find_fault(value->text);
        if (fault)
                return say(reader, DIAG_CODE_VOUCH_PATH, value,
                                "write it like /usr/lib/modules/*/updates/dkms/*.ko", fault);
        return string_list_add(&rule->paths, value->text);
}

static int read_path(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        int r = 0;

        if (value->type != YAML_TYPE_SEQUENCE)
                return read_pattern(reader, value, rule);
        if (!value->first)
                return say(reader, POLICY_CODE_EMPTY_VALUE, value,
                                "write a path, or a list of them", "the list of paths is empty");
        yaml_foreach(item, value)
        {
                r = read_pattern(reader, item, rule);
                if (r < 0)
                        break;
        }
        return r;
}

/* Bytes, or with K, M or G at the end. */
static int parse_size(const char *text, uint64_t *ret_size)
{
        static const char units[] = "KMG";
        size_t length = strlen(text);
        const char *unit = length > 1 ? strchr(units, text[length - 1]) : NULL;
        unsigned shift = unit ? 10 * ((unsigned) (unit - units) + 1) : 0;
        _cleanup_free_ char *number = strndup(text, unit ? length - 1 : length);
        uint64_t size;
        int r = number ? parse_u64(number, VOUCH_SIZE_MAX >> shift, &size) : -ENOMEM;

        if (r >= 0)
                *ret_size = size << shift;
        return r;
}

static int read_max_size(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        int r = value->type == YAML_TYPE_SCALAR ? parse_size(value->text, &rule->max_size)
                                                : -EINVAL;

        if (r == -ENOMEM || (r >= 0 && rule->max_size > 0))
                return r;
        return say(reader, DIAG_CODE_VOUCH_LIMIT, value, "write a size up to 1G, like 16M",
                        "this is not the size of a file");
}

static int read_max_files(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        if (value->type == YAML_TYPE_SCALAR &&
                        parse_u64(value->text, VOUCH_FILES_MAX, &rule->max_files) >= 0 &&
                        rule->max_files > 0)
                return 0;
        return say(reader, DIAG_CODE_VOUCH_LIMIT, value, "write a number from 1 to 10000",
                        "this is not a number of files");
}

static int read_limits(const Reader *reader, const YamlNode *value, VouchRule *rule)
{
        static const Key keys[] = {
                {"files", read_max_files, false, NULL},
                { "size", read_max_size,  false, NULL},
        };
        int r = expect(reader, value, YAML_TYPE_MAPPING, "limits",
                        "write limits: {files: 100, size: 16M}");

        return r <= 0 ? r : read_mapping(reader, value, keys, ELEMENTSOF(keys), "limits", rule);
}

static int refuse_second(const Reader *reader, const YamlNode *id)
{
        return say(reader, POLICY_CODE_DUPLICATE_ID, id, "give each rule an id of its own",
                        "the id is already used in this fragment");
}

static bool has_rule(const VouchRules *rules, const char *id)
{
        for (size_t i = 0; i < rules->count; i++)
                if (string_equal(rules->items[i].id, id))
                        return true;
        return false;
}

static int add_rule(const Reader *reader, VouchRule *rule)
{
        VouchRules *rules = reader->rules;
        VouchRule *items = reallocarray(rules->items, rules->count + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;
        rules->items = items;
        rules->items[rules->count++] = TAKE_STRUCT(*rule);
        return 0;
}

static int read_rule(const Reader *reader, const YamlNode *node)
{
        static const Key keys[] = {
                {"id",       read_id,      true,  "add id: NAME; reports name the rule by it"},
                { "path",    read_path,    true,  "add path: and where the files are made"   },
                { "package", read_package, true,
                 "add package: and the name of the one that makes them"                      },
                { "limits",  read_limits,  false, NULL                                       },
        };
        _cleanup_(rule_done) VouchRule rule = { .max_files = VOUCH_FILES_DEFAULT,
                .max_size = VOUCH_SIZE_DEFAULT };
        size_t errors = reader->diags->errors;
        int r = expect(reader, node, YAML_TYPE_MAPPING, "a rule",
                        "write - id: NAME and below it path: and package:");

        if (r <= 0)
                return r;
        r = read_mapping(reader, node, keys, ELEMENTSOF(keys), "the rule", &rule);
        if (r < 0 || reader->diags->errors > errors)
                return r;
        if (has_rule(reader->rules, rule.id))
                return refuse_second(reader, yaml_find(node, "id"));
        if (reader->rules->count >= VOUCH_RULES_MAX)
                return say(reader, POLICY_CODE_YAML_LIMIT, node, "merge rules: path takes a list",
                                "there are more than 1000 rules");
        return add_rule(reader, &rule);
}

static int read_rules(const Reader *reader, const YamlNode *value, VouchRule *none)
{
        int r = expect(reader, value, YAML_TYPE_SEQUENCE, "rules",
                        "write rules: and below it a list of rules, each with - id: NAME");

        if (r <= 0)
                return r;
        yaml_foreach(node, value)
        {
                r = read_rule(reader, node);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_version(const Reader *reader, const YamlNode *value, VouchRule *none)
{
        if (value->type == YAML_TYPE_SCALAR && string_equal(value->text, VOUCH_LANGUAGE_VERSION))
                return 0;
        return say(reader, DIAG_CODE_VOUCH_VERSION, value, "write vouch: 1",
                        "this is not version 1 of the language of vouch rules");
}

static int read_description(const Reader *reader, const YamlNode *value, VouchRule *none)
{
        int r = expect(reader, value, YAML_TYPE_SCALAR, "description", "put the text into quotes");

        return r < 0 ? r : 0;
}

static int read_root(const Reader *reader, const YamlNode *root)
{
        static const Key keys[] = {
                {"vouch",        read_version,     true,  "begin the file with vouch: 1"},
                { "description", read_description, false, NULL                          },
                { "rules",       read_rules,       false, NULL                          },
        };
        int r;

        if (!root || (root->type == YAML_TYPE_SCALAR && root->text[0] == '\0'))
                return say(reader, POLICY_CODE_MISSING_KEY, NULL,
                                "begin it with vouch: 1, or remove the file",
                                "the fragment is empty");
        r = expect(reader, root, YAML_TYPE_MAPPING, "the fragment", "begin it with vouch: 1");
        return r <= 0 ? r
                      : read_mapping(reader, root, keys, ELEMENTSOF(keys), "the fragment", NULL);
}

int vouch_parse(const char *name, const char *path, const char *text, size_t size,
                VouchRules *rules, DiagList *diags)
{
        size_t length = string_ends_with(name, ENDING) ? strlen(name) - strlen(ENDING) : 0,
               first = diags->count;
        _cleanup_free_ char *fragment = strndup(name, length);
        const Reader reader = { fragment, path, rules, diags };
        _cleanup_yaml_ YamlDocument document = { 0 };
        int r;

        if (!fragment)
                return -ENOMEM;
        if (length == 0 || strpbrk(fragment, "/ \t\n"))
                return say(&reader, POLICY_CODE_FRAGMENT_NAME, NULL,
                                "fragments are called NN-NAME.yaml, as 10-dkms.yaml",
                                "the file name is malformed");
        r = yaml_parse(text, size, path, &document, diags);
        if (r >= 0)
                r = read_root(&reader, document.root);
        diag_list_add_excerpts(diags, first, path, text, size);
        return go_on(r);
}
