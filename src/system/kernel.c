/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/kernel.h"

#include <ctype.h>
#include <sys/utsname.h>

#include "base/command-line.h"
#include "base/fs.h"

#define RELEASE_MAX 64U /* __NEW_UTS_LEN, include/uapi/linux/utsname.h */
#define COMMAND_LINE_MAX 65536U

bool kernel_release_is_valid(const char *release)
{
        size_t length = strlen(release);

        if (length == 0 || length > RELEASE_MAX || release[0] == '.')
                return false;
        for (; *release; release++)
                if (!isalnum((unsigned char) *release) && !strchr("._+~:-", *release))
                        return false;
        return true;
}

int kernel_get_release(int root_fd, char **ret_release)
{
        _cleanup_free_ char *text = NULL;
        struct utsname name;
        size_t size;
        int r;

        r = fs_read_file(root_fd, "/proc/sys/kernel/osrelease", RELEASE_MAX + 1, &text, &size);
        if (r < 0 && !fs_root_is_host(root_fd))
                return r;
        if (r < 0)
                (void) uname(&name); /* it fails for a bad pointer only */
        *ret_release = strdup(r < 0 ? name.release : string_strip(text));
        return *ret_release ? 0 : -ENOMEM;
}

static int add_release(StringList *releases, const char *release)
{
        if (!kernel_release_is_valid(release) || string_list_contains(releases, release))
                return 0;
        return string_list_add(releases, release);
}

static int add_module_directories(int root_fd, const char *directory, StringList *releases)
{
        _cleanup_strings_ StringList names = { 0 };
        int r = fs_list_directory(root_fd, directory, KERNEL_INSTALLED_MAX, &names);

        if (r == -ENOENT)
                return 0;
        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;
                _cleanup_close_ int fd = -EBADF;

                if (asprintf(&path, "%s/%s", directory, names.items[i]) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                fd = fs_open(root_fd, path, O_PATH | O_DIRECTORY, 0);
                if (fd >= 0)
                        r = add_release(releases, names.items[i]);
        }
        return r;
}

int kernel_list_installed(int root_fd, StringList *ret_releases)
{
        static const char *const directories[] = { "/lib/modules", "/usr/lib/modules" };
        _cleanup_strings_ StringList releases = { 0 };
        _cleanup_free_ char *running = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                r = add_module_directories(root_fd, directories[i], &releases);
                if (r < 0)
                        return r;
        }
        if (kernel_get_release(root_fd, &running) >= 0) {
                r = add_release(&releases, running);
                if (r < 0)
                        return r;
        }
        string_list_sort(&releases);
        *ret_releases = TAKE_STRUCT(releases);
        return 0;
}

int kernel_read_command_line(int root_fd, char **ret_text)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = fs_read_file(root_fd, "/proc/cmdline", COMMAND_LINE_MAX, &text, &size);

        if (r < 0)
                return r;
        while (size > 0 && text[size - 1] == '\n')
                text[--size] = '\0';
        *ret_text = TAKE_PTR(text);
        return 0;
}

int kernel_command_line_get(const char *command_line, const char *name, char **ret_value)
{
        _cleanup_free_ char *found = NULL;

        for (;;) {
                _cleanup_free_ char *parameter = NULL, *value = NULL;
                int r = command_line_next(&command_line, &parameter, &value);

                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (!command_line_name_equal(parameter, name))
                        continue;
                free(found);
                found = TAKE_PTR(value);
        }
        if (!found)
                return 0;
        *ret_value = TAKE_PTR(found);
        return 1;
}
