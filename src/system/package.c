/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/package.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/fs.h"

/* Files in the directory of dpkg, several for each package. */
#define ENTRIES_MAX 1000000

/* The links in / that lead into /usr. */
typedef struct Merged {
        StringList names; /* "/bin" */
        StringList targets;
} Merged;

static void merged_done(Merged *merged)
{
        string_list_done(&merged->names);
        string_list_done(&merged->targets);
}

static int find_merged(int root_fd, Merged *merged)
{
        static const char *const names[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64",
                "/libx32" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *target = NULL, *path = NULL;

                if (fs_read_link(root_fd, names[i], &target) < 0)
                        continue;
                if (asprintf(&path, "%s%s", target[0] == '/' ? "" : "/", target) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (string_list_add(&merged->names, names[i]) < 0 ||
                                string_list_add(&merged->targets, path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_file(const Merged *merged, const char *path, StringList *files)
{
        for (size_t i = 0; i < merged->names.count; i++) {
                const char *rest = string_after(path, merged->names.items[i]);
                _cleanup_free_ char *real = NULL;

                if (!rest || *rest != '/')
                        continue;
                if (asprintf(&real, "%s%s", merged->targets.items[i], rest) < 0) {
                        real = NULL;
                        return -ENOMEM;
                }
                return string_list_add(files, real);
        }
        return string_list_add(files, path);
}

static int read_list(int root_fd, const Merged *merged, const char *name, StringList *files)
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

/* deb-control(5), Package and Architecture. */
static bool is_package_name(const char *name)
{
        if (!isalnum((unsigned char) name[0]) || strlen(name) > NAME_MAX - strlen(PACKAGE_SUFFIX))
                return false;
        for (; *name; name++)
                if (!isalnum((unsigned char) *name) && !strchr("+-.:", *name))
                        return false;
        return true;
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
        _cleanup_(merged_done) Merged merged = { 0 };
        bool found = false;
        int r;

        if (!is_package_name(package))
                return -EINVAL;
        r = fs_list_directory(root_fd, PACKAGE_DIRECTORY, ENTRIES_MAX, &entries);
        if (r >= 0)
                r = find_merged(root_fd, &merged);
        for (size_t i = 0; r >= 0 && i < entries.count; i++) {
                if (!is_list_of(entries.items[i], package))
                        continue;
                found = true;
                r = read_list(root_fd, &merged, entries.items[i], files);
        }
        return r >= 0 && !found ? -ENOENT : r;
}
