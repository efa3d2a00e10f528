/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package.h"

#include <errno.h>
#include <stdio.h>

#include "base/fs.h"
#include "core/provenance/deb822.h"
#include "system/usr-merge.h"

/* Files in the directory of dpkg, several for each package. */
#define ENTRIES_MAX 1000000
#define INDEXED_FILES_MAX 5000000U

static int add_file(const UsrMerge *merged, const char *path, StringList *files)
{
        _cleanup_free_ char *real = usr_merge_resolve(merged, path);

        return real ? string_list_add(files, real) : -ENOMEM;
}

static int read_list(int root_fd, const UsrMerge *merged, const char *name, StringList *files)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        char *state = NULL;
        int r;

        if (asprintf(&path, PACKAGE_DIRECTORY "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = fs_read_file(root_fd, path, PACKAGE_LIST_MAX, &text, NULL);
        for (char *line = r >= 0 ? strtok_r(text, "\n", &state) : NULL; r >= 0 && line;
                        line = strtok_r(NULL, "\n", &state))
                r = add_file(merged, line, files);
        return r;
}

/* "bash.list" and "bash:amd64.list" are lists of bash. */
static bool is_list_of(const char *file, const char *package)
{
        const char *rest = string_after(file, package);

        return rest && (string_equal(rest, PACKAGE_SUFFIX) ||
                                       (*rest == ':' && string_ends_with(rest, PACKAGE_SUFFIX)));
}

int package_list_files(int root_fd, const char *package, StringList *files)
{
        _cleanup_strings_ StringList entries = { 0 };
        _cleanup_usr_merge_ UsrMerge merged = { 0 };
        bool found = false;
        int r;

        if (!deb822_is_word(package))
                return -EINVAL;
        r = fs_list_directory(root_fd, PACKAGE_DIRECTORY, ENTRIES_MAX, &entries);
        if (r >= 0)
                r = usr_merge_load(root_fd, &merged);
        for (size_t i = 0; r >= 0 && i < entries.count; i++) {
                if (!is_list_of(entries.items[i], package))
                        continue;
                found = true;
                r = read_list(root_fd, &merged, entries.items[i], files);
        }
        return r >= 0 && !found ? -ENOENT : r;
}

static int visit_list(int root_fd, const UsrMerge *merged, const char *list, PackageVisitor *visit,
                void *userdata)
{
        _cleanup_strings_ StringList files = { 0 };
        _cleanup_free_ char *name = strndup(list, strcspn(list, ":"));
        int r = name ? read_list(root_fd, merged, list, &files) : -ENOMEM;

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (string_ends_with(name, PACKAGE_SUFFIX))
                name[strlen(name) - strlen(PACKAGE_SUFFIX)] = '\0';
        for (size_t i = 0; r >= 0 && i < files.count; i++)
                r = visit(userdata, name, files.items[i]);
        return r;
}

int package_visit_files(int root_fd, PackageVisitor *visit, void *userdata)
{
        _cleanup_strings_ StringList entries = { 0 };
        _cleanup_usr_merge_ UsrMerge merged = { 0 };
        int r = fs_list_directory(root_fd, PACKAGE_DIRECTORY, ENTRIES_MAX, &entries);

        if (r >= 0)
                r = usr_merge_load(root_fd, &merged);
        string_list_sort(&entries);
        for (size_t i = 0; r >= 0 && i < entries.count; i++)
                if (string_ends_with(entries.items[i], PACKAGE_SUFFIX))
                        r = visit_list(root_fd, &merged, entries.items[i], visit, userdata);
        return r;
}

typedef struct IndexBuilder {
        PackageIndex index;
        size_t n_allocated;
} IndexBuilder;

static void builder_done(IndexBuilder *b)
{
        package_index_done(&b->index);
}

/* Architectures of one package come in a row. */
static int add_name(PackageIndex *index, const char *name)
{
        size_t n = index->names.count;

        return n > 0 && string_equal(index->names.items[n - 1], name)
                               ? 0
                               : string_list_add(&index->names, name);
}

static int add_indexed(void *userdata, const char *package, const char *path)
{
        IndexBuilder *b = userdata;
        PackageIndex *index = &b->index;

        if (index->n_files == INDEXED_FILES_MAX)
                return -E2BIG;
        if (index->n_files == b->n_allocated) {
                size_t n = b->n_allocated ? 2 * b->n_allocated : 4096;
                PackageFile *files = reallocarray(index->files, n, sizeof(*files));

                if (!files)
                        return -ENOMEM;
                index->files = files;
                b->n_allocated = n;
        }
        if (add_name(index, package) < 0)
                return -ENOMEM;
        index->files[index->n_files++] =
                        (PackageFile){ arena_copy_text(&index->arena, path, strlen(path)),
                                index->names.count - 1 };
        return index->files[index->n_files - 1].path ? 0 : -ENOMEM;
}

static int compare_files(const void *a, const void *b)
{
        return strcmp(((const PackageFile *) a)->path, ((const PackageFile *) b)->path);
}

int package_index_load(int root_fd, PackageIndex *ret_index)
{
        _cleanup_(builder_done) IndexBuilder b = { 0 };
        int r = package_visit_files(root_fd, add_indexed, &b);

        if (r < 0)
                return r;
        if (b.index.n_files > 0)
                qsort(b.index.files, b.index.n_files, sizeof(*b.index.files), compare_files);
        *ret_index = TAKE_STRUCT(b.index);
        return 0;
}

void package_index_done(PackageIndex *index)
{
        arena_done(&index->arena);
        free(index->files);
        string_list_done(&index->names);
        *index = (PackageIndex){ 0 };
}

size_t package_index_find(const PackageIndex *index, const char *path)
{
        const PackageFile wanted = { .path = path };
        const PackageFile *found = index->n_files == 0
                                                   ? NULL
                                                   : bsearch(&wanted, index->files, index->n_files,
                                                                     sizeof(wanted), compare_files);

        return found ? found->package : PACKAGE_NONE;
}
