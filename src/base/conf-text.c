/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/conf-text.h"

#include <errno.h>

#include "base/diag-code.h"
#include "base/strings.h"

int conf_text_parse_bool(const char *text, void *target)
{
        return parse_bool(text, target);
}

int conf_text_parse_string(const char *text, void *target)
{
        char **string = target, *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        free(*string);
        *string = copy;
        return 0;
}

typedef struct ConfText {
        const char *source;
        const ConfItem *items;
        size_t n_items;
        void *settings;
        DiagList *diags;
        char section[64];
        uint32_t line;
} ConfText;

static DiagPlace conf_place(const ConfText *f)
{
        return (DiagPlace){ .source = f->source, .line = f->line };
}

static int parse_section(ConfText *f, char *text)
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

static const ConfItem *find_item(const ConfText *f, const char *key)
{
        for (size_t i = 0; i < f->n_items; i++)
                if (string_equal(f->items[i].section, f->section) &&
                                string_equal(f->items[i].key, key))
                        return &f->items[i];
        return NULL;
}

static int assign(ConfText *f, const char *key, const char *value)
{
        const ConfItem *item = find_item(f, key);
        int r;

        if (!item)
                return diag_warning(f->diags, DIAG_CODE_CONFIG_LINE, conf_place(f),
                                "the manual page lists the keys of each section",
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

static int parse_line(ConfText *f, char *line)
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

int conf_text_parse(const char *text, const char *source, const ConfItem *items, size_t n_items,
                void *settings, DiagList *diags)
{
        ConfText f = {
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
