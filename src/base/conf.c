/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/conf.h"

#include <errno.h>

#include "base/diag-code.h"
#include "base/dropin.h"
#include "base/fs.h"

#define CONF_SIZE_MAX (256 * 1024)

static const char *const conf_directories[] = { "/usr/lib/imad", "/run/imad", "/etc/imad", NULL };

static int load_file(int root_fd, const char *path, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags)
{
        _cleanup_free_ char *text = NULL;
        int r = fs_read_file(root_fd, path, CONF_SIZE_MAX, &text, NULL);

        if (r == -ENOENT || r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_warning(diags, DIAG_CODE_CONFIG_UNREADABLE,
                                ((DiagPlace){ .source = path }),
                                "make it a readable file of at most 256 KiB",
                                "configuration cannot be read, ignoring: %s", strerror(-r));
        return conf_text_parse(text, path, items, n_items, settings, diags);
}

static int find_main(int root_fd, const char *name, StringList *paths)
{
        for (size_t i = ELEMENTSOF(conf_directories) - 1; i-- > 0;) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", conf_directories[i], name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (fs_exists(root_fd, path))
                        return string_list_add(paths, path);
        }
        return 0;
}

static int find_dropins(int root_fd, const char *name, DropinList *ret_list, DiagList *diags)
{
        char directories[ELEMENTSOF(conf_directories)][128];
        const char *pointers[ELEMENTSOF(conf_directories)] = { 0 };

        for (size_t i = 0; conf_directories[i]; i++) {
                (void) snprintf(directories[i], sizeof(directories[i]), "%s/%s.d",
                                conf_directories[i], name);
                pointers[i] = directories[i];
        }
        return dropin_list_find(root_fd, pointers, ".conf", ret_list, diags);
}

int conf_find_files(int root_fd, const char *name, StringList *ret_paths, DiagList *diags)
{
        _cleanup_dropins_ DropinList dropins = { 0 };
        _cleanup_strings_ StringList paths = { 0 };
        int r = find_main(root_fd, name, &paths);

        if (r >= 0)
                r = find_dropins(root_fd, name, &dropins, diags);
        for (size_t i = 0; r >= 0 && i < dropins.count; i++)
                if (!dropins.files[i].masked)
                        r = string_list_add(&paths, dropins.files[i].path);
        if (r >= 0)
                *ret_paths = TAKE_STRUCT(paths);
        return r;
}

int conf_load(int root_fd, const char *name, const ConfItem *items, size_t n_items, void *settings,
                DiagList *diags)
{
        _cleanup_strings_ StringList paths = { 0 };
        int r = conf_find_files(root_fd, name, &paths, diags);

        for (size_t i = 0; r >= 0 && i < paths.count; i++) {
                r = load_file(root_fd, paths.items[i], items, n_items, settings, diags);
                if (r == -ENOENT)
                        r = 0;
        }
        return r;
}
