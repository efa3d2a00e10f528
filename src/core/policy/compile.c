/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/compile.h"

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/expand.h"

typedef struct Compiler {
        const Target *target;
        const NameResolver *names;
        Policy *policy;
        Fragment *fragments;
        size_t n_fragments;
        DiagList *diags;
} Compiler;

static void compiler_done(Compiler *c)
{
        for (size_t i = 0; i < c->n_fragments; i++)
                fragment_done(&c->fragments[i]);
        free(c->fragments);
}

static Fragment *find_fragment(const Compiler *c, const char *name, size_t length)
{
        for (size_t i = 0; i < c->n_fragments; i++)
                if (strlen(c->fragments[i].name) == length &&
                                memcmp(c->fragments[i].name, name, length) == 0)
                        return &c->fragments[i];
        return NULL;
}

static int refuse_disable(const Compiler *c, const Fragment *f, const YamlNode *node,
                const char *hint, const char *cause)
{
        return diag_error(c->diags, POLICY_CODE_DISABLE_TARGET, fragment_place(f, node), hint,
                        "disable: %s %s", node->text, cause);
}

static int disable_rule(const Compiler *c, const Fragment *f, const YamlNode *node)
{
        const char *slash = strchr(node->text, '/');
        const Fragment *other;
        FragmentRule *rule;

        if (!slash || slash == node->text || slash[1] == '\0')
                return refuse_disable(c, f, node, "write FRAGMENT/ID, as 40-vendor/skip-containers",
                                "does not name a rule");
        other = find_fragment(c, node->text, (size_t) (slash - node->text));
        if (!other)
                return refuse_disable(c, f, node,
                                "the fragment's name is its file name without .yaml",
                                "names a fragment that does not exist");
        if (other >= f)
                return refuse_disable(c, f, node,
                                other == f ? "remove the rule itself"
                                           : "rename this file so that it sorts behind the other",
                                "names a fragment that is not an earlier one");
        rule = fragment_find_rule(other, slash + 1);
        if (!rule)
                return refuse_disable(c, f, node, "look the id up in the other fragment",
                                "names a rule that does not exist");
        if (!f->active)
                return 0;
        if (rule->disabled)
                return diag_warning(c->diags, POLICY_CODE_DISABLED_TWICE, fragment_place(f, node),
                                "once is enough", "%s is already disabled", node->text);
        rule->disabled = true;
        return 0;
}

static int disable_rules(const Compiler *c, const Fragment *f)
{
        for (size_t i = 0; i < f->disable.count; i++)
                if (fragment_go_on(disable_rule(c, f, f->disable.items[i])) < 0)
                        return -ENOMEM;
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

static int expand_fragment(const Compiler *c, Fragment *f, size_t index)
{
        for (size_t i = 0; i < f->n_rules; i++) {
                int r = expand_rule(f, &f->rules[i], (uint32_t) index, c->target, c->names,
                                c->policy, c->diags);

                if (r < 0)
                        return r;
        }
        return check_unused_names(c, f);
}

static int read_fragments(Compiler *c, const PolicySource *sources, size_t n_sources)
{
        c->fragments = calloc(n_sources + 1, sizeof(Fragment));
        c->policy->fragments = calloc(n_sources + 1, sizeof(char *));
        if (!c->fragments || !c->policy->fragments)
                return -ENOMEM;
        for (size_t i = 0; i < n_sources; i++) {
                Fragment *f = &c->fragments[i];
                const Fragment *before;
                int r = fragment_parse(&sources[i], c->target, c->names, f, c->diags);

                if (r < 0)
                        return r;
                before = find_fragment(c, f->name, strlen(f->name));
                c->n_fragments++;
                if (before && fragment_go_on(diag_error(c->diags, POLICY_CODE_FRAGMENT_NAME,
                                              fragment_place(f, NULL),
                                              "give every file a name of its own",
                                              "there is another fragment %s", f->name)) < 0)
                        return -ENOMEM;
                c->policy->fragments[i] =
                                arena_copy_text(&c->policy->arena, f->name, strlen(f->name));
                if (!c->policy->fragments[i])
                        return -ENOMEM;
                c->policy->n_fragments++;
        }
        return 0;
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
                .target = target, .names = names, .policy = policy, .diags = diags
        };
        size_t errors = diags->errors, first = diags->count;
        int r;

        if (!policy)
                return -ENOMEM;
        r = read_fragments(&c, sources, n_sources);
        for (size_t i = 0; r >= 0 && i < c.n_fragments; i++)
                r = disable_rules(&c, &c.fragments[i]);
        for (size_t i = 0; r >= 0 && i < c.n_fragments; i++)
                r = expand_fragment(&c, &c.fragments[i], i);
        if (r < 0 && r != -E2BIG)
                return r;
        sort_diags(diags, first, sources, n_sources);
        for (size_t i = 0; i < n_sources && diags->count > first; i++)
                diag_list_add_excerpts(
                                diags, first, sources[i].path, sources[i].text, sources[i].size);
        if (diags->errors > errors)
                return -EBADMSG;
        *ret_policy = TAKE_PTR(policy);
        return 0;
}
