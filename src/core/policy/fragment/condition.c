/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/condition.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/suggest.h"

typedef struct Condition {
        const Target *target;
        const NameResolver *names;
        const char *source;
        DiagList *diags;
        bool fulfilled;
        bool config_unknown;
} Condition;

/* The longer spellings come first. */
static const struct {
        const char *text;
        bool below, equal, above;
} comparisons[] = {
        {">=",  false, true,  true },
        { "<=", true,  true,  false},
        { "==", false, true,  false},
        { "!=", true,  false, true },
        { ">",  false, false, true },
        { "<",  true,  false, false},
        { "=",  false, true,  false},
};

static DiagPlace place_of(const Condition *c, const YamlNode *node)
{
        return yaml_place(node, c->source);
}

/* Who names a version means that one and later ones. */
static int refuse_kernel(const Condition *c, const YamlNode *node)
{
        uint32_t version[TARGET_VERSION_PARTS];
        const char *text = node->text + strspn(node->text, "~=> ");
        _cleanup_free_ char *condition = NULL;
        int r = diag_error(c->diags, POLICY_CODE_INVALID_WHEN, place_of(c, node),
                        "write kernel: \">=6.1\"; the operators are >= > <= < = !=",
                        "'%s' is not a condition on the kernel's version", node->text);

        if (target_parse_version(text, version, NULL) >= 0 &&
                        asprintf(&condition, ">=%s", text) >= 0)
                suggest_scalar(c->diags, place_of(c, node), condition);
        return r;
}

static int evaluate_kernel(Condition *c, const YamlNode *node)
{
        uint32_t version[TARGET_VERSION_PARTS];
        int order, parts;

        for (size_t i = 0; i < ELEMENTSOF(comparisons); i++) {
                const char *rest = string_after(node->text, comparisons[i].text);

                if (!rest)
                        continue;
                parts = target_parse_version(rest + strspn(rest, " "), version, NULL);
                if (parts < 0)
                        break;
                if (!c->target)
                        return 0;
                order = target_compare_version(c->target, version, (size_t) parts);
                if (!(order < 0                  ? comparisons[i].below
                                    : order == 0 ? comparisons[i].equal
                                                 : comparisons[i].above))
                        c->fulfilled = false;
                return 0;
        }
        return refuse_kernel(c, node);
}

#define OPTION_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

/* A real option, where nothing but letters is wrong with the name. */
static const char *nearest_config(const char *name)
{
        size_t n;
        const KconfigOption *options = kconfig_list_options(&n);
        _cleanup_free_ const char **names = calloc(n + 1, sizeof(char *));

        if (!names || strspn(name, OPTION_CHARACTERS) != strlen(name))
                return NULL;
        for (size_t i = 0; i < n; i++)
                names[i] = options[i].name;
        return string_nearest(string_after(name, "CONFIG_") ?: name, names);
}

/* What is known of a mistaken name begins with the right one: "CONFIG_X gives …". */
static int refuse_config(
                const Condition *c, const YamlNode *node, const char *name, const char *what)
{
        const char *right = what ? string_after(what, "CONFIG_") : nearest_config(name);
        _cleanup_free_ char *option = NULL, *hint = NULL, *text = NULL;
        int r;

        option = right ? strndup(right, strspn(right, OPTION_CHARACTERS)) : NULL;
        if (option && !what && asprintf(&hint, "did you mean %s?", option) < 0)
                return -ENOMEM;
        r = diag_error(c->diags, POLICY_CODE_UNKNOWN_CONFIG, place_of(c, node),
                        what ?: hint ?: "look the name up in security/integrity/*/Kconfig",
                        "no kernel has an option %s", name);
        /* "=n" stays: without it the condition would say the opposite. */
        if (option && asprintf(&text, "%s%s", option, node->text + strlen(name)) >= 0)
                suggest_scalar(c->diags, place_of(c, node), text);
        return r;
}

/* OPTION and OPTION=y are fulfilled when it is on, OPTION=n when it is off. */
static int evaluate_config(Condition *c, const YamlNode *node)
{
        bool off = string_ends_with(node->text, "=n"),
             marked = off || string_ends_with(node->text, "=y");
        _cleanup_free_ char *name = strndup(node->text, strlen(node->text) - (marked ? 2 : 0));
        const char *what;
        int r;

        if (!name)
                return -ENOMEM;
        if (kconfig_explain_name(name, &what) == KCONFIG_NAME_MISTAKE) {
                return refuse_config(c, node, name, what);
        }
        if (name[0] == '\0' || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
                                            "abcdefghijklmnopqrstuvwxyz") != strlen(name))
                return diag_error(c->diags, POLICY_CODE_INVALID_WHEN, place_of(c, node),
                                "write config: [IMA_APPRAISE_MODSIG], or IMA_APPRAISE_MODSIG=n",
                                "'%s' is not the name of a kernel option", node->text);
        if (!c->target)
                return 0;
        r = target_has_config(c->target, name);
        if (r < 0 || (r > 0) == off)
                c->fulfilled = false;
        c->config_unknown |= r < 0;
        return 0;
}

static int evaluate_owner(Condition *c, const YamlNode *node, const char *kind,
                int (*find)(void *userdata, const char *name, uint32_t *ret_id))
{
        uint32_t id;
        int r;

        if (node->text[0] == '\0' || strpbrk(node->text, " \t\n:"))
                return diag_error(c->diags, POLICY_CODE_INVALID_WHEN, place_of(c, node),
                                "write user: [postgres], or group: with the name of a group",
                                "'%s' is not the name of a %s", node->text, kind);
        r = find ? find(c->names->userdata, node->text, &id) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        if (r < 0 && r != -ENOENT)
                return diag_error(c->diags, POLICY_CODE_UNKNOWN_OWNER, place_of(c, node),
                                "getent shows whether names can be resolved; try again",
                                "cannot look up the %s '%s': %s", kind, node->text, strerror(-r));
        if (r < 0)
                c->fulfilled = false;
        return 0;
}

static int evaluate_user(Condition *c, const YamlNode *node)
{
        return evaluate_owner(c, node, "user", c->names ? c->names->user : NULL);
}

static int evaluate_group(Condition *c, const YamlNode *node)
{
        return evaluate_owner(c, node, "group", c->names ? c->names->group : NULL);
}

static int evaluate_each(Condition *c, const YamlNode *node,
                int (*evaluate)(Condition *c, const YamlNode *node))
{
        int r = 0;

        if (node->type == YAML_TYPE_SCALAR)
                return evaluate(c, node);
        if (node->type == YAML_TYPE_MAPPING || !node->first)
                return diag_error(c->diags, POLICY_CODE_INVALID_WHEN, place_of(c, node),
                                "write a value or a list of values", "%s needs a value",
                                node->key->text);
        yaml_foreach(item, node)
        {
                int q = item->type == YAML_TYPE_SCALAR
                                        ? evaluate(c, item)
                                        : diag_error(c->diags, POLICY_CODE_INVALID_WHEN,
                                                          place_of(c, item),
                                                          "write a list of plain values",
                                                          "%s cannot be a condition",
                                                          yaml_type_to_string(
                                                                          (YamlType) item->type));
                if (q == -ENOMEM)
                        return q;
                r = q < 0 ? q : r;
        }
        return r;
}

static int evaluate_key(Condition *c, const YamlNode *value)
{
        static const struct {
                const char *key;
                int (*evaluate)(Condition *c, const YamlNode *node);
        } kinds[] = {
                {"kernel",  evaluate_kernel},
                { "config", evaluate_config},
                { "user",   evaluate_user  },
                { "group",  evaluate_group },
        };
        const char *names[ELEMENTSOF(kinds) + 1] = { NULL }, *nearest;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(value->key->text, kinds[i].key) == 0)
                        return evaluate_each(c, value, kinds[i].evaluate);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                names[i] = kinds[i].key;
        nearest = string_nearest(value->key->text, names);
        r = diag_error(c->diags, POLICY_CODE_UNKNOWN_KEY, place_of(c, value->key),
                        "conditions are kernel: \">=6.1\", config: [OPTION], user: [NAME] and "
                        "group: [NAME]",
                        "'%s' is not a condition", value->key->text);
        if (nearest)
                suggest_scalar(c->diags, place_of(c, value->key), nearest);
        return r;
}

int condition_evaluate(const YamlNode *when, const Target *target, const NameResolver *names,
                const char *source, DiagList *diags)
{
        Condition c = {
                .target = target,
                .names = names,
                .source = source,
                .diags = diags,
                .fulfilled = true,
        };
        int r;

        if (when->type != YAML_TYPE_MAPPING || !when->first) {
                r = diag_error(diags, POLICY_CODE_INVALID_WHEN, place_of(&c, when),
                                "write when: {kernel: \">=6.1\"}",
                                "when is %s, a mapping is expected",
                                when->first || when->type == YAML_TYPE_SCALAR
                                                ? yaml_type_to_string((YamlType) when->type)
                                                : "empty");
                return r == -ENOMEM ? r : 0;
        }
        yaml_foreach(value, when)
        {
                r = evaluate_key(&c, value);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        c.fulfilled = false;
        }
        if (c.config_unknown) {
                r = diag_warning(diags, POLICY_CODE_CONFIG_UNKNOWN, place_of(&c, when),
                                "install the kernel's configuration as /boot/config-RELEASE",
                                "the configuration of kernel %s is not known, what depends on it "
                                "is left out",
                                target->release);
                if (r < 0)
                        return r;
        }
        return c.fulfilled;
}
