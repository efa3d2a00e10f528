/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>

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

/* Goes from the first directory to the next as long as visit returns -ENOENT, which is 0 then. */
static int visit_main(
                const char *name, int (*visit)(void *userdata, const char *path), void *userdata)
{
        int r = -ENOENT;

        for (size_t i = ELEMENTSOF(conf_directories) - 1; r == -ENOENT && i-- > 0;) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", conf_directories[i], name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = visit(userdata, path);
        }
        return r == -ENOENT ? 0 : r;
}

typedef struct Finding {
        int root_fd;
        StringList *paths;
} Finding;

static int find_file(void *userdata, const char *path)
{
        const Finding *finding = userdata;
        _cleanup_close_ int fd = fs_open(finding->root_fd, path, O_PATH, 0);

        return fd < 0 ? fd : string_list_add(finding->paths, path);
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

static int add_dropins(int root_fd, const char *name, StringList *paths, DiagList *diags)
{
        _cleanup_dropins_ DropinList dropins = { 0 };
        int r = find_dropins(root_fd, name, &dropins, diags);

        for (size_t i = 0; r >= 0 && i < dropins.count; i++)
                if (!dropins.files[i].masked)
                        r = string_list_add(paths, dropins.files[i].path);
        return r;
}

int conf_find_files(int root_fd, const char *name, StringList *ret_paths, DiagList *diags)
{
        _cleanup_strings_ StringList paths = { 0 };
        Finding finding = { root_fd, &paths };
        int r = visit_main(name, find_file, &finding);

        if (r >= 0)
                r = add_dropins(root_fd, name, &paths, diags);
        if (r >= 0)
                *ret_paths = TAKE_STRUCT(paths);
        return r;
}

typedef struct Loading {
        int root_fd;
        const ConfItem *items;
        size_t n_items;
        void *settings;
        DiagList *diags;
} Loading;

static int load_main(void *userdata, const char *path)
{
        const Loading *l = userdata;

        return load_file(l->root_fd, path, l->items, l->n_items, l->settings, l->diags);
}

int conf_load(int root_fd, const char *name, const ConfItem *items, size_t n_items, void *settings,
                DiagList *diags)
{
        _cleanup_strings_ StringList paths = { 0 };
        Loading loading = { root_fd, items, n_items, settings, diags };
        int r = visit_main(name, load_main, &loading);

        if (r >= 0)
                r = add_dropins(root_fd, name, &paths, diags);
        for (size_t i = 0; r >= 0 && i < paths.count; i++) {
                r = load_file(root_fd, paths.items[i], items, n_items, settings, diags);
                if (r == -ENOENT)
                        r = 0;
        }
        return r;
}
