/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers/imad-hook/apt-input.h"

/*
 * Name, then version, architecture and multi-arch of the old and of the new one with the direction
 * between them, and last what is done: a path, which may hold blanks (apt.conf(5),
 * DPkg::Pre-Install-Pkgs).
 */
#define WORDS_BEFORE 8

static int add_archive(StringList *archives, const char *line, size_t length)
{
        const char *end = line + length, *rest = line;
        _cleanup_free_ char *path = NULL;

        for (int i = 0; i < WORDS_BEFORE && rest; i++) {
                rest = memchr(rest, ' ', (size_t) (end - rest));
                if (rest)
                        rest++;
        }
        if (!rest || rest == end || *rest != '/')
                return 0;
        path = strndup(rest, (size_t) (end - rest));
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
