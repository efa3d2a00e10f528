/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/manifest/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/strings.h"

void manifest_done(Manifest *manifest)
{
        free(manifest->entries);
        arena_done(&manifest->arena);
        memset(manifest, 0, sizeof(*manifest));
}

/* One component after the other; "." and empty ones are dropped. */
static int append_component(Buffer *path, const char *name, size_t size)
{
        if (size == 0 || (size == 1 && name[0] == '.'))
                return 0;
        if (size == 2 && memcmp(name, "..", 2) == 0)
                return -EBADMSG;
        if (path->size + 1 + size > MANIFEST_PATH_MAX)
                return -EBADMSG;
        return buffer_append(path, "/", 1) < 0 || buffer_append(path, name, size) < 0 ? -ENOMEM : 0;
}

int manifest_path_normalise(const char *name, char **ret_path)
{
        _cleanup_buffer_ Buffer path = { 0 };
        int r = name[0] == '/' || name[0] == '\0' ? -EBADMSG : 0;

        while (r >= 0 && *name) {
                size_t size = strcspn(name, "/");

                r = append_component(&path, name, size);
                name += size + (name[size] == '/');
        }
        if (r >= 0 && path.size == 0)
                r = buffer_append(&path, "/", 1);
        return r < 0 ? r : buffer_take(&path, ret_path, NULL);
}

static bool is_normal(const char *path)
{
        const char *control = string_after(path, MANIFEST_CONTROL_PREFIX);
        _cleanup_free_ char *normal = NULL;

        if (control)
                return control[0] && !strchr(control, '/') && strlen(path) <= MANIFEST_PATH_MAX;
        return path[0] == '/' && path[1] && manifest_path_normalise(path + 1, &normal) >= 0 &&
               string_equal(path, normal);
}

static int copy_label(Arena *arena, ManifestLabel *label)
{
        if (label->size == 0)
                return 0;
        label->value = (uint8_t *) arena_copy_text(arena, (const char *) label->value, label->size);
        return label->value ? 0 : -ENOMEM;
}

/* Entries come package by package, so the name before is nearly always the one. */
static int copy_package(Manifest *manifest, ManifestEntry *entry)
{
        const ManifestEntry *last =
                        manifest->count ? &manifest->entries[manifest->count - 1] : NULL;

        if (!entry->package)
                return 0;
        entry->package = last && string_equal(last->package, entry->package)
                                         ? last->package
                                         : arena_copy_text(&manifest->arena, entry->package,
                                                           strlen(entry->package));
        return entry->package ? 0 : -ENOMEM;
}

static int grow(Manifest *manifest)
{
        size_t allocated = manifest->allocated ? 2 * manifest->allocated : 64;
        ManifestEntry *entries;

        if (manifest->count < manifest->allocated)
                return 0;
        entries = reallocarray(manifest->entries, allocated, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        manifest->entries = entries;
        manifest->allocated = allocated;
        return 0;
}

int manifest_add(Manifest *manifest, const ManifestEntry *entry)
{
        ManifestEntry copy = *entry;

        if (!is_normal(entry->path))
                return -EINVAL;
        if (manifest->count >= MANIFEST_ENTRIES_MAX || entry->ima.size > MANIFEST_LABEL_MAX ||
                        entry->evm.size > MANIFEST_LABEL_MAX)
                return -E2BIG;
        copy.path = arena_copy_text(&manifest->arena, entry->path, strlen(entry->path));
        if (!copy.path || grow(manifest) < 0 || copy_package(manifest, &copy) < 0 ||
                        copy_label(&manifest->arena, &copy.ima) < 0 ||
                        copy_label(&manifest->arena, &copy.evm) < 0)
                return -ENOMEM;
        copy.sequence = (uint32_t) manifest->count;
        manifest->entries[manifest->count++] = copy;
        return 0;
}

static int compare_names(const ManifestEntry *a, const ManifestEntry *b)
{
        int order = strcmp(a->path, b->path);

        /* Each package has its own control:postinst. */
        return order != 0 || a->path[0] == '/' ? order : strcmp(a->package ?: "", b->package ?: "");
}

static int compare_entries(const void *a, const void *b)
{
        const ManifestEntry *x = a, *y = b;
        int order = compare_names(x, y);

        return order != 0 ? order : x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

void manifest_sort(Manifest *manifest)
{
        size_t n = 0;

        if (manifest->count > 0)
                qsort(manifest->entries, manifest->count, sizeof(*manifest->entries),
                                compare_entries);
        for (size_t i = 0; i < manifest->count; i++) {
                bool again = i + 1 < manifest->count &&
                             compare_names(&manifest->entries[i], &manifest->entries[i + 1]) == 0;

                if (!again)
                        manifest->entries[n++] = manifest->entries[i];
        }
        manifest->count = n;
}

const ManifestEntry *manifest_find(const Manifest *manifest, const char *path)
{
        size_t low = 0, high = manifest->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(manifest->entries[middle].path, path);

                if (order == 0)
                        return &manifest->entries[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}
