/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/compile.h"

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/expand.h"
#include "core/policy/fragment/suggest.h"

#define NEAREST_RULES_MAX 1000

/* What a fragment asks to be left out. */
typedef struct Disable {
        const char *text; /* FRAGMENT/ID */
        const char *id;
        size_t fragment; /* an earlier one */
        DiagPlace place;
        bool active; /* else only looked up */
} Disable;

typedef struct DisableList {
        Disable *items;
        size_t count;
} DisableList;

/*
 * Fragments are compiled from the last to the first: a fragment can only disable rules of those
 * before it, so that one tree at a time is in memory, however many there are.
 */
typedef struct Compiler {
        const PolicySource *sources;
        size_t n_sources;
        const Target *target;
        const NameResolver *names;
        Policy *policy;
        Arena arena;
        DisableList *disables; /* by the fragment that they stand in */
        size_t *rules_end;     /* by fragment: where its rules end in the policy */
        DiagList *diags;
} Compiler;

static void compiler_done(Compiler *c)
{
        arena_done(&c->arena);
}

static bool find_fragment(const Compiler *c, const char *name, size_t length, size_t *ret_index)
{
        for (size_t i = 0; i < c->n_sources; i++)
                if (strncmp(c->policy->fragments[i].name, name, length) == 0 &&
                                c->policy->fragments[i].name[length] == '\0') {
                        *ret_index = i;
                        return true;
                }
        return false;
}

/* The name of an earlier fragment that is nearest to the first bytes of text, or NULL. */
static const char *nearest_fragment(
                const Compiler *c, size_t index, const char *text, size_t length)
{
        _cleanup_free_ const char **names = calloc(index + 1, sizeof(char *));
        _cleanup_free_ char *word = strndup(text, length);

        if (!names || !word)
                return NULL;
        for (size_t i = 0; i < index; i++)
                names[i] = c->policy->fragments[i].name;
        return string_nearest(word, names);
}

static const char *nearest_rule(const Fragment *f, const char *id)
{
        _cleanup_free_ const char **names = NULL;

        /* Comparing many words with many others would take minutes. */
        if (f->n_rules > NEAREST_RULES_MAX)
                return NULL;
        names = calloc(f->n_rules + 1, sizeof(char *));
        if (!names)
                return NULL;
        for (size_t i = 0; i < f->n_rules; i++)
                names[i] = f->rules[i].id;
        return string_nearest(id, names);
}

static void suggest_disable(
                const Compiler *c, DiagPlace place, const char *fragment, const char *id)
{
        _cleanup_free_ char *text = NULL;

        if (fragment && id && asprintf(&text, "%s/%s", fragment, id) >= 0)
                suggest_scalar(c->diags, place, text);
}

static int refuse_disable(const Compiler *c, DiagPlace place, const char *text, const char *hint,
                const char *cause)
{
        return diag_error(c->diags, POLICY_CODE_DISABLE_TARGET, place, hint, "disable: %s %s", text,
                        cause);
}

static int refuse_fragment(const Compiler *c, DiagPlace place, const char *text, const char *slash,
                size_t index)
{
        size_t length = (size_t) (slash - text), ending = strlen(".yaml");
        int r = refuse_disable(c, place, text, "the fragment's name is its file name without .yaml",
                        "names a fragment that does not exist");

        if (length > ending && memcmp(slash - ending, ".yaml", ending) == 0)
                length -= ending;
        suggest_disable(c, place, nearest_fragment(c, index, text, length), slash + 1);
        return r;
}

/* Keeps one item of a fragment's list for when the tree of the fragment that it names is there. */
static int add_disable(Compiler *c, const Fragment *f, size_t index, const YamlNode *node)
{
        DisableList *list = &c->disables[index];
        DiagPlace place = fragment_place(f, node);
        const char *slash = strchr(node->text, '/');
        size_t other;
        char *text;

        if (!slash || slash == node->text || slash[1] == '\0')
                return refuse_disable(c, place, node->text,
                                "write FRAGMENT/ID, as 40-vendor/skip-containers",
                                "does not name a rule");
        if (!find_fragment(c, node->text, (size_t) (slash - node->text), &other))
                return refuse_fragment(c, place, node->text, slash, index);
        if (other >= index)
                return refuse_disable(c, place, node->text,
                                other == index ? "remove the rule itself"
                                               : "rename this file so that it sorts behind the "
                                                 "other",
                                "names a fragment that is not an earlier one");
        text = arena_copy_text(&c->arena, node->text, strlen(node->text));
        if (!text)
                return -ENOMEM;
        list->items[list->count++] = (Disable){ .text = text,
                .id = text + (slash - node->text) + 1,
                .fragment = other,
                .place = place,
                .active = f->active };
        return 0;
}

static int read_disables(Compiler *c, const Fragment *f, size_t index)
{
        c->disables[index].items = arena_new(&c->arena, Disable, f->disable.count);
        if (!c->disables[index].items)
                return -ENOMEM;
        for (size_t i = 0; i < f->disable.count; i++)
                if (fragment_go_on(add_disable(c, f, index, f->disable.items[i])) < 0)
                        return -ENOMEM;
        return 0;
}

static int disable_rule(const Compiler *c, const Fragment *f, const Disable *d)
{
        FragmentRule *rule = fragment_find_rule(f, d->id);

        if (!rule) {
                int r = refuse_disable(c, d->place, d->text, "look the id up in the other fragment",
                                "names a rule that does not exist");

                suggest_disable(c, d->place, f->name, nearest_rule(f, d->id));
                return r;
        }
        if (!d->active)
                return 0;
        if (rule->disabled)
                return diag_warning(c->diags, POLICY_CODE_DISABLED_TWICE, d->place,
                                "once is enough", "%s is already disabled", d->text);
        rule->disabled = true;
        return 0;
}

static int disable_rules(const Compiler *c, const Fragment *f, size_t index)
{
        for (size_t later = index + 1; later < c->n_sources; later++)
                for (size_t i = 0; i < c->disables[later].count; i++) {
                        const Disable *d = &c->disables[later].items[i];

                        if (d->fragment == index && fragment_go_on(disable_rule(c, f, d)) < 0)
                                return -ENOMEM;
                }
        return 0;
}

static int check_unused_names(const Compiler *c, const Fragment *f)
{
        for (size_t i = 0; i < f->n_names; i++) {
                const FragmentName *name = &f->names[i];
                int r = name->used ? 0
                                   : diag_warning(c->diags, POLICY_CODE_UNUSED_NAME,
                                                     fragment_place(f, name->node),
                                                     "remove it, or use it as $name",
                                                     "%s is defined and never used", name->name);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_name(const Compiler *c, const Fragment *f, size_t index)
{
        size_t first;

        if (!find_fragment(c, f->name, strlen(f->name), &first) || first == index)
                return 0;
        return fragment_go_on(diag_error(c->diags, POLICY_CODE_FRAGMENT_NAME,
                        fragment_place(f, NULL), "give every file a name of its own",
                        "there is another fragment %s", f->name));
}

static int compile_fragment(Compiler *c, size_t index)
{
        _cleanup_(fragment_done) Fragment f = { 0 };
        int r = fragment_parse(&c->sources[index], c->target, c->names, &f, c->diags);

        if (r >= 0)
                r = check_name(c, &f, index);
        if (r >= 0)
                r = read_disables(c, &f, index);
        if (r >= 0)
                r = disable_rules(c, &f, index);
        if (r >= 0)
                r = expand_fragment(&f, (uint32_t) index, c->target, c->names, c->policy, c->diags);
        c->rules_end[index] = c->policy->n_rules;
        return r < 0 ? r : check_unused_names(c, &f);
}

static int read_names(Compiler *c)
{
        Policy *policy = c->policy;

        policy->fragments = calloc(c->n_sources + 1, sizeof(PolicyFragment));
        if (!policy->fragments)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_sources; i++) {
                const PolicySource *source = &c->sources[i];
                PolicyFragment *fragment = &policy->fragments[i];

                fragment->name = arena_copy_text(
                                &policy->arena, source->name, fragment_get_name_length(source));
                fragment->path =
                                arena_copy_text(&policy->arena, source->path, strlen(source->path));
                if (!fragment->name || !fragment->path)
                        return -ENOMEM;
        }
        policy->n_fragments = c->n_sources;
        return 0;
}

/* The rules stand with those of the last fragment first. */
static int order_rules(const Compiler *c)
{
        Policy *policy = c->policy;
        Rule *ordered = calloc(policy->n_rules + 1, sizeof(Rule));
        size_t n = 0;

        if (!ordered)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_sources; i++) {
                size_t start = i + 1 < c->n_sources ? c->rules_end[i + 1] : 0;
                size_t count = c->rules_end[i] - start;

                if (count > 0)
                        memcpy(ordered + n, policy->rules + start, count * sizeof(Rule));
                n += count;
        }
        free(policy->rules);
        policy->rules = ordered;
        policy->n_allocated = policy->n_rules + 1;
        return 0;
}

static int compile_fragments(Compiler *c)
{
        int r = read_names(c);

        c->disables = arena_new(&c->arena, DisableList, c->n_sources + 1);
        c->rules_end = arena_new(&c->arena, size_t, c->n_sources + 1);
        if (!c->disables || !c->rules_end)
                return -ENOMEM;
        for (size_t i = c->n_sources; r >= 0 && i-- > 0;)
                r = compile_fragment(c, i);
        return r < 0 ? r : order_rules(c);
}

typedef struct DiagOrder {
        const PolicySource *sources;
        size_t n_sources;
} DiagOrder;

static size_t source_index(const DiagOrder *order, const char *path)
{
        size_t i = 0;

        while (i < order->n_sources && !string_equal(order->sources[i].path, path))
                i++;
        return i;
}

static int compare_diags(const void *a, const void *b, void *userdata)
{
        const Diag *x = a, *y = b;
        size_t i = source_index(userdata, x->source), j = source_index(userdata, y->source);

        if (i != j)
                return i < j ? -1 : 1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return (x->column > y->column) - (x->column < y->column);
}

/* What was found in several passes is told as it stands in the files. */
static void sort_diags(DiagList *diags, size_t first, const PolicySource *sources, size_t n_sources)
{
        DiagOrder order = { sources, n_sources };

        if (diags->count - first > 1)
                qsort_r(diags->items + first, diags->count - first, sizeof(Diag), compare_diags,
                                &order);
}

int policy_compile(const PolicySource *sources, size_t n_sources, const Target *target,
                const NameResolver *names, Policy **ret_policy, DiagList *diags)
{
        _cleanup_(policy_freep) Policy *policy = calloc(1, sizeof(Policy));
        _cleanup_(compiler_done) Compiler c = {
                .sources = sources,
                .n_sources = n_sources,
                .target = target,
                .names = names,
                .policy = policy,
                .diags = diags,
        };
        size_t errors = diags->errors, first = diags->count;
        int r;

        if (!policy)
                return -ENOMEM;
        r = compile_fragments(&c);
        if (r < 0 && r != -E2BIG)
                return r;
        sort_diags(diags, first, sources, n_sources);
        policy_source_add_excerpts(sources, n_sources, first, diags);
        if (diags->errors > errors)
                return -EBADMSG;
        *ret_policy = TAKE_PTR(policy);
        return 0;
}
