/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/fragments.h"

#include "base/diag-code.h"
#include "base/dropin.h"
#include "base/fs.h"
#include "base/strings.h"

static const char *const policy_directories[] = {
        "/usr/lib/imad/policy.d",
        "/run/imad/policy.d",
        FRAGMENT_ADMIN_DIRECTORY,
        NULL,
};

/* Why a fragment could not be read, as object and next step. */
static const struct {
        int error;
        const char *code;
        const char *message;
        const char *hint;
} read_errors[] = {
        {ENOENT,  DIAG_CODE_FRAGMENT_UNREADABLE, "fragment is missing or a dangling link",
         "create it, or remove the link"                                                                                 },
        { EISDIR, DIAG_CODE_FRAGMENT_NOT_FILE,   "fragment is a directory",
         "make it a regular file"                                                                                        },
        { EINVAL, DIAG_CODE_FRAGMENT_NOT_FILE,   "fragment is not a regular file",
         "make it a regular file"                                                                                        },
        { ENXIO,  DIAG_CODE_FRAGMENT_NOT_FILE,   "fragment is a socket",                         "make it a regular file"},
        { ELOOP,  DIAG_CODE_FRAGMENT_UNREADABLE, "fragment is a link that leads back to itself",
         "remove the link, or let it name a file"                                                                        },
        { EFBIG,  DIAG_CODE_FRAGMENT_SIZE,       "fragment is larger than 1 MiB",                "split it"              },
        { EACCES, DIAG_CODE_FRAGMENT_UNREADABLE, "fragment cannot be read: permission denied",
         "read it as root"                                                                                               },
};

static void fragment_file_done(FragmentFile *fragment)
{
        free(fragment->name);
        free(fragment->path);
        free(fragment->text);
        *fragment = (FragmentFile){ 0 };
}

void fragments_done(FragmentFiles *list)
{
        for (size_t i = 0; i < list->count; i++)
                fragment_file_done(&list->items[i]);
        free(list->items);
        *list = (FragmentFiles){ 0 };
}

static int report_unreadable(DiagList *diags, const char *path, int error)
{
        DiagPlace place = { .source = path };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(read_errors); i++)
                if (read_errors[i].error == -error) {
                        r = diag_error(diags, read_errors[i].code, place, read_errors[i].hint, "%s",
                                        read_errors[i].message);
                        return r == -ENOMEM ? r : 0;
                }
        r = diag_error(diags, DIAG_CODE_FRAGMENT_UNREADABLE, place,
                        "check the file system and the file's permissions",
                        "fragment cannot be read: %s", strerror(-error));
        return r == -ENOMEM ? r : 0;
}

static int add_fragment(int root_fd, const char *name, const char *path, bool masked,
                FragmentFiles *list, DiagList *diags)
{
        _cleanup_(fragment_file_done) FragmentFile fragment = { .masked = masked };
        FragmentFile *items;
        int r;

        fragment.name = strdup(name);
        fragment.path = strdup(path);
        if (!fragment.name || !fragment.path)
                return -ENOMEM;
        if (!masked) {
                r = fs_read_file(root_fd, path, FRAGMENT_SIZE_MAX, &fragment.text, &fragment.size);
                if (r < 0)
                        r = r == -ENOMEM ? r : report_unreadable(diags, path, r);
                if (r < 0)
                        return r;
        }
        items = reallocarray(list->items, list->count + 1, sizeof(FragmentFile));
        if (!items)
                return -ENOMEM;
        list->items = items;
        list->items[list->count++] = TAKE_STRUCT(fragment);
        return 0;
}

int fragments_load_directories(int root_fd, const char *const *directories, FragmentFiles *ret_list,
                DiagList *diags)
{
        _cleanup_fragments_ FragmentFiles list = { 0 };
        _cleanup_dropins_ DropinList files = { 0 };
        int r = dropin_list_find(root_fd, directories, FRAGMENT_SUFFIX, &files, diags);

        if (r == -E2BIG) {
                r = diag_error(diags, DIAG_CODE_TOO_MANY_FRAGMENTS,
                                ((DiagPlace){ .source = FRAGMENT_ADMIN_DIRECTORY }),
                                "merge some of them", "more than %d fragments", DROPIN_FILES_MAX);
                return r == -ENOMEM ? r : 0;
        }
        for (size_t i = 0; r >= 0 && i < files.count; i++)
                r = add_fragment(root_fd, files.files[i].name, files.files[i].path,
                                files.files[i].masked, &list, diags);
        if (r < 0)
                return r;
        *ret_list = TAKE_STRUCT(list);
        return 0;
}

int fragments_load(int root_fd, FragmentFiles *ret_list, DiagList *diags)
{
        return fragments_load_directories(root_fd, policy_directories, ret_list, diags);
}

int fragments_load_files(int root_fd, const char *const *paths, size_t n_paths,
                FragmentFiles *ret_list, DiagList *diags)
{
        _cleanup_fragments_ FragmentFiles list = { 0 };

        for (size_t i = 0; i < n_paths; i++) {
                const char *slash = strrchr(paths[i], '/');
                int r;

                if (string_ends_with(paths[i], FRAGMENT_SUFFIX)) {
                        r = add_fragment(root_fd, slash ? slash + 1 : paths[i], paths[i], false,
                                        &list, diags);
                } else {
                        r = diag_error(diags, DIAG_CODE_FRAGMENT_SUFFIX,
                                        ((DiagPlace){ .source = paths[i] }),
                                        "rename it, as imad ignores it otherwise",
                                        "name of a fragment does not end in " FRAGMENT_SUFFIX);
                        r = r == -ENOMEM ? r : 0;
                }
                if (r < 0)
                        return r;
        }
        *ret_list = TAKE_STRUCT(list);
        return 0;
}
