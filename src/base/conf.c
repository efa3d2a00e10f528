/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/conf.h"

#include <errno.h>

#include "base/diag-code.h"
#include "base/dropin.h"
#include "base/fs.h"
#include "base/strings.h"

#define CONF_SIZE_MAX (256 * 1024)

static const char *const conf_directories[] = { "/usr/lib/imad", "/run/imad", "/etc/imad", NULL };

int conf_parse_bool(const char *text, void *target)
{
        return parse_bool(text, target);
}

int conf_parse_string(const char *text, void *target)
{
        char **string = target, *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        free(*string);
        *string = copy;
        return 0;
}

typedef struct ConfFile {
        const char *source;
        const ConfItem *items;
        size_t n_items;
        void *settings;
        DiagList *diags;
        char section[64];
        uint32_t line;
} ConfFile;

static DiagPlace conf_place(const ConfFile *f)
{
        return (DiagPlace){ .source = f->source, .line = f->line };
}

static int parse_section(ConfFile *f, char *text)
{
        size_t length = strlen(text);

        if (text[length - 1] != ']' || length - 2 >= sizeof(f->section)) {
                f->section[0] = '\0';
                return diag_warning(f->diags, DIAG_CODE_CONFIG_LINE, conf_place(f),
                                "write it as [Section]",
                                "section header is malformed, its keys are ignored");
        }
        *((char *) mempcpy(f->section, text + 1, length - 2)) = '\0';
        return 0;
}

static const ConfItem *find_item(const ConfFile *f, const char *key)
{
        for (size_t i = 0; i < f->n_items; i++)
                if (string_equal(f->items[i].section, f->section) &&
                                string_equal(f->items[i].key, key))
                        return &f->items[i];
        return NULL;
}

static int assign(ConfFile *f, const char *key, const char *value)
{
        const ConfItem *item = find_item(f, key);
        int r;

        if (!item)
                return diag_warning(f->diags, DIAG_CODE_CONFIG_LINE, conf_place(f),
                                "see imad.conf(5) for the keys of each section",
                                "unknown key %s in section [%s], ignoring", key, f->section);
        r = item->parse(value, (char *) f->settings + item->offset);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_warning(f->diags, DIAG_CODE_CONFIG_VALUE, conf_place(f), NULL,
                                "value \"%s\" of %s is not %s, ignoring", value, key,
                                item->expected);
        return 0;
}

static int parse_line(ConfFile *f, char *line)
{
        char *text = string_strip(line), *equals;

        if (*text == '\0' || *text == '#' || *text == ';')
                return 0;
        if (*text == '[')
                return parse_section(f, text);
        equals = strchr(text, '=');
        if (!equals)
                return diag_warning(f->diags, DIAG_CODE_CONFIG_LINE, conf_place(f),
                                "write Key=value",
                                "line is neither a section nor an assignment, ignoring");
        *equals = '\0';
        return assign(f, string_strip(text), string_strip(equals + 1));
}

int conf_parse_text(const char *text, const char *source, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags)
{
        ConfFile f = {
                .source = source,
                .items = items,
                .n_items = n_items,
                .settings = settings,
                .diags = diags,
        };
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *line;

        if (!copy)
                return -ENOMEM;
        while ((line = strsep(&rest, "\n"))) {
                int r;

                f.line++;
                r = parse_line(&f, line);
                if (r < 0)
                        return r;
        }
        return 0;
}

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
        return conf_parse_text(text, path, items, n_items, settings, diags);
}

static int load_main(int root_fd, const char *name, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags)
{
        for (size_t i = ELEMENTSOF(conf_directories) - 1; i-- > 0;) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s/%s", conf_directories[i], name) < 0)
                        return -ENOMEM;
                r = load_file(root_fd, path, items, n_items, settings, diags);
                if (r != -ENOENT)
                        return r;
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

int conf_load(int root_fd, const char *name, const ConfItem *items, size_t n_items, void *settings,
                DiagList *diags)
{
        _cleanup_dropins_ DropinList dropins = { 0 };
        int r;

        r = load_main(root_fd, name, items, n_items, settings, diags);
        if (r < 0)
                return r;
        r = find_dropins(root_fd, name, &dropins, diags);
        if (r < 0)
                return r;
        for (size_t i = 0; i < dropins.count; i++) {
                if (dropins.files[i].masked)
                        continue;
                r = load_file(root_fd, dropins.files[i].path, items, n_items, settings, diags);
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return 0;
}
