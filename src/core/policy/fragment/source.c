/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/source.h"

static void policy_source_done(PolicySource *source)
{
        free(source->name);
        free(source->path);
        free(source->text);
}

void policy_source_list_done(PolicySourceList *list)
{
        for (size_t i = 0; i < list->count; i++)
                policy_source_done(&list->items[i]);
        free(list->items);
        *list = (PolicySourceList){ 0 };
}

int policy_source_list_add(
                PolicySourceList *list, const char *name, const char *path, char *text, size_t size)
{
        _cleanup_free_ char *name_copy = strdup(name), *path_copy = strdup(path);
        PolicySource *items = reallocarray(list->items, list->count + 1, sizeof(PolicySource));

        if (items)
                list->items = items;
        if (!items || !name_copy || !path_copy)
                return -ENOMEM;
        items[list->count++] = (PolicySource){
                .name = TAKE_PTR(name_copy),
                .path = TAKE_PTR(path_copy),
                .text = text,
                .size = size,
        };
        return 0;
}

void policy_source_add_excerpts(
                const PolicySource *sources, size_t n_sources, size_t first, DiagList *diags)
{
        for (size_t i = 0; i < n_sources && diags->count > first; i++)
                diag_list_add_excerpts(
                                diags, first, sources[i].path, sources[i].text, sources[i].size);
}
