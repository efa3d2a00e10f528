/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/dropin.h"

#include <errno.h>

#include "base/diag-code.h"
#include "base/fs.h"
#include "base/strings.h"

static void dropin_file_done(DropinFile *file)
{
        free(file->name);
        free(file->path);
        *file = (DropinFile){ 0 };
}

void dropin_list_done(DropinList *list)
{
        for (size_t i = 0; i < list->count; i++)
                dropin_file_done(&list->files[i]);
        free(list->files);
        *list = (DropinList){ 0 };
}

static bool is_masked(int root_fd, const char *path)
{
        _cleanup_free_ char *target = NULL;

        return fs_read_link(root_fd, path, &target) >= 0 && string_equal(target, "/dev/null");
}

static DropinFile *find_by_name(DropinList *list, const char *name)
{
        for (size_t i = 0; i < list->count; i++)
                if (string_equal(list->files[i].name, name))
                        return &list->files[i];
        return NULL;
}

static int append_file(DropinList *list, DropinFile *file)
{
        DropinFile *files = reallocarray(list->files, list->count + 1, sizeof(DropinFile));

        if (!files)
                return -ENOMEM;
        list->files = files;
        list->files[list->count++] = TAKE_STRUCT(*file);
        return 0;
}

static int add_file(int root_fd, DropinList *list, const char *directory, const char *name)
{
        _cleanup_(dropin_file_done) DropinFile file = { 0 };
        DropinFile *older;

        file.name = strdup(name);
        if (!file.name || asprintf(&file.path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        file.masked = is_masked(root_fd, file.path);
        older = find_by_name(list, name);
        if (older) {
                dropin_file_done(older);
                *older = TAKE_STRUCT(file);
                return 0;
        }
        if (list->count >= DROPIN_FILES_MAX)
                return -E2BIG;
        return append_file(list, &file);
}

static int warn_ignored(
                DiagList *diags, const char *directory, const char *name, const char *suffix)
{
        _cleanup_free_ char *path = NULL, *hint = NULL;

        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        if (asprintf(&hint, "rename it to end in %s, or remove it", suffix) < 0)
                return -ENOMEM;
        return diag_warning(diags, DIAG_CODE_FILE_IGNORED, ((DiagPlace){ .source = path }), hint,
                        "file is ignored, its name does not end in %s", suffix);
}

/* Manifest and reports are JSON, which cannot hold such a name. */
static int refuse_name(DiagList *diags, const char *directory, const char *name)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        r = diag_error(diags, DIAG_CODE_NAME_ENCODING, ((DiagPlace){ .source = path }),
                        "rename it in UTF-8", "name of the file is not valid UTF-8");
        return r == -ENOMEM ? r : 0;
}

static int scan_directory(int root_fd, const char *directory, const char *suffix, DropinList *list,
                DiagList *diags)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(root_fd, directory, DROPIN_FILES_MAX, &names);

        if (r == -ENOENT)
                return 0;
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                r = diag_error(diags, DIAG_CODE_DIRECTORY_UNREADABLE,
                                ((DiagPlace){ .source = directory }),
                                "make it a readable directory with fewer than 1000 files",
                                "directory cannot be read: %s", strerror(-r));
                return r == -ENOMEM ? r : 0;
        }
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.items[i];

                if (string_ends_with(name, suffix) && name[0] != '.' && !string_is_utf8(name))
                        r = refuse_name(diags, directory, name);
                else if (string_ends_with(name, suffix) && name[0] != '.')
                        r = add_file(root_fd, list, directory, name);
                else if (name[0] != '.')
                        r = warn_ignored(diags, directory, name, suffix);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_files(const void *a, const void *b)
{
        return strcmp(((const DropinFile *) a)->name, ((const DropinFile *) b)->name);
}

int dropin_list_find(int root_fd, const char *const *directories, const char *suffix,
                DropinList *ret_list, DiagList *diags)
{
        _cleanup_dropins_ DropinList list = { 0 };

        for (; *directories; directories++) {
                int r = scan_directory(root_fd, *directories, suffix, &list, diags);

                if (r < 0)
                        return r;
        }
        if (list.count > 1)
                qsort(list.files, list.count, sizeof(DropinFile), compare_files);
        *ret_list = TAKE_STRUCT(list);
        return 0;
}
