/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-hook/apt-input.h"

static int add_archive(StringList *archives, const char *line, size_t length)
{
        const char *blank = memrchr(line, ' ', length);
        _cleanup_free_ char *path = NULL;

        if (!blank || blank + 1 == line + length || blank[1] != '/')
                return 0;
        path = strndup(blank + 1, (size_t) (line + length - blank) - 1);
        return path ? string_list_add(archives, path) : -ENOMEM;
}

int apt_input_parse(const char *text, StringList *ret_archives)
{
        _cleanup_strings_ StringList archives = { 0 };
        const char *empty, *line;
        int r = 0;

        if (!string_after(text, "VERSION 3\n"))
                return -EBADMSG;
        empty = strstr(text, "\n\n");
        line = empty ? empty + 2 : "";
        while (r >= 0 && *line) {
                size_t length = strcspn(line, "\n");

                r = add_archive(&archives, line, length);
                line += length + (line[length] == '\n');
        }
        if (r >= 0)
                *ret_archives = TAKE_STRUCT(archives);
        return r;
}
