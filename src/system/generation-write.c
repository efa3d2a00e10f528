/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a generation. Everything is written and synced below a hidden name, then renamed: a power
 * cut leaves the whole generation or none of it.
 */
#include <inttypes.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/strings.h"
#include "system/generation.h"
#include "system/kernel.h"

#define MANIFEST_VERSION 1

static const char *const subdirectories[] = { "", "/policy", "/provenance", "/fragments" };

static int make_directories(int root_fd, const char *directory)
{
        for (size_t i = 0; i < ELEMENTSOF(subdirectories); i++) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s%s", directory, subdirectories[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = fs_make_directories(root_fd, path, 0755);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int sync_directories(int root_fd, const char *directory)
{
        for (size_t i = ELEMENTSOF(subdirectories); i-- > 0;) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s%s", directory, subdirectories[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = fs_sync(root_fd, path);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_file(int root_fd, const char *directory, const char *kind, const char *name,
                const char *suffix, const char *bytes, size_t size)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s%s%s", directory, kind, name, suffix) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return fs_create_file(root_fd, path, bytes, size, 0644);
}

static int write_json(int root_fd, const char *directory, const char *kind, const char *name,
                const json_t *json)
{
        _cleanup_free_ char *text = NULL;
        int r = json_format(json, &text);

        if (r < 0)
                return r;
        return write_file(root_fd, directory, kind, name, ".json", text, strlen(text));
}

static int write_kernel(int root_fd, const char *directory, const GenerationKernel *kernel)
{
        _cleanup_json_ json_t *empty = json_array();
        int r;

        if (!empty)
                return -ENOMEM;
        if (!kernel_release_is_valid(kernel->release))
                return -EINVAL;
        r = write_file(root_fd, directory, "policy/", kernel->release, ".policy", kernel->text,
                        kernel->size);
        if (r < 0)
                return r;
        return write_json(root_fd, directory, "provenance/", kernel->release,
                        kernel->provenance ? kernel->provenance : empty);
}

static int append_new(json_t *array, json_t *item)
{
        return item && json_array_append_new(array, item) >= 0 ? 0 : -ENOMEM;
}

static int build_kernels(const Generation *generation, json_t *kernels)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < generation->n_kernels; i++) {
                const GenerationKernel *k = &generation->kernels[i];

                r = append_new(kernels,
                                json_pack("{s:s, s:s++, s:s++, s:I, s:I, s:s}", "release",
                                                k->release, "policy", "policy/", k->release,
                                                ".policy", "provenance", "provenance/", k->release,
                                                ".json", "rules", (json_int_t) k->rules, "size",
                                                (json_int_t) k->size, "sha256", k->sha256));
        }
        return r;
}

static int build_manifest(const Generation *generation, json_t **ret_manifest)
{
        json_t *fragments = json_array(), *kernels = json_array();
        _cleanup_json_ json_t *manifest = json_pack("{s:i, s:I, s:s, s:s?, s:s?, s:o, s:o}",
                        "version", MANIFEST_VERSION, "number", (json_int_t) generation->number,
                        "state", generation->state ? generation->state : "candidate", "forced",
                        generation->forced, "reason", generation->reason, "fragments", fragments,
                        "kernels", kernels);
        int r;

        if (!manifest)
                return -ENOMEM;
        r = json_set_time(manifest, "created_usec", generation->created_usec);
        for (size_t i = 0; r >= 0 && i < generation->n_fragments; i++) {
                const GenerationFragment *f = &generation->fragments[i];

                r = append_new(fragments, json_pack("{s:s, s:s, s:s}", "name", f->name, "path",
                                                          f->path, "sha256", f->sha256));
        }
        if (r >= 0)
                r = build_kernels(generation, kernels);
        if (r >= 0)
                *ret_manifest = TAKE_PTR(manifest);
        return r;
}

static int write_contents(int root_fd, const Generation *generation, const char *directory)
{
        _cleanup_json_ json_t *manifest = NULL;
        int r = build_manifest(generation, &manifest);

        if (r >= 0)
                r = make_directories(root_fd, directory);
        for (size_t i = 0; r >= 0 && i < generation->n_fragments; i++)
                r = write_file(root_fd, directory, "fragments/", generation->fragments[i].name, "",
                                generation->fragments[i].text, generation->fragments[i].size);
        for (size_t i = 0; r >= 0 && i < generation->n_kernels; i++)
                r = write_kernel(root_fd, directory, &generation->kernels[i]);
        if (r >= 0)
                r = write_json(root_fd, directory, "generation", "", manifest);
        if (r >= 0)
                r = sync_directories(root_fd, directory);
        return r;
}

int generation_write(int root_fd, const Generation *generation)
{
        char beside[sizeof(GENERATION_DIRECTORY) + 32], final[sizeof(GENERATION_DIRECTORY) + 32];
        int r;

        (void) snprintf(beside, sizeof(beside), GENERATION_DIRECTORY "/.%" PRIu64 ".new",
                        generation->number);
        (void) snprintf(final, sizeof(final), GENERATION_DIRECTORY "/%" PRIu64, generation->number);
        if (fs_exists(root_fd, final))
                return -EEXIST;
        r = fs_make_directories(root_fd, GENERATION_DIRECTORY, 0755);
        if (r < 0)
                return r;
        r = fs_remove_tree(root_fd, beside);
        if (r < 0 && r != -ENOENT)
                return r;
        r = write_contents(root_fd, generation, beside);
        if (r >= 0)
                r = fs_sync(root_fd, GENERATION_STORE_PATH);
        if (r >= 0)
                r = fs_rename(root_fd, beside, final);
        if (r < 0)
                (void) fs_remove_tree(root_fd, beside);
        return r;
}

int generation_remove(int root_fd, uint64_t number)
{
        char hidden[sizeof(GENERATION_DIRECTORY) + 32], path[sizeof(GENERATION_DIRECTORY) + 32];
        int r;

        (void) snprintf(path, sizeof(path), GENERATION_DIRECTORY "/%" PRIu64, number);
        (void) snprintf(hidden, sizeof(hidden), GENERATION_DIRECTORY "/.%" PRIu64 ".old", number);
        r = fs_remove_tree(root_fd, hidden);
        if (r < 0 && r != -ENOENT)
                return r;
        r = fs_rename(root_fd, path, hidden);
        return r < 0 ? r : fs_remove_tree(root_fd, hidden);
}
