/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/initrd.h"

#include <inttypes.h>

#include "base/conf.h"
#include "base/fs.h"
#include "system/generation.h"
#include "system/key-store.h"

#define FILE_SIZE_MAX ((size_t) GENERATION_POLICY_MAX)
#define KEY_FILES_MAX 256

static int add_configuration(int root_fd, StringList *paths)
{
        _cleanup_strings_ StringList found = { 0 };
        _cleanup_diags_ DiagList diags = { 0 };
        int r = conf_find_files(root_fd, "imad.conf", &found, &diags);

        for (size_t i = 0; r >= 0 && i < found.count; i++)
                if (!string_after(found.items[i], "/run/"))
                        r = string_list_add(paths, found.items[i]);
        return r;
}

static int add_certificates(int root_fd, StringList *paths)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(root_fd, KEY_STORE_PATH, KEY_FILES_MAX, &names);

        if (r == -ENOENT)
                return 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                if (!key_store_is_certificate(names.items[i]))
                        continue;
                if (asprintf(&path, KEY_STORE_PATH "/%s", names.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = string_list_add(paths, path);
        }
        return r;
}

static int add_generation(uint64_t generation, const char *release, StringList *paths)
{
        char manifest[sizeof(GENERATION_DIRECTORY) + 64];
        _cleanup_free_ char *policy = NULL;
        int r = generation_policy_path(generation, release, &policy);

        if (r < 0)
                return r;
        (void) snprintf(manifest, sizeof(manifest),
                        GENERATION_DIRECTORY "/%" PRIu64 "/generation.json", generation);
        r = string_list_add(paths, manifest);
        return r < 0 ? r : string_list_add(paths, policy);
}

int initrd_list_files(int root_fd, uint64_t generation, const char *release, StringList *ret_paths)
{
        _cleanup_strings_ StringList paths = { 0 };
        int r = add_configuration(root_fd, &paths);

        if (r >= 0)
                r = add_certificates(root_fd, &paths);
        if (r >= 0 && generation != 0)
                r = add_generation(generation, release, &paths);
        if (r >= 0)
                *ret_paths = TAKE_STRUCT(paths);
        return r;
}

/* 1 when both roots have it with the same bytes. */
static int is_same(int a_fd, int b_fd, const char *path)
{
        _cleanup_free_ char *a = NULL, *b = NULL;
        size_t a_size, b_size;
        int r = fs_read_file(a_fd, path, FILE_SIZE_MAX, &a, &a_size);

        if (r >= 0)
                r = fs_read_file(b_fd, path, FILE_SIZE_MAX, &b, &b_size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return a_size == b_size && memcmp(a, b, a_size) == 0;
}

/* The first one of the list that differs. */
static int find_different(int root_fd, int sysroot_fd, const StringList *paths, char **ret_path)
{
        for (size_t i = 0; i < paths->count; i++) {
                int r = is_same(root_fd, sysroot_fd, paths->items[i]);

                if (r < 0)
                        return r;
                if (r == 0) {
                        *ret_path = strdup(paths->items[i]);
                        return *ret_path ? 1 : -ENOMEM;
                }
        }
        return 0;
}

int initrd_find_stale(int root_fd, int sysroot_fd, uint64_t generation, const char *release,
                char **ret_path)
{
        _cleanup_strings_ StringList copies = { 0 }, originals = { 0 };
        int r = initrd_list_files(root_fd, generation, release, &copies);

        if (r >= 0)
                r = initrd_list_files(sysroot_fd, generation, release, &originals);
        if (r >= 0)
                r = find_different(root_fd, sysroot_fd, &originals, ret_path);
        if (r == 0)
                r = find_different(root_fd, sysroot_fd, &copies, ret_path);
        return r;
}
